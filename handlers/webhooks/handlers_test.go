package webhooks

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

func TestList(t *testing.T) {
	api := &fakeHooks{hooks: []portal.Webhook{sample(nil), sample(func(w *portal.Webhook) {
		w.WebhookID, w.Status, w.LastAttempt, w.Last24h = "whk_00000000000000000000000002", portal.WebhookPaused, nil, portal.WebhookHealth{}
	})}}
	doc := site(t, api).Get(home).Doc()
	cards := doc.All("#webhooks article")
	if len(cards) != 2 {
		t.Fatalf("%d cards", len(cards))
	}
	first, second := webtest.Text(cards[0]), webtest.Text(cards[1])
	for _, want := range []string{receiver, "message.delivered", "message.failed", "Active", "1,204 delivered", "3 failed", "2 waiting", "204", "2 minutes ago", "Edit", "Pause", "Delete"} {
		if !strings.Contains(first, want) {
			t.Errorf("the card lacks %q: %s", want, first)
		}
	}
	for _, want := range []string{"Paused", "No deliveries", "Nothing sent yet", "Resume"} {
		if !strings.Contains(second, want) {
			t.Errorf("the paused card lacks %q: %s", want, second)
		}
	}
	if doc.Attr("#"+hookID+" .webhook-url bdi", "dir") != "ltr" {
		t.Error("the URL is not left to right")
	}
	if got := doc.Text("h1"); got != "Webhooks" {
		t.Errorf("h1 = %q", got)
	}
	if got := doc.Text("#add-webhook"); got != "Add Webhook" {
		t.Errorf("the button says %q", got)
	}
	if doc.Attr("#add-webhook", "hx-target") != "#modal" || doc.Attr("#add-webhook", "href") != "/webhooks/new" {
		t.Error("the button opens no dialog, or leads nowhere without JavaScript")
	}
	if len(api.tokens) != 1 || api.tokens[0] != webtest.Customer.Token {
		t.Errorf("called with the tokens %q", api.tokens)
	}
	if doc.Attr(`#sidebar a[href="/webhooks"]`, "aria-current") != "page" {
		t.Error("the navigation does not mark the page")
	}
}

func TestList_Empty(t *testing.T) {
	doc := site(t, &fakeHooks{}).Get(home).Doc()
	if got := doc.Attr("#webhooks .empty a", "href"); got != "/webhooks/new" {
		t.Errorf("the next step leads to %q", got)
	}
	doc.None("#webhooks article")
}

func TestList_Partial(t *testing.T) {
	doc := site(t, one()).Get(home, webtest.HTMX()).Doc()
	doc.One("#webhooks article")
	doc.None("h1, #sidebar")
}

func TestList_Unavailable(t *testing.T) {
	r := site(t, &fakeHooks{listErr: portal.Fail(portal.Unavailable, errors.New("dial tcp 10.0.0.9: refused"))}).Get(home)
	if r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "10.0.0.9") {
		t.Errorf("status %d, or the cause on the page", r.Code)
	}
	r.Doc().One(`a[href="/webhooks"].btn-primary`)
}

// A webhook that delivers nothing says since when, why, and how to go on.
func TestList_Trouble(t *testing.T) {
	disabled, failing, blip := webtest.Now.Add(-time.Hour), webtest.Now.Add(-26*time.Hour), webtest.Now.Add(-10*time.Minute)
	for name, tt := range map[string]struct {
		change func(*portal.Webhook)
		want   []string
	}{
		"disabled": {func(w *portal.Webhook) {
			w.Status, w.DisabledAt, w.FailingSince = portal.WebhookDisabled, &disabled, &failing
		},
			[]string{"Disabled since 24 November 2026, 08:30:00", "For five days not one delivery was accepted", "Resume"}},
		"gone": {func(w *portal.Webhook) {
			w.Status, w.DisabledAt, w.LastAttempt.StatusCode = portal.WebhookDisabled, &disabled, 410
		},
			[]string{"410 Gone", "Resume"}},
		"failing": {func(w *portal.Webhook) { w.FailingSince = &failing }, []string{"Failing for 1 day", "after five days", "Pause"}},
	} {
		t.Run(name, func(t *testing.T) {
			doc := site(t, &fakeHooks{hooks: []portal.Webhook{sample(tt.change)}}).Get(home).Doc()
			got := doc.Text("article")
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("the card lacks %q: %s", want, got)
				}
			}
			doc.One("article .webhook-trouble")
		})
	}
	site(t, &fakeHooks{hooks: []portal.Webhook{sample(func(w *portal.Webhook) { w.FailingSince = &blip })}}).Get(home).Doc().None(".webhook-trouble")
}

