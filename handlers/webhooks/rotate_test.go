package webhooks

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

func rotating(change func(*portal.WebhookRotation)) *fakeHooks {
	r := portal.WebhookRotation{StartedAt: webtest.Now.Add(-time.Hour), EndsAt: webtest.Now.Add(23 * time.Hour)}
	if change != nil {
		change(&r)
	}
	return &fakeHooks{hooks: []portal.Webhook{sample(func(w *portal.Webhook) { w.Rotation = &r })}}
}

func TestAskRotate(t *testing.T) {
	s := site(t, one())
	for name, options := range both {
		doc := s.Get(hookPath+"/rotate", options...).Doc()
		if n := len(doc.All("input[type=radio][name=overlap]")); n != 4 {
			t.Fatalf("%s: %d overlaps", name, n)
		}
		doc.One(`input[value="86400"][checked]`)
		for _, help := range doc.All(".choice-help") {
			if webtest.Text(help) == "" {
				t.Errorf("%s: an overlap without its sentence", name)
			}
		}
	}
	if r := site(t, rotating(nil)).Get(hookPath + "/rotate"); r.Code != http.StatusSeeOther {
		t.Errorf("while one is under way: status %d", r.Code)
	}
	site(t, rotating(nil)).Get(hookPath).Doc().None("#rotate-secret")
}

func TestRotate(t *testing.T) {
	for name, options := range both {
		t.Run(name, func(t *testing.T) {
			api := one()
			s := site(t, api)
			form := url.Values{"attempt": {attempt(t, s, hookPath+"/rotate")}, "overlap": {"3600"}}
			r := s.Post(hookPath+"/rotate", form, options...)
			doc := r.Doc()
			if r.Code != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" || doc.Text(".secret-value") != secret {
				t.Fatalf("status %d", r.Code)
			}
			if len(api.overlaps) != 1 || api.overlaps[0] != 3600 || !strings.Contains(doc.Text(".modal-body"), "until 24 November 2026, 10:30:00") {
				t.Errorf("overlaps %v, says %s", api.overlaps, doc.Text(".modal-body"))
			}
			if name == "Fragment" {
				if doc.Attr("#rotation", "hx-swap-oob") != "true" || doc.Attr("#rotation", "hx-get") == "" {
					t.Error("the page behind does not follow the change")
				}
			}
			// A second submit of the same form must not put yet another secret in the place of the one just shown.
			again := s.Post(hookPath+"/rotate", form, options...)
			if again.Code != http.StatusConflict || len(api.overlaps) != 1 || strings.Contains(again.Body, secret) {
				t.Errorf("the second submit: status %d, %d secrets", again.Code, len(api.overlaps))
			}
		})
	}
}

func TestRotate_Refused(t *testing.T) {
	api := one()
	s := site(t, api)
	for _, overlap := range []string{"", "-1", "12", "99999999999999999999", "abc"} {
		r := s.Post(hookPath+"/rotate", url.Values{"attempt": {attempt(t, s, hookPath+"/rotate")}, "overlap": {overlap}}, webtest.HTMX())
		if r.Code != http.StatusUnprocessableEntity || len(api.overlaps) != 0 {
			t.Errorf("overlap %q: status %d", overlap, r.Code)
		}
	}
	form := url.Values{"attempt": {attempt(t, s, hookPath+"/rotate")}, "overlap": {"0"}}
	api.rotateErr = portal.Fail(portal.Unavailable, errors.New("secret cause"))
	r := s.Post(hookPath+"/rotate", form, webtest.HTMX())
	if r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "secret cause") {
		t.Errorf("status %d", r.Code)
	}
	r.Doc().One(`.alert-error`)
	r.Doc().One(`input[value="0"][checked]`)
	api.rotateErr = nil
	if r := s.Post(hookPath+"/rotate", form, webtest.HTMX()); r.Code != http.StatusOK || !strings.Contains(r.Doc().Text(".modal-body"), "no longer signs") {
		t.Errorf("trying again: status %d", r.Code)
	}
}

