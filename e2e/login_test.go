package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestLogin_DeepLink(t *testing.T) {
	b := newTab(t, shared, look{})
	b.signIn("customer@demo.ghasi.test", "/messages?status=failed")
	b.seeText(".tenant-name", "Pamir Logistics")
	if got := eval[string](b, "document.cookie"); got != "" {
		t.Errorf("scripts can read cookies: %s", got)
	}
	b.visit("/")
	b.at("/dashboard")
}

func TestLogin_WithoutJavaScript(t *testing.T) {
	b := newTab(t, shared, look{noJS: true})
	b.signIn("customer@demo.ghasi.test", "/api-keys")
	b.seeText("h1", "API keys")
}

func TestLogin_WrongPassword(t *testing.T) {
	b := newTab(t, shared, look{})
	b.expect("401")
	b.expect("422")
	b.visit("/login/start")
	b.password("customer@demo.ghasi.test", "wrong")
	b.see(`[role="alert"]`)
	b.at("/v1/auth/")
	if got := eval[string](b, `document.querySelector('input[name="email"]').value`); got != "customer@demo.ghasi.test" {
		t.Errorf("the address typed is lost: %q", got)
	}
	b.password("customer@demo.ghasi.test", "portal-demo")
	b.at("/dashboard")
}

func TestLogin_MissingRole(t *testing.T) {
	b := newTab(t, shared, look{})
	b.visit("/login/start")
	b.password("norole@demo.ghasi.test", "portal-demo")
	b.at("/login?")
	b.see(`[role="alert"], [role="status"] .alert, .alert`)
	if !strings.Contains(b.url(), "reason=missing_role") {
		t.Errorf("at %s", b.url())
	}
	b.visit("/dashboard")
	b.at("/login")
}

func TestLogin_ExpiredState(t *testing.T) {
	b := newTab(t, shared, look{})
	b.visit("/auth/callback?code=abc&state=someone-elses")
	b.at("/login?")
	b.see(".alert")
	b.see(`a[href^="/login/start"]`)
}

func TestLogin_ReplayedCode(t *testing.T) {
	b := newTab(t, shared, look{})
	var callback string
	b.do(chromedp.Navigate(b.site.url + "/login/start"))
	// The sign-in page hops to the callback by a link; keep its address to play it again.
	b.fill(`input[name="email"]`, "customer@demo.ghasi.test")
	b.fill(`input[name="password"]`, "portal-demo")
	callback = recordCallback(b)
	b.at("/dashboard")
	b.visit(strings.TrimPrefix(callback, b.site.url))
	b.at("/login?")
	b.see(".alert")
}

func TestLogin_LanguageOnTheFirstVisit(t *testing.T) {
	for accept, want := range map[string]string{"ps-AF": "ps rtl", "fa": "fa-AF rtl", "prs": "fa-AF rtl", "ar-EG": "ar rtl", "de": "en ltr"} {
		b := newTab(t, shared, look{locale: accept})
		b.visit("/login")
		if got := eval[string](b, `document.documentElement.lang + " " + document.documentElement.dir`); got != want {
			t.Errorf("%s: %s, want %s", accept, got, want)
		}
	}
}

func TestLogout(t *testing.T) {
	b := newTab(t, shared, look{})
	b.signIn("customer@demo.ghasi.test", "/messages")
	b.click(`#sidebar form[action="/api/auth/logout"] button`)
	b.at("/login")
	eval[bool](b, `(history.back(), true)`)
	b.until("sign-in instead of the page from before", `location.pathname === "/login" && location.search.includes("return=%2Fmessages")`)
	b.visit("/dashboard")
	b.at("/login")
}

// TestLogin_TooManyAttempts: the wait is said in seconds and counts down; without JavaScript it is a plain figure.
func TestLogin_TooManyAttempts(t *testing.T) {
	const wait = `document.querySelector(".alert").textContent.match(/Try again in ([\d,]+) seconds/)`
	for name, l := range map[string]look{"script": {}, "no script": {noJS: true}} {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, newSite(t, nil), l)
			b.expect("422")
			b.expect("429")
			b.visit("/login/start")
			for range 6 { // one more than is allowed
				eval[bool](b, `(window.asked = true)`) // so that the answer's page is told from this one
				b.password(customer, "wrong")
				b.until("the answer", `!window.asked && document.querySelector('[role="alert"]') !== null`)
			}
			b.seeText(".alert", "Too many attempts. Try again in")
			if l.noJS {
				return
			}
			first := eval[string](b, wait+`[1]`)
			b.until("the wait counts down from "+first, wait+`[1] !== `+quote(first))
		})
	}
}
