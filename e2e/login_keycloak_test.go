package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestLoginKeycloak signs in at a real Keycloak. The portal is on localhost and Keycloak on 127.0.0.1, which are two
// sites to a browser, and every answer of Keycloak follows a click there: Strict cookies get no help.
func TestLoginKeycloak(t *testing.T) {
	k := startKeycloak(t)
	s := k.site(t, "ghasi-platform")
	for _, tc := range []struct {
		name string
		test func(*testing.T, *keycloak, *site)
	}{
		{"DeepLink", keycloakDeepLink},
		{"WrongPassword", keycloakWrongPassword},
		{"MissingRole", keycloakMissingRole},
		{"UnknownTenant", keycloakUnknownTenant},
		{"Staff", keycloakStaff},
		{"ExpiredState", keycloakExpiredState},
		{"ReplayedCode", keycloakReplayedCode},
		{"Refused", keycloakRefused},
		{"BrokeredSSO", keycloakBrokeredSSO},
		{"SignOut", keycloakSignOut},
		{"NoPasswordPage", keycloakNoPasswordPage},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.test(t, k, s) })
	}
}

func (b *tab) signInAtKeycloak(k *keycloak, user, path string) {
	b.t.Helper()
	b.visit(path)
	b.click(`a[href^="/login/start"]`)
	b.atKeycloak(k, "ghasi")
	b.fillKeycloak(user, keycloakWord)
}

func keycloakDeepLink(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.signInAtKeycloak(k, "maryam", "/messages?status=failed")
	b.at("/messages?status=failed")
	b.seeText(".tenant-name", "Pamir Logistics")
	if got := eval[string](b, "document.cookie"); got != "" {
		t.Errorf("scripts can read cookies: %s", got)
	}
	for _, c := range b.cookies() {
		if c.Name == "__session" || c.Name == "__refresh" {
			if !c.HTTPOnly || !c.Secure || c.SameSite != "Strict" {
				t.Errorf("%s: HttpOnly %t, Secure %t, SameSite %s", c.Name, c.HTTPOnly, c.Secure, c.SameSite)
			}
		}
		if c.Name == "__broker" || c.Name == "__signin" {
			t.Errorf("%s is left over", c.Name)
		}
	}
	b.visit("/")
	b.at("/dashboard")
}

func keycloakWrongPassword(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.expect("400")
	b.visit("/api-keys")
	b.click(`a[href^="/login/start"]`)
	b.atKeycloak(k, "ghasi")
	b.fillKeycloak("maryam", "wrong")
	b.seeText("#input-error, #input-error-username, .kc-feedback-text, .pf-v5-c-helper-text__item-text", "Invalid username or password")
	b.atKeycloak(k, "ghasi")
	b.fillKeycloak("maryam", keycloakWord)
	b.at("/api-keys")
}

func keycloakMissingRole(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.signInAtKeycloak(k, "norole", "/dashboard")
	b.at("/login?reason=missing_role")
	b.seeText(".alert", "This account cannot use the portal")
	b.visit("/dashboard")
	b.at("/login")
	b.click(`a[href^="/login/start"]`)
	b.atKeycloak(k, "ghasi") // their session there has ended too: they may try another account
}

func keycloakUnknownTenant(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.signInAtKeycloak(k, "stranger", "/dashboard")
	b.at("/login?reason=not_set_up")
	b.seeText(".alert", "not known here: Nobody & Sons")
}

func keycloakStaff(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.signInAtKeycloak(k, "hamid", "/")
	b.until("signed in", `location.origin === `+quote(s.url)+` && !location.pathname.startsWith("/login") && !!document.querySelector('form[action="/api/auth/logout"]')`)
}

func keycloakExpiredState(t *testing.T, _ *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.expect("400")
	b.visit("/v1/auth/oidc/broker/callback?code=abc&state=someone-elses")
	b.see(".alert")
	b.visit("/auth/callback?code=abc&state=someone-elses")
	b.at("/login?reason=other_browser")
	b.see(`a[href^="/login/start"]`)
}

func keycloakReplayedCode(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.expect("400")
	b.visit("/login/start")
	b.atKeycloak(k, "ghasi")
	requests := b.record()
	b.fillKeycloak("maryam", keycloakWord)
	b.at("/dashboard")
	for _, prefix := range []string{"/v1/auth/oidc/broker/callback?", "/auth/callback?"} {
		seen := requests.of("GET", prefix)
		if len(seen) != 1 {
			t.Fatalf("%s was loaded %d times", prefix, len(seen))
		}
		target := seen[0]
		other := newTab(t, s, look{}) // a thief's browser
		other.expect("400")
		other.visit(strings.TrimPrefix(target, s.url))
		other.see(".alert")
		other.visit("/dashboard")
		other.at("/login")
		b.visit(strings.TrimPrefix(target, s.url))
		b.see(".alert")
	}
}

// keycloakRefused says no on Keycloak's consent page: the portal shows that, after one redirect.
func keycloakRefused(t *testing.T, k *keycloak, _ *site) {
	s := k.site(t, "ghasi-consent")
	b := newTab(t, s, look{})
	b.signInAtKeycloak(k, "maryam", "/settings")
	b.click("#kc-cancel")
	b.at("/login?reason=access_denied")
	b.seeText(".alert", "The sign-in was refused")
	if q := eval[string](b, "location.search"); !strings.Contains(q, url.Values{"return": {"/settings"}}.Encode()) {
		t.Errorf("where they were going is lost: %s", q)
	}
}

// keycloakBrokeredSSO signs in at a company's own provider, behind Keycloak. The portal only passes the hint on.
func keycloakBrokeredSSO(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.visit("/login/start?return=%2Fmessages&kc_idp_hint=partner&login_hint=zahra")
	b.atKeycloak(k, "partner")
	b.fillKeycloak("zahra", keycloakWord)
	b.at("/messages")
	b.seeText(".tenant-name", "Herat Pharmacy")
}

func keycloakSignOut(t *testing.T, k *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.signInAtKeycloak(k, "maryam", "/messages")
	b.at("/messages")
	// While the session lives, Keycloak does not ask again.
	b.do(chromedp.Navigate(s.url + "/login/start?return=%2Fapi-keys"))
	b.at("/api-keys")
	b.click(`#sidebar form[action="/api/auth/logout"] button`)
	b.at("/login")
	b.visit("/dashboard")
	b.at("/login")
	b.click(`a[href^="/login/start"]`)
	b.atKeycloak(k, "ghasi")
}

func keycloakNoPasswordPage(t *testing.T, _ *keycloak, s *site) {
	b := newTab(t, s, look{})
	b.expect("404")
	b.visit("/login")
	status := eval[int](b, `fetch("/v1/auth/sign-in", {method: "POST", body: new URLSearchParams({email: "a", password: "b"})}).then(r => r.status)`)
	if status != 404 {
		t.Errorf("the password page's form answers %d", status)
	}
}

// cookies lists the portal's cookies, HttpOnly ones included.
func (b *tab) cookies() []*network.Cookie {
	b.t.Helper()
	res, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{
		b.site.url, b.site.url + "/auth/callback", b.site.url + "/v1/auth/oidc/broker/callback",
	}})
	if err != nil {
		b.t.Fatal(err)
	}
	return res.Cookies
}
