package webhooks

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

const hookPath = home + "/" + hookID

// edited is the form of the sample webhook, changed.
func edited(version string) url.Values {
	return url.Values{"version": {version}, "hook_url-" + hookID: {"https://new.example.com/"}, "event-" + hookID: {"message.held", "message.sent"}}
}

func TestEdit(t *testing.T) {
	s := site(t, one())
	part := s.Get(hookPath+"/edit", webtest.HTMX()).Doc()
	if part.Attr("article", "id") != hookID || part.Attr("form", "hx-target") != "#"+hookID || part.Attr("input[name=version]", "value") != "3" {
		t.Error("the form does not take the card's place")
	}
	field := `input[name="hook_url-` + hookID + `"]`
	if part.Attr(field, "value") != receiver {
		t.Error("the form does not start from what is set")
	}
	part.One(`input[value="message.delivered"][checked]`)
	part.None(`input[value="message.sent"][checked], h1`)
	page := s.Get(hookPath + "/edit").Doc()
	if page.Text("h1") != "Edit webhook" || page.Attr("main form", "action") != hookPath+"/edit" {
		t.Error("there is no page without JavaScript")
	}
	if got := page.Attr("main .form-actions a", "href"); got != home {
		t.Errorf("Cancel leads to %q", got)
	}
	if got := s.Get(hookPath+"/edit?from=page").Doc().Attr("main .form-actions a", "href"); got != hookPath {
		t.Errorf("Cancel leads to %q from the webhook's page", got)
	}
}

func TestUpdate(t *testing.T) {
	url, events := "https://new.example.com/", []portal.WebhookEvent{portal.EventSent, portal.EventHeld}
	want := []portal.WebhookChange{{URL: &url, Events: events, Version: 3}}
	t.Run("Fragment", func(t *testing.T) {
		api := one()
		api.check = &portal.WebhookCheck{Verdict: "no_tls", Addresses: []string{"203.0.113.9"}}
		r := site(t, api).Post(hookPath+"/edit", edited("3"), webtest.HTMX())
		doc := r.Doc()
		if r.Code != http.StatusOK || doc.Attr("article", "id") != hookID || !strings.Contains(doc.Text("article"), url) {
			t.Fatalf("status %d, or no card", r.Code)
		}
		if d := cmp.Diff(want, api.changed); d != "" {
			t.Error(d)
		}
		if got := doc.Text(".verdict"); !strings.Contains(got, "No secure connection") || !strings.Contains(got, "203.0.113.9") {
			t.Errorf("the verdict: %s", got)
		}
		doc.One("article a[autofocus]")
		doc.One(".toast")
	})
	t.Run("Page", func(t *testing.T) {
		api := one()
		form := edited("3")
		form.Set("from", "page")
		r := site(t, api).Post(hookPath+"/edit", form)
		if r.Code != http.StatusSeeOther || r.Header.Get("Location") != hookPath || len(api.changed) != 1 {
			t.Errorf("status %d to %q", r.Code, r.Header.Get("Location"))
		}
	})
}

func TestUpdate_Invalid(t *testing.T) {
	for name, options := range both {
		t.Run(name, func(t *testing.T) {
			api := one()
			r := site(t, api).Post(hookPath+"/edit", url.Values{"version": {"3"}, "hook_url-" + hookID: {"http://x"}}, options...)
			doc := r.Doc()
			if r.Code != http.StatusUnprocessableEntity || len(api.changed) != 0 {
				t.Fatalf("status %d", r.Code)
			}
			if n := len(doc.All(".alert-error .alert-items a")); n != 2 {
				t.Errorf("the summary has %d entries", n)
			}
			if doc.Attr(`input[name="hook_url-`+hookID+`"]`, "value") != "http://x" {
				t.Error("what was typed is gone")
			}
		})
	}
}

