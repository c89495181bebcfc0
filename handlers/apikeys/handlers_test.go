package apikeys

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

const rawKey = "ghasi_TESTONLY0000000000000000000000000000000000a1b2"

// fakeKeys is a platform with a list of keys.
type fakeKeys struct {
	keys    []portal.APIKey
	created []portal.NewAPIKey
	revoked []string
	tokens  []string

	listErr, createErr, revokeErr error
}

func (f *fakeKeys) APIKeys(_ context.Context, token string) ([]portal.APIKey, error) {
	f.tokens = append(f.tokens, token)
	return f.keys, f.listErr
}

func (f *fakeKeys) CreateAPIKey(_ context.Context, token string, k portal.NewAPIKey) (portal.CreatedAPIKey, error) {
	f.tokens = append(f.tokens, token)
	if f.createErr != nil {
		return portal.CreatedAPIKey{}, f.createErr
	}
	f.created = append(f.created, k)
	made := sample(func(s *portal.APIKey) {
		s.Name, s.Scopes, s.ExpiresAt, s.LastUsedAt = k.Name, k.Scopes, k.ExpiresAt, nil
	})
	f.keys = append(f.keys, made)
	return portal.CreatedAPIKey{APIKey: made, RawKey: rawKey}, nil
}

func (f *fakeKeys) RevokeAPIKey(_ context.Context, token, keyID string) error {
	f.tokens = append(f.tokens, token)
	if f.revokeErr != nil {
		return f.revokeErr
	}
	f.revoked = append(f.revoked, keyID)
	for i := range f.keys {
		if f.keys[i].KeyID == keyID {
			f.keys[i].Status = portal.KeyRevoked
		}
	}
	return nil
}

func site(t *testing.T, api *fakeKeys) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	New(s.Kit, api).Register(s.Engine)
	return s
}

// attempt reads the hidden field of a freshly rendered form.
func attempt(t *testing.T, s *webtest.Site) string {
	t.Helper()
	return s.Get("/api-keys/new").Doc().Attr("input[name=attempt]", "value")
}

func filled(attempt string) url.Values {
	return url.Values{"attempt": {attempt}, "key_name": {"Billing export"}, "scope": {"sms:send"}, "expires_in": {"0"}}
}

func TestList(t *testing.T) {
	api := &fakeKeys{keys: []portal.APIKey{
		sample(func(k *portal.APIKey) {
			k.KeyID, k.Name, k.Status = "key_00000000000000000000000002", "Old", portal.KeyRevoked
		}),
		sample(nil),
	}}
	r := site(t, api).Get("/api-keys")
	if r.Code != http.StatusOK {
		t.Fatalf("status %d", r.Code)
	}
	doc := r.Doc()
	rows := doc.All("#api-keys tbody tr")
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	if webtest.Attr(rows[0], "id") != "key_00000000000000000000000001" || webtest.Attr(rows[1], "class") != "row-off" {
		t.Error("the revoked key is not greyed and below")
	}
	first := webtest.Text(rows[0])
	for _, want := range []string{"Billing export", "ghasi_…a1b2", "sms:send", "billing:read", "Active", "203.0.113.7", "Revoke"} {
		if !strings.Contains(first, want) {
			t.Errorf("the row lacks %q: %s", want, first)
		}
	}
	if last := webtest.Text(rows[1]); !strings.Contains(last, "Revoked") || len(doc.All("tr.row-off a")) != 0 {
		t.Errorf("the revoked row: %s", last)
	}
	if got := doc.Text("h1"); got != "API keys" {
		t.Errorf("h1 = %q", got)
	}
	if got := doc.Attr(".page-head a[hx-get]", "hx-get"); got != "/api-keys/new" {
		t.Errorf("the dialog opens from %q", got)
	}
	if got := doc.Text(".page-head a[hx-get]"); got != "Create API Key" {
		t.Errorf("the button says %q", got)
	}
	if len(api.tokens) != 1 || api.tokens[0] != webtest.Customer.Token {
		t.Errorf("called with the tokens %q", api.tokens)
	}
}