func TestShowNew(t *testing.T) {
	s := site(t, &fakeHooks{})
	page := s.Get("/webhooks/new").Doc()
	page.None("dialog")
	if page.Text("h1") != "Add Webhook" || page.Attr("main form", "action") != home {
		t.Error("the page is not the form")
	}
	dialog := s.Get("/webhooks/new", webtest.HTMX()).Doc()
	if dialog.Attr("dialog form", "hx-post") != home {
		t.Error("the dialog's form is not posted by htmx")
	}
	dialog.None("#sidebar")
	field := "dialog input[name=hook_url]"
	if dialog.Attr(field, "pattern") == "" || dialog.Attr(field, "dir") != "ltr" || dialog.Attr(field, "data-msg-pattern") == "" {
		t.Error("the browser does not look at the URL")
	}
	for _, e := range portal.WebhookEvents {
		dialog.One(`input[type=checkbox][name=event][value="` + string(e) + `"]`)
	}
	dialog.None(`input[value="webhook.test"]`)
}

func TestCreate_Dialog(t *testing.T) {
	soon := webtest.Now.Add(3 * 24 * time.Hour)
	api := &fakeHooks{check: &portal.WebhookCheck{Verdict: "ok", Addresses: []string{"203.0.113.7", "2001:db8::1"}, CertificateExpiresAt: &soon}}
	s := site(t, api)
	r := s.Post(home, filled(attempt(t, s, "/webhooks/new")), webtest.HTMX())
	if r.Code != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, Cache-Control %q", r.Code, r.Header.Get("Cache-Control"))
	}
	doc := r.Doc()
	if doc.Text("h2#webhook-title") != "Webhook Added" || doc.Text(".secret-value") != secret {
		t.Error("the dialog does not show the secret")
	}
	if got := doc.Text(".secret button"); got != "Copy to clipboard" {
		t.Errorf("the copy button says %q", got)
	}
	if got := doc.Text(".secret-warning"); got != "This secret will not be shown again" {
		t.Errorf("the warning says %q", got)
	}
	got := doc.Text(".verdict")
	for _, want := range []string{"The address answers", "203.0.113.7", "2001:db8::1", "Its certificate ends on 27 November 2026"} {
		if !strings.Contains(got, want) {
			t.Errorf("the verdict lacks %q: %s", want, got)
		}
	}
	if doc.Attr("#webhooks", "hx-swap-oob") != "true" || len(doc.All("#webhooks article")) != 1 {
		t.Error("the list is not swapped")
	}
	if strings.Count(r.Body, secret) != 1 {
		t.Error("the secret is in the answer more than once")
	}
	if len(api.created) != 1 || api.created[0].URL != receiver || len(api.created[0].Events) != 2 || api.created[0].Events[0] != portal.EventDelivered {
		t.Errorf("created %+v", api.created)
	}
	if strings.Contains(s.Get(home).Body, secret) || strings.Contains(s.Get("/webhooks/"+hookID).Body, secret) {
		t.Error("another page shows the secret")
	}
}

func TestCreate_Page(t *testing.T) {
	s := site(t, &fakeHooks{check: &portal.WebhookCheck{Verdict: "unreachable", Addresses: []string{"203.0.113.7"}}})
	r := s.Post(home, filled(attempt(t, s, "/webhooks/new")))
	if r.Code != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, Cache-Control %q", r.Code, r.Header.Get("Cache-Control"))
	}
	doc := r.Doc()
	doc.None("dialog")
	if doc.Text("h1") != "Webhook Added" || doc.Text(".secret-value") != secret || doc.Text(".verdict .alert-title") != "The host does not answer" {
		t.Error("the page does not show the secret and the verdict")
	}
}

func TestCreate_Once(t *testing.T) {
	for name, options := range both {
		t.Run(name, func(t *testing.T) {
			api := &fakeHooks{}
			s := site(t, api)
			form := filled(attempt(t, s, "/webhooks/new"))
			s.Post(home, form, options...)
			again := s.Post(home, form, options...)
			if again.Code != http.StatusConflict || len(api.created) != 1 || strings.Contains(again.Body, secret) {
				t.Errorf("the second submit: status %d, %d webhooks", again.Code, len(api.created))
			}
			doc := again.Doc()
			doc.One(".alert-error")
			if doc.Attr("input[name=hook_url]", "value") != receiver {
				t.Error("what was typed is gone")
			}
			form.Set("attempt", doc.Attr("input[name=attempt]", "value"))
			if third := s.Post(home, form, options...); third.Code != http.StatusOK || len(api.created) != 2 {
				t.Errorf("submitting the new form: status %d", third.Code)
			}
		})
	}
}

func TestCreate_Forged(t *testing.T) {
	api := &fakeHooks{}
	r := site(t, api).Post(home, filled("att_forged"))
	if r.Code != http.StatusUnprocessableEntity || len(api.created) != 0 || !portal.ValidID("att", r.Doc().Attr("input[name=attempt]", "value")) {
		t.Errorf("status %d, %d webhooks, or no new attempt", r.Code, len(api.created))
	}
}