// Two edits at once: the second is told, sees the newer values beside its own, and overwrites nothing unseen.
func TestUpdate_Stale(t *testing.T) {
	for name, options := range both {
		t.Run(name, func(t *testing.T) {
			api := one()
			s := site(t, api)
			r := s.Post(hookPath+"/edit", edited("2"), options...)
			doc := r.Doc()
			if r.Code != http.StatusConflict || len(api.changed) != 0 || api.hooks[0].URL != receiver {
				t.Fatalf("status %d, changed %+v", r.Code, api.changed)
			}
			newer := doc.Text(".newer")
			for _, want := range []string{receiver, "message.delivered", "message.failed", "Active", "1 hour ago"} {
				if !strings.Contains(newer, want) {
					t.Errorf("the newer values lack %q: %s", want, newer)
				}
			}
			if doc.Attr(`input[name="hook_url-`+hookID+`"]`, "value") != "https://new.example.com/" || doc.Attr("input[name=version]", "value") != "3" {
				t.Error("what was typed is gone, or can't be saved after all")
			}
			if got := doc.Text("button.btn-primary"); got != "Save mine" {
				t.Errorf("the button says %q", got)
			}
			if r := s.Post(hookPath+"/edit", edited(doc.Attr("input[name=version]", "value")), options...); r.Code >= 400 || len(api.changed) != 1 {
				t.Errorf("saving knowingly: status %d", r.Code)
			}
		})
	}
}

func TestUpdate_Refused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		sel    string
	}{
		{"a field", portal.InvalidField("url", "field.refused_address"), 422, ".field-wrong [data-error]"},
		{"duplicate", &portal.Error{Code: portal.Conflict, Key: "webhooks.error.duplicate"}, 409, ".alert-error"},
		{"unavailable", portal.Fail(portal.Unavailable, errors.New("secret cause")), 503, ".alert-error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := one()
			api.changeErr = tt.err
			r := site(t, api).Post(hookPath+"/edit", edited("3"), webtest.HTMX())
			if r.Code != tt.status || strings.Contains(r.Body, "secret cause") {
				t.Errorf("status %d, or the cause in the answer", r.Code)
			}
			r.Doc().One(tt.sel)
			r.Doc().None(".newer")
		})
	}
	api := one()
	api.changeErr = portal.Fail(portal.NotFound, nil)
	if r := site(t, api).Post(hookPath+"/edit", edited("3")); r.Code != http.StatusNotFound {
		t.Errorf("deleted meanwhile: status %d", r.Code)
	}
}

func TestCard(t *testing.T) {
	s := site(t, one())
	if doc := s.Get(hookPath+"/card?from=page", webtest.HTMX()).Doc(); doc.Attr("article", "id") != hookID || len(doc.All(".webhook-url a")) != 0 {
		t.Error("the card of the webhook's own page links to itself")
	}
	if r := s.Get(hookPath + "/card"); r.Code != http.StatusSeeOther || r.Header.Get("Location") != home {
		t.Errorf("without htmx: status %d to %q", r.Code, r.Header.Get("Location"))
	}
}

func TestPauseAndResume(t *testing.T) {
	api := one()
	s := site(t, api)
	doc := s.Post(hookPath+"/pause", url.Values{"version": {"3"}}, webtest.HTMX()).Doc()
	if api.hooks[0].Status != portal.WebhookPaused || !strings.Contains(doc.Text("article"), "Paused") {
		t.Error("not paused")
	}
	doc.One(`form[action="` + hookPath + `/resume"] input[name=version][value="4"]`)
	r := s.Post(hookPath+"/resume", url.Values{"version": {"4"}})
	if api.hooks[0].Status != portal.WebhookActive || r.Code != http.StatusSeeOther {
		t.Errorf("not resumed: status %d", r.Code)
	}
	stale := s.Post(hookPath+"/pause", url.Values{"version": {"1"}}, webtest.HTMX())
	if api.hooks[0].Status != portal.WebhookActive || !strings.Contains(stale.Doc().Text(".toast"), "Someone changed this webhook first") {
		t.Errorf("a stale pause: status %d", stale.Code)
	}
	stale.Doc().One(`input[name=version][value="5"]`)
}

