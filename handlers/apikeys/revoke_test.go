package apikeys

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

func TestAskRevoke(t *testing.T) {
	s := site(t, &fakeKeys{keys: []portal.APIKey{sample(nil)}})
	const path = "/api-keys/key_00000000000000000000000001/revoke"
	for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
		r := s.Get(path, options...)
		if r.Code != http.StatusOK {
			t.Fatalf("status %d", r.Code)
		}
		for _, want := range []string{"Are you sure you want to revoke this key? This cannot be undone.", "Billing export", "ghasi_…a1b2", "send messages"} {
			if !strings.Contains(r.Body, want) {
				t.Errorf("the question lacks %q", want)
			}
		}
		buttons := r.Doc().All(".modal-foot > *")
		if len(buttons) != 2 || webtest.Text(buttons[0]) != "Keep the key" || webtest.Text(buttons[1]) != "Revoke" {
			t.Error("the safe choice is not first")
		}
		if r.Doc().Attr(".modal-page form, dialog form", "action") != path {
			t.Error("the form goes elsewhere")
		}
	}
}

func TestAskRevoke_Refused(t *testing.T) {
	api := &fakeKeys{keys: []portal.APIKey{sample(func(k *portal.APIKey) { k.Status = portal.KeyRevoked })}}
	s := site(t, api)
	for path, want := range map[string]int{
		"/api-keys/key_0000000000000000000000000z/revoke": http.StatusNotFound, // another tenant's
		"/api-keys/key_1/revoke":                          http.StatusNotFound,
		"/api-keys/%00/revoke":                            http.StatusNotFound,
		"/api-keys/key_00000000000000000000000001/revoke": http.StatusSeeOther, // nothing to revoke any more
	} {
		if r := s.Get(path); r.Code != want {
			t.Errorf("%s: status %d, want %d", path, r.Code, want)
		}
	}
}

func TestRevoke(t *testing.T) {
	const path = "/api-keys/key_00000000000000000000000001/revoke"
	t.Run("Dialog", func(t *testing.T) {
		api := &fakeKeys{keys: []portal.APIKey{sample(nil)}}
		r := site(t, api).Post(path, nil, webtest.HTMX())
		doc := r.Doc()
		if r.Code != http.StatusOK || len(api.revoked) != 1 {
			t.Fatalf("status %d, revoked %q", r.Code, api.revoked)
		}
		if doc.Attr("#modal", "hx-swap-oob") != "true" || doc.Attr("#api-keys", "hx-swap-oob") != "true" {
			t.Error("the dialog stays or the list is not swapped")
		}
		doc.One("tr.row-off .badge-revoked")
		doc.One(".toast")
	})
	t.Run("Page", func(t *testing.T) {
		api := &fakeKeys{keys: []portal.APIKey{sample(nil)}}
		r := site(t, api).Post(path, nil)
		if r.Code != http.StatusSeeOther || r.Header.Get("Location") != "/api-keys" || len(api.revoked) != 1 {
			t.Errorf("status %d to %q, revoked %q", r.Code, r.Header.Get("Location"), api.revoked)
		}
	})
	t.Run("ErrDialog", func(t *testing.T) {
		api := &fakeKeys{keys: []portal.APIKey{sample(nil)}, revokeErr: portal.Fail(portal.Unavailable, errors.New("secret cause"))}
		r := site(t, api).Post(path, nil, webtest.HTMX())
		if r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "secret cause") {
			t.Errorf("status %d, or the cause in the answer", r.Code)
		}
		if got := r.Doc().Text(".alert-error .alert-title"); got != "The key was not revoked" {
			t.Errorf("the alert says %q", got)
		}
		if got := r.Doc().Text(".toast-bad"); got != "The key was not revoked" {
			t.Errorf("the toast says %q", got)
		}
	})
	t.Run("ErrPage", func(t *testing.T) {
		api := &fakeKeys{keys: []portal.APIKey{sample(nil)}, revokeErr: portal.Fail(portal.Unavailable, nil)}
		r := site(t, api).Post(path, nil)
		if r.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d", r.Code)
		}
		r.Doc().One("main .alert-error")
		r.Doc().One("main button.btn-danger") // the way to try again
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		api := &fakeKeys{}
		if r := site(t, api).Post("/api-keys/key_1/revoke", nil); r.Code != http.StatusNotFound || len(api.revoked) != 0 {
			t.Errorf("status %d, revoked %q", r.Code, api.revoked)
		}
	})
}
