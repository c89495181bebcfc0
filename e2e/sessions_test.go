package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"

	"ghasi.io/portal/config"
)

func TestSessions_EndAnotherDevice(t *testing.T) {
	s := newSite(t, nil)
	here, there := newTab(t, s, look{}), newTab(t, s, look{noJS: true})
	here.signIn(customer, "/settings")
	there.signIn(customer, "/settings")
	here.visit("/settings")
	if n := here.count("#sessions li"); n != 2 {
		t.Fatalf("%d sessions", n)
	}
	here.seeText("#sessions", "This device")
	here.click(`#sessions form[action^="/settings/sessions/"] button`)
	here.seeText("#status", "That device is signed out.")
	if n := here.count("#sessions li"); n != 1 {
		t.Errorf("%d sessions left", n)
	}
	there.visit("/settings")
	there.at("/login?")
	there.seeText(".alert", "Your session has ended")
}

func TestSessions_Everywhere(t *testing.T) {
	for name, l := range map[string]look{"script": {}, "no script": {noJS: true}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			here, there := newTab(t, s, l), newTab(t, s, look{})
			there.signIn(customer, "/settings")
			here.signIn(customer, "/settings")
			here.click(`a[href="/settings/sessions/end"]`)
			here.see(`form[action="/settings/sessions/end"]`)
			here.click(`form[action="/settings/sessions/end"] .btn-danger`)
			here.seeText("#status", "All other devices are signed out.")
			here.click(`a[href="/settings/sessions/end"]`)
			here.click(`input[name="stay"]`)
			here.click(`form[action="/settings/sessions/end"] .btn-danger`)
			here.at("/login?reason=signed_out")
			here.visit("/settings")
			here.at("/login?")
			there.visit("/settings")
			there.at("/login?")
		})
	}
}

// TestDraft: what was typed survives the end of the session, by htmx and by a plain form.
func TestDraft(t *testing.T) {
	for name, l := range map[string]look{"script": {}, "no script": {noJS: true}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			b, other := newTab(t, s, l), newTab(t, s, look{})
			b.expect("401")
			b.signIn(customer, "/send-test")
			other.signIn(customer, "/settings/sessions/end")
			b.fill("#f-to", "+93700000001")
			b.fill("#f-from", "GHASI")
			b.fill("#f-body", "Salaam from the lost form")
			other.click(`form[action="/settings/sessions/end"] .btn-danger`)
			other.seeText("#status", "All other devices are signed out.")
			b.click(`form[action="/send-test"] button.btn-primary`)
			b.at("/login?")
			b.click(`a[href^="/login/start"]`)
			b.password(customer, password)
			b.at("/send-test")
			b.seeText("#alerts", "You were signed out before this was sent. Check it and send it again.")
			if got := b.value("#f-body"); got != "Salaam from the lost form" {
				t.Errorf("the form holds %q", got)
			}
		})
	}
}

func TestFirebase_TokenFromTheAddress(t *testing.T) {
	s := newSite(t, func(c *config.Config) {
		c.FirebaseLogin, c.FirebaseProject, c.FirebaseCerts = true, "ghasi-legacy", "http://127.0.0.1:1/certs"
	})
	b := newTab(t, s, look{})
	b.expect("422")
	b.visit("/login")
	b.seeText(`a[href="/login/firebase"]`, "Sign in with Firebase")
	b.do(chromedp.Navigate(s.url + "/login/firebase#id_token=eyJ.a.b"))
	b.see(`textarea[name="id_token"]`)
	b.until("token in the field", `document.querySelector('[name="id_token"]').value === 'eyJ.a.b'`)
	if got := eval[string](b, "location.hash"); got != "" {
		t.Errorf("the token stays in the address: %q", got)
	}
	b.at("/login/firebase")
	b.click(`button[type="submit"]`)
	b.see(".alert")
}