func TestList_Empty(t *testing.T) {
	doc := site(t, &fakeKeys{}).Get("/api-keys").Doc()
	if got := doc.Attr("#api-keys .empty a", "href"); got != "/api-keys/new" {
		t.Errorf("the next step leads to %q", got)
	}
	doc.None("#api-keys table")
}

func TestList_Partial(t *testing.T) {
	doc := site(t, &fakeKeys{keys: []portal.APIKey{sample(nil)}}).Get("/api-keys", webtest.HTMX()).Doc()
	doc.One("#api-keys tbody tr")
	doc.None("h1, #sidebar")
}

func TestList_Unavailable(t *testing.T) {
	s := site(t, &fakeKeys{listErr: portal.Fail(portal.Unavailable, errors.New("dial tcp 10.0.0.9: refused"))})
	r := s.Get("/api-keys")
	if r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "10.0.0.9") {
		t.Errorf("status %d, or the cause on the page", r.Code)
	}
	r.Doc().One(`a[href="/api-keys"].btn-primary`)
}

func TestShowNew(t *testing.T) {
	s := site(t, &fakeKeys{})
	page := s.Get("/api-keys/new").Doc()
	page.None("dialog")
	if page.Text("h1") != "Create API Key" || page.Attr("main form", "action") != "/api-keys" {
		t.Error("the page is not the form")
	}
	dialog := s.Get("/api-keys/new", webtest.HTMX()).Doc()
	if dialog.Attr("dialog form", "hx-post") != "/api-keys" {
		t.Error("the dialog's form is not posted by htmx")
	}
	dialog.None("#sidebar")
	if n := len(dialog.All("dialog input[name=scope]")); n != 3 {
		t.Errorf("%d scopes", n)
	}
	for _, scope := range []string{"sms:send", "sms:read", "billing:read"} {
		dialog.One(`input[type=checkbox][name=scope][value="` + scope + `"]`)
	}
	if n := len(dialog.All("dialog select[name=expires_in] option")); n != 4 {
		t.Errorf("%d lifetimes", n)
	}
	dialog.None("[name=name]")
}

func TestCreate_Dialog(t *testing.T) {
	api := &fakeKeys{}
	s := site(t, api)
	r := s.Post("/api-keys", filled(attempt(t, s)), webtest.HTMX())
	if r.Code != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, Cache-Control %q", r.Code, r.Header.Get("Cache-Control"))
	}
	doc := r.Doc()
	if doc.Text("h2") != "Key Created" || doc.Text(".secret-value") != rawKey {
		t.Error("the dialog does not show the key")
	}
	if got := doc.Text(".secret button"); got != "Copy to clipboard" {
		t.Errorf("the copy button says %q", got)
	}
	if got := doc.Text(".secret-warning"); got != "This key will not be shown again" {
		t.Errorf("the warning says %q", got)
	}
	if got := doc.Text("button[data-close]"); got != "I have stored it" {
		t.Errorf("the closing button says %q", got)
	}
	if doc.Attr("#api-keys", "hx-swap-oob") != "true" || len(doc.All("#api-keys tbody tr")) != 1 {
		t.Error("the list is not swapped")
	}
	if strings.Count(r.Body, rawKey) != 1 {
		t.Error("the key is in the answer more than once")
	}
	if len(api.created) != 1 || api.created[0].Name != "Billing export" {
		t.Errorf("created %+v", api.created)
	}
}

func TestCreate_Page(t *testing.T) {
	s := site(t, &fakeKeys{})
	r := s.Post("/api-keys", filled(attempt(t, s)))
	if r.Code != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, Cache-Control %q", r.Code, r.Header.Get("Cache-Control"))
	}
	doc := r.Doc()
	doc.None("dialog")
	if doc.Text("h1") != "Key Created" || doc.Text(".secret-value") != rawKey {
		t.Error("the page does not show the key")
	}
	if strings.Contains(s.Get("/api-keys").Body, rawKey) {
		t.Error("the list shows the raw key")
	}
}