// http:// is refused at the server too, in the person's language.
func TestCreate_NotHTTPS(t *testing.T) {
	api := &fakeHooks{}
	s := site(t, api)
	form := filled(attempt(t, s, "/webhooks/new"))
	form.Set("hook_url", "http://hooks.example.com/ghasi")
	said := map[string]bool{}
	for _, tag := range locales.Tags {
		r := s.Post(home, form, webtest.HTMX(), webtest.Locale(tag))
		if r.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", tag, r.Code)
		}
		doc := r.Doc()
		said[doc.Text("#f-hook_url-error")] = true
		if doc.Attr("input[name=hook_url]", "aria-invalid") != "true" {
			t.Errorf("%s: the field is not marked", tag)
		}
	}
	if len(said) != 4 || len(api.created) != 0 {
		t.Errorf("%d messages, %d webhooks", len(said), len(api.created))
	}
}

func TestCreate_Refused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		sel    string // what shows it
		want   string
	}{
		{"private address", portal.InvalidField("url", "field.refused_address"), 422, ".field-wrong [data-error]", "private network"},
		{"credentials", portal.InvalidField("url", "field.url_credentials"), 422, ".field-wrong [data-error]", "Leave user name"},
		{"odd URL", portal.InvalidField("url", "field.invalid_url"), 422, ".field-wrong [data-error]", "not valid"},
		{"duplicate", &portal.Error{Code: portal.Conflict, Key: "webhooks.error.duplicate"}, 409, ".alert-error", "already"},
		{"too many", &portal.Error{Code: portal.Conflict, Key: "webhooks.error.limit"}, 409, ".alert-error", "20 webhooks"},
		{"unavailable", portal.Fail(portal.Unavailable, errors.New("secret cause")), 503, ".alert-error", "not answering"},
		{"unknown error", errors.New("secret cause"), 500, ".alert-error", "fault is ours"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := &fakeHooks{createErr: tt.err}
			s := site(t, api)
			form := filled(attempt(t, s, "/webhooks/new"))
			r := s.Post(home, form, webtest.HTMX())
			doc := r.Doc()
			if r.Code != tt.status || strings.Contains(r.Body, "secret cause") || !strings.Contains(doc.Text(tt.sel), tt.want) {
				t.Errorf("status %d, says %q", r.Code, doc.Text(tt.sel))
			}
			if doc.Attr("input[name=hook_url]", "value") != receiver {
				t.Error("what was typed is gone")
			}
			doc.One(`input[value="message.failed"][checked]`)
			api.createErr = nil
			if r := s.Post(home, form, webtest.HTMX()); r.Code != http.StatusOK {
				t.Errorf("trying again: status %d", r.Code)
			}
		})
	}
}

// The list behind the dialog can fail while the webhook is made: the secret must be shown all the same.
func TestCreate_ListFails(t *testing.T) {
	api := &fakeHooks{listErr: portal.Fail(portal.Unavailable, nil)}
	s := site(t, api)
	doc := s.Post(home, filled(attempt(t, s, "/webhooks/new")), webtest.HTMX()).Doc()
	if doc.Text(".secret-value") != secret {
		t.Error("the secret is lost")
	}
	doc.One(`#webhooks .alert-error a[href="/webhooks"]`)
}

func TestVerify(t *testing.T) {
	s := site(t, &fakeHooks{})
	for lang, want := range map[string]string{
		"": "package main", "go": "standardwebhooks.NewWebhook", "node": "from 'standardwebhooks'", "python": "WebhookVerificationError",
		"php": "StandardWebhooks", "<script>": "package main",
	} {
		doc := s.Get("/webhooks/verify?lang=" + lang).Doc()
		if got := doc.Text("#code-verify"); !strings.Contains(got, want) {
			t.Errorf("%q: %s", lang, got)
		}
		part := s.Get("/webhooks/verify?lang="+lang, webtest.HTMX()).Doc()
		part.None("h1")
		if part.Text("#code-verify") != doc.Text("#code-verify") {
			t.Errorf("%q: the fragment differs", lang)
		}
	}
	doc := s.Get("/webhooks/verify").Doc()
	for _, want := range []string{"webhook-signature", "message.held", "5 seconds", "20 hours", "disabled"} {
		if !strings.Contains(doc.Text("main"), want) {
			t.Errorf("the guide lacks %q", want)
		}
	}
}