func TestCheck(t *testing.T) {
	for verdict, want := range map[string]string{
		"ok": "The address answers", "unresolved": "The host is not known", "no_tls": "No secure connection", "unreachable": "The host does not answer",
		"refused": "The address is private",
	} {
		for name, options := range both {
			api := one()
			api.check = &portal.WebhookCheck{Verdict: verdict}
			r := site(t, api).Post(hookPath+"/check", nil, options...)
			if got := r.Doc().Text(".verdict .alert-title"); r.Code != http.StatusOK || got != want || api.checked[0] != receiver {
				t.Errorf("%s, %s: status %d, %q", verdict, name, r.Code, got)
			}
		}
	}
}

func TestDelete(t *testing.T) {
	t.Run("Question", func(t *testing.T) {
		s := site(t, one())
		for name, options := range both {
			doc := s.Get(hookPath+"/delete", options...).Doc()
			got := doc.Text(".modal-page, dialog")
			for _, want := range []string{"Are you sure", receiver, "Its signing secret ends", "2 deliveries that are waiting"} {
				if !strings.Contains(got, want) {
					t.Errorf("%s: the question lacks %q: %s", name, want, got)
				}
			}
			buttons := doc.All(".modal-foot > *")
			if len(buttons) != 2 || webtest.Text(buttons[0]) != "Keep the webhook" || webtest.Text(buttons[1]) != "Delete" {
				t.Errorf("%s: the safe choice is not first", name)
			}
		}
	})
	t.Run("List", func(t *testing.T) {
		api := one()
		r := site(t, api).Post(hookPath+"/delete", url.Values{"from": {"list"}}, webtest.HTMX())
		doc := r.Doc()
		if r.Code != http.StatusOK || len(api.deleted) != 1 || doc.Attr("#modal", "hx-swap-oob") != "true" || doc.Attr("#webhooks", "hx-swap-oob") != "true" {
			t.Fatalf("status %d, deleted %q", r.Code, api.deleted)
		}
		doc.One("#webhooks .empty")
		doc.One(".toast")
	})
	t.Run("Page", func(t *testing.T) {
		for name, options := range both {
			api := one()
			r := site(t, api).Post(hookPath+"/delete", url.Values{"from": {"page"}}, options...)
			to := r.Header.Get("Location") + r.Header.Get("HX-Redirect")
			if to != home || len(api.deleted) != 1 || len(r.Cookies) != 1 {
				t.Errorf("%s: to %q, deleted %q, %d cookies", name, to, api.deleted, len(r.Cookies))
			}
		}
	})
	t.Run("GoneAlready", func(t *testing.T) {
		api := one()
		api.deleteErr = portal.Fail(portal.NotFound, nil)
		s, recorded := site(t, api), &ledger{}
		s.Kit.Audit = recorded
		if r := s.Post(hookPath+"/delete", nil); r.Code != http.StatusSeeOther || len(recorded.events) != 0 {
			t.Errorf("status %d, recorded %+v", r.Code, recorded.events)
		}
		api.deleteErr = nil
		s.Post(hookPath+"/delete", nil)
		if len(recorded.events) != 1 || recorded.events[0].Type != portal.EventWebhookDeleted {
			t.Errorf("recorded %+v", recorded.events)
		}
	})
	t.Run("Err", func(t *testing.T) {
		for name, options := range both {
			api := one()
			api.deleteErr = portal.Fail(portal.Unavailable, errors.New("secret cause"))
			r := site(t, api).Post(hookPath+"/delete", nil, options...)
			if r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "secret cause") {
				t.Errorf("%s: status %d", name, r.Code)
			}
			if got := r.Doc().Text(".alert-error .alert-title"); got != "The webhook was not deleted" {
				t.Errorf("%s: the alert says %q", name, got)
			}
		}
	})
}