func TestCreate_Once(t *testing.T) {
	for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
		api := &fakeKeys{}
		s := site(t, api)
		form := filled(attempt(t, s))
		s.Post("/api-keys", form, options...)
		again := s.Post("/api-keys", form, options...)
		if again.Code != http.StatusConflict || len(api.created) != 1 {
			t.Errorf("the second submit: status %d, %d keys", again.Code, len(api.created))
		}
		if strings.Contains(again.Body, rawKey) {
			t.Error("the second submit shows the key")
		}
		doc := again.Doc()
		doc.One(".alert-error")
		if doc.Attr("input[name=key_name]", "value") != "Billing export" {
			t.Error("what was typed is gone")
		}
		form.Set("attempt", doc.Attr("input[name=attempt]", "value"))
		if third := s.Post("/api-keys", form, options...); third.Code != http.StatusOK || len(api.created) != 2 {
			t.Errorf("submitting the new form: status %d", third.Code)
		}
	}
}

func TestCreate_OtherPersonsAttempt(t *testing.T) {
	api := &fakeKeys{}
	s := site(t, api)
	form := filled(attempt(t, s))
	s.Post("/api-keys", form)
	s.User.ID = "usr_other"
	if r := s.Post("/api-keys", form); r.Code != http.StatusOK {
		t.Errorf("status %d: one person's attempt blocks another's", r.Code)
	}
}

func TestCreate_Stale(t *testing.T) {
	api := &fakeKeys{}
	r := site(t, api).Post("/api-keys", filled("att_forged"))
	if r.Code != http.StatusUnprocessableEntity || len(api.created) != 0 {
		t.Errorf("status %d, %d keys", r.Code, len(api.created))
	}
	if got := r.Doc().Attr("input[name=attempt]", "value"); !portal.ValidID("att", got) {
		t.Errorf("no new attempt: %q", got)
	}
}

func TestCreate_Invalid(t *testing.T) {
	api := &fakeKeys{}
	s := site(t, api)
	form := url.Values{"attempt": {attempt(t, s)}, "key_name": {strings.Repeat("n", 10<<10)}, "expires_in": {"90"}}
	for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
		r := s.Post("/api-keys", form, options...)
		if r.Code != http.StatusUnprocessableEntity {
			t.Fatalf("status %d", r.Code)
		}
		doc := r.Doc()
		if got := len(doc.Attr("input[name=key_name]", "value")); got != 10<<10 {
			t.Errorf("%d characters of the name are left", got)
		}
		if doc.Attr("input[name=key_name]", "aria-invalid") != "true" {
			t.Error("the name is not marked")
		}
		doc.One(`select[name=expires_in] option[value="90"][selected]`)
		if n := len(doc.All(".alert-error .alert-items a")); n != 2 {
			t.Errorf("the summary has %d entries", n)
		}
	}
	if len(api.created) != 0 {
		t.Error("a key was created")
	}
}

func TestCreate_Refused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		sel    string // what shows it
	}{
		{"unavailable", portal.Fail(portal.Unavailable, errors.New("secret cause")), 503, ".alert-error"},
		{"rate limited", &portal.Error{Code: portal.RateLimited, RetryAfter: 7 * time.Second}, 429, ".alert-error"},
		{"own words", &portal.Error{Code: portal.Forbidden, Detail: "Ten keys at most <b>now</b>"}, 403, ".alert-detail"},
		{"a field", portal.InvalidField("name", "field.invalid"), 422, ".field-wrong [data-error]"},
		{"unknown error", errors.New("secret cause"), 500, ".alert-error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := &fakeKeys{createErr: tt.err}
			s := site(t, api)
			form := filled(attempt(t, s))
			r := s.Post("/api-keys", form, webtest.HTMX())
			if r.Code != tt.status || strings.Contains(r.Body, "secret cause") || strings.Contains(r.Body, "<b>now") {
				t.Errorf("status %d, or the cause or markup in the answer", r.Code)
			}
			doc := r.Doc()
			doc.One(tt.sel)
			if doc.Attr("input[name=key_name]", "value") != "Billing export" {
				t.Error("what was typed is gone")
			}
			doc.One(`input[value="sms:send"][checked]`)
			api.createErr = nil
			if r := s.Post("/api-keys", form, webtest.HTMX()); r.Code != http.StatusOK {
				t.Errorf("trying again: status %d", r.Code)
			}
		})
	}
}