func TestHostileInput(t *testing.T) {
	const evil = `https://x.example/"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
	api := &fakeHooks{
		hooks: []portal.Webhook{sample(func(w *portal.Webhook) { w.URL, w.Events, w.Status = evil, []portal.WebhookEvent{evil}, evil })},
		attempts: []portal.WebhookAttempt{tried(func(a *portal.WebhookAttempt) {
			a.Event, a.Error, a.DeliveryState, a.RequestBody, a.ResponseBody = evil, evil, evil, evil, evil
			a.ResponseHeaders = map[string]string{evil: evil}
		})},
		check: &portal.WebhookCheck{Verdict: "ok", Addresses: []string{evil}},
	}
	s := site(t, api)
	form := filled(attempt(t, s, "/webhooks/new"))
	form.Set("hook_url", evil)
	form["event"] = []string{evil}
	hook := home + "/" + hookID
	for _, path := range []string{home, hook, hook + "/edit", hook + "/delete", hook + "/attempts/" + attemptID} {
		for _, options := range both {
			if r := s.Get(path, options...); strings.Contains(r.Body, "<script>alert") || strings.Contains(r.Body, "<img") {
				t.Errorf("%s: markup got through: status %d", path, r.Code)
			}
		}
	}
	for _, options := range both {
		if r := s.Post(home, form, options...); strings.Contains(r.Body, "<script>alert") {
			t.Errorf("markup got through: status %d", r.Code)
		}
	}
	form.Set("hook_url", "https://a\x00b")
	if r := s.Post(home, form); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("a NUL: status %d", r.Code)
	}
	form.Set("hook_url", "https://"+strings.Repeat("a", 1<<20))
	if r := s.Post(home, form); r.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a megabyte: status %d", r.Code)
	}
	form.Set("hook_url", "https://"+strings.Repeat("ä", 8<<10))
	if r := s.Post(home, form); r.Code != http.StatusUnprocessableEntity || len(r.Body) > 60<<10 {
		t.Errorf("a long URL: status %d, %d bytes", r.Code, len(r.Body))
	}
}

func TestUnknownWebhook(t *testing.T) {
	s := site(t, one())
	for _, id := range []string{"whk_0000000000000000000000000z", "whk_1", "..", "%00"} {
		for _, below := range []string{"", "/edit", "/card", "/delete", "/attempts/" + attemptID, "/rotate", "/retire"} {
			if r := s.Get(home + "/" + id + below); r.Code != http.StatusNotFound {
				t.Errorf("GET %s%s: status %d", id, below, r.Code)
			}
		}
		for _, below := range []string{"/pause", "/resume", "/check"} {
			if r := s.Post(home+"/"+id+below, nil); r.Code != http.StatusNotFound {
				t.Errorf("POST %s%s: status %d", id, below, r.Code)
			}
		}
	}
}

func TestSignedOut(t *testing.T) {
	ended := portal.Fail(portal.Unauthenticated, nil)
	api := one()
	api.listErr, api.findErr, api.createErr, api.changeErr, api.deleteErr = ended, ended, ended, ended, ended
	api.sendErr, api.logErr, api.rotateErr, api.retireErr = ended, ended, ended, ended
	s := site(t, api)
	hook := home + "/" + hookID
	form := filled(attempt(t, s, "/webhooks/new"))
	edited := edited("3")
	for _, r := range []*webtest.Response{
		s.Get(home, webtest.HTMX()), s.Get(hook, webtest.HTMX()), s.Post(home, form, webtest.HTMX()), s.Post(hook+"/edit", edited, webtest.HTMX()),
		s.Post(hook+"/delete", nil, webtest.HTMX()), s.Post(hook+"/test", nil, webtest.HTMX()), s.Post(hook+"/pause", nil, webtest.HTMX()),
		s.Post(hook+"/retire", nil, webtest.HTMX()), s.Get(hook+"/rotation", webtest.HTMX()), s.Get(hook+"/attempts?cursor=x", webtest.HTMX()),
	} {
		if r.Code != http.StatusUnauthorized || !strings.HasPrefix(r.Header.Get("HX-Redirect"), "/login") {
			t.Errorf("status %d, HX-Redirect %q", r.Code, r.Header.Get("HX-Redirect"))
		}
	}
}

func TestLanguages(t *testing.T) {
	api := one()
	api.attempts = []portal.WebhookAttempt{tried(nil)}
	api.hooks[0].Rotation = &portal.WebhookRotation{EndsAt: webtest.Now.Add(time.Hour), OldVerified: 3}
	s := site(t, api)
	hook := home + "/" + hookID
	for _, tag := range locales.Tags {
		for _, path := range []string{home, home + "/new", home + "/verify", hook, hook + "/edit", hook + "/delete", hook + "/attempts/" + attemptID, hook + "/retire"} {
			r := s.Get(path, webtest.Locale(tag))
			if r.Code != http.StatusOK || r.Doc().Attr("html", "lang") != tag {
				t.Errorf("%s in %s: status %d", path, tag, r.Code)
			}
		}
	}
}