// The count is live: it asks again, and is told nothing while nothing has changed.
func TestRotation(t *testing.T) {
	checked := webtest.Now
	api := rotating(func(r *portal.WebhookRotation) { r.OldVerified, r.CheckedAt = 41, &checked })
	s := site(t, api)
	doc := s.Get(hookPath).Doc()
	if got := doc.Text("#rotation"); !strings.Contains(got, "41") || !strings.Contains(got, "still needs the old secret") || !strings.Contains(got, "25 November 2026") {
		t.Errorf("the card: %s", got)
	}
	poll := doc.Attr("#rotation", "hx-get")
	if r := s.Get(poll, webtest.HTMX()); r.Code != http.StatusNoContent {
		t.Errorf("nothing new: status %d", r.Code)
	}
	api.hooks[0].Rotation.OldVerified, api.hooks[0].Rotation.NewAccepted = 42, true
	news := s.Get(poll, webtest.HTMX()).Doc()
	if got := news.Text("#rotation"); !strings.Contains(got, "42") || !strings.Contains(got, "You can retire the old one") {
		t.Errorf("the news: %s", got)
	}
	if got := news.Text("#announcer"); !strings.Contains(got, "verifies with the new secret") {
		t.Errorf("announced: %q", got)
	}
	api.hooks[0].Rotation = nil
	over := s.Get(poll, webtest.HTMX()).Doc()
	if over.Attr("#rotation", "hx-get") != "" || len(over.All("#rotation section")) != 0 {
		t.Error("the page asks for ever")
	}
	api.findErr = portal.Fail(portal.Unavailable, nil)
	if r := s.Get(poll, webtest.HTMX()); r.Code != http.StatusNoContent {
		t.Errorf("a moment of trouble: status %d", r.Code)
	}
	if r := s.Get(poll); r.Code != http.StatusSeeOther {
		t.Errorf("without htmx: status %d", r.Code)
	}
}

func TestRetire(t *testing.T) {
	for name, options := range both {
		t.Run(name, func(t *testing.T) {
			api := rotating(nil)
			s := site(t, api)
			question := s.Get(hookPath+"/retire", options...).Doc()
			question.One(".alert-warning") // the new one has never been accepted
			if got := webtest.Text(question.All(".modal-foot > *")[0]); got != "Keep it for now" {
				t.Errorf("the safe choice is not first: %q", got)
			}
			api.retireErr = portal.Fail(portal.Unavailable, errors.New("secret cause"))
			r := s.Post(hookPath+"/retire", nil, options...)
			if r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "secret cause") || !strings.Contains(r.Doc().Text(".alert-error"), "still works") {
				t.Errorf("status %d", r.Code)
			}
			api.retireErr = nil
			r = s.Post(hookPath+"/retire", nil, options...)
			if r.Code >= 400 || api.retired != 1 {
				t.Fatalf("status %d", r.Code)
			}
			if name == "Fragment" && (r.Doc().Attr("#rotation", "hx-swap-oob") != "true" || r.Doc().Attr("#modal", "hx-swap-oob") != "true") {
				t.Error("the dialog or the count stays")
			}
		})
	}
	for name, options := range both {
		api := rotating(nil)
		s, recorded := site(t, api), &ledger{}
		s.Kit.Audit = recorded
		api.retireErr = &portal.Error{Code: portal.Conflict, Key: "webhooks.error.not_rotating"}
		r := s.Post(hookPath+"/retire", nil, options...)
		got := r.Doc().Text(".alert-error")
		if r.Code != http.StatusConflict || !strings.Contains(got, "nothing to retire") || strings.Contains(got, "still works") || len(recorded.events) != 0 {
			t.Errorf("%s, ended already: status %d, %s, recorded %+v", name, r.Code, got, recorded.events)
		}
	}
	ready := rotating(func(r *portal.WebhookRotation) { r.NewAccepted = true })
	site(t, ready).Get(hookPath + "/retire").Doc().None(".alert-warning")
	if r := site(t, one()).Get(hookPath + "/retire"); r.Code != http.StatusSeeOther {
		t.Errorf("nothing to retire: status %d", r.Code)
	}
}