// The list behind the dialog can fail while the key is made: the key must be shown all the same.
func TestCreate_ListFails(t *testing.T) {
	api := &fakeKeys{}
	s := site(t, api)
	form := filled(attempt(t, s))
	api.listErr = portal.Fail(portal.Unavailable, nil)
	doc := s.Post("/api-keys", form, webtest.HTMX()).Doc()
	if doc.Text(".secret-value") != rawKey {
		t.Error("the key is lost")
	}
	doc.One(`#api-keys .alert-error a[href="/api-keys"]`)
}

func TestCreate_SignedOut(t *testing.T) {
	api := &fakeKeys{createErr: portal.Fail(portal.Unauthenticated, nil)}
	s := site(t, api)
	r := s.Post("/api-keys", filled(attempt(t, s)), webtest.HTMX())
	if r.Code != http.StatusUnauthorized || !strings.HasPrefix(r.Header.Get("HX-Redirect"), "/login") {
		t.Errorf("status %d, HX-Redirect %q", r.Code, r.Header.Get("HX-Redirect"))
	}
}

func TestCreate_NeverLogged(t *testing.T) {
	var log bytes.Buffer
	s := webtest.New(t)
	s.Kit.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.Engine.Use(s.Kit.Logged)
	New(s.Kit, &fakeKeys{}).Register(s.Engine)
	s.Post("/api-keys", filled(attempt(t, s)))
	if !strings.Contains(log.String(), "path=/api-keys") || strings.Contains(log.String(), rawKey) {
		t.Errorf("the log: %s", log.String())
	}
}

func TestHostileInput(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
	s := site(t, &fakeKeys{keys: []portal.APIKey{sample(func(k *portal.APIKey) {
		k.Name, k.Prefix, k.Last4, k.LastUsedIP, k.Scopes = evil, evil, evil, evil, []portal.Scope{evil}
	})}})
	form := filled(attempt(t, s))
	form.Set("key_name", evil)
	form["scope"] = []string{evil}
	form.Set("expires_in", evil)
	for _, r := range []*webtest.Response{
		s.Get("/api-keys"), s.Get("/api-keys/key_00000000000000000000000001/revoke"),
		s.Get("/api-keys/key_00000000000000000000000001/revoke", webtest.HTMX()),
		s.Post("/api-keys", form), s.Post("/api-keys", form, webtest.HTMX()),
	} {
		if strings.Contains(r.Body, "<script>alert") || strings.Contains(r.Body, "<img") {
			t.Errorf("markup got through: status %d", r.Code)
		}
	}
	form.Set("key_name", "a\x00b")
	if r := s.Post("/api-keys", form); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("a NUL: status %d", r.Code)
	}
	form.Set("key_name", strings.Repeat("a", 1<<20))
	if r := s.Post("/api-keys", form); r.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a megabyte: status %d", r.Code)
	}
}

func TestLanguages(t *testing.T) {
	s := site(t, &fakeKeys{keys: []portal.APIKey{sample(nil)}})
	for _, tag := range locales.Tags {
		for _, path := range []string{"/api-keys", "/api-keys/new", "/api-keys/key_00000000000000000000000001/revoke"} {
			r := s.Get(path, webtest.Locale(tag))
			if r.Code != http.StatusOK || r.Doc().Attr("html", "lang") != tag {
				t.Errorf("%s in %s: status %d", path, tag, r.Code)
			}
		}
	}
}
