package auth

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

func eachBrokered(t *testing.T, test func(*testing.T, *brokered)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) { test(t, newBrokered(t, open, nil)) })
}

// oneBrokered is for what no database changes.
func oneBrokered(t *testing.T) *brokered {
	t.Helper()
	return newBrokered(t, func(schema string) *database.DB {
		db, err := database.Open(t.Context(), database.Options{File: t.TempDir() + "/" + schema + ".db"})
		must(t, err)
		t.Cleanup(func() { must(t, db.Close()) })
		return db
	}, nil)
}

func readClaims(t *testing.T, raw string) claims {
	t.Helper()
	var c claims
	_, _, err := jwt.NewParser().ParseUnverified(raw, &c)
	must(t, err)
	return c
}

func TestBroker_SignIn(t *testing.T) {
	eachBrokered(t, func(t *testing.T, b *brokered) {
		asked := b.begin("ui_locales", "fa-AF", "login_hint", "m@pamir.test", "kc_idp_hint", "partner")
		for name, want := range map[string]string{
			"response_type": "code", "client_id": providerClient, "redirect_uri": issuer + brokerCallbackPath, "scope": "openid email",
			"code_challenge_method": "S256", "ui_locales": "fa-AF fa", "login_hint": "m@pamir.test", "kc_idp_hint": "partner",
		} {
			if asked.Get(name) != want {
				t.Errorf("%s = %q, want %q", name, asked.Get(name), want)
			}
		}
		if asked.Get("state") == "st-1" || asked.Get("nonce") == "no-1" || asked.Get("code_challenge") == challenge {
			t.Error("the portal's state, nonce or challenge went to the provider")
		}
		c := b.cookie
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != brokerCookiePath || c.MaxAge != 600 {
			t.Errorf("cookie: %+v", c)
		}
		got := readClaims(t, b.signInThere().AccessToken)
		want := claims{Email: "maryam@pamir.test", Name: "Maryam Noori", Locale: "fa-AF", TenantName: "Pamir Logistics", Roles: []string{"customer"}}
		diff := cmp.Diff(want, claims{Email: got.Email, Name: got.Name, Locale: got.Locale, TenantName: got.TenantName, Roles: got.Roles})
		if diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
		if again := readClaims(t, b.signInThere().AccessToken); again.Subject != got.Subject {
			t.Errorf("the same person got the accounts %s and %s", got.Subject, again.Subject)
		}
		if n := b.count("SELECT count(*) FROM users"); n != 1 {
			t.Errorf("%d accounts", n)
		}
		if n := b.count("SELECT count(*) FROM upstream_sessions WHERE sealed LIKE '%upstream%'"); n != 0 {
			t.Error("the provider's refresh token is readable in the database")
		}
	})
}

func TestBroker_NoPasswordPage(t *testing.T) {
	b := oneBrokered(t)
	w := b.post(signInPath, "application/x-www-form-urlencoded", "email=a&password=b")
	b.wantStatus(w, http.StatusNotFound, "the password page's form")
}

func TestBroker_ClaimsFromTheAccessTokenAndUserinfo(t *testing.T) {
	b := oneBrokered(t)
	b.provider.set(func() {
		b.provider.claims = func(c jwt.MapClaims) {
			delete(c, "realm_access")
			delete(c, "email")
		}
		b.provider.access = func(c jwt.MapClaims) { c["realm_access"] = map[string]any{"roles": []string{"customer", "tam"}} }
		b.provider.info = map[string]any{"sub": "sub-1", "email": "info@pamir.test"}
	})
	got := readClaims(t, b.signInThere().AccessToken)
	if got.Email != "info@pamir.test" || strings.Join(got.Roles, " ") != "customer tam" {
		t.Errorf("got %q %v", got.Email, got.Roles)
	}
	b.provider.set(func() { // tokens about somebody else say nothing about this one
		b.provider.access = func(c jwt.MapClaims) {
			c["azp"], c["realm_access"] = "other-client", map[string]any{"roles": []string{"platform_admin"}}
		}
		b.provider.info = map[string]any{"sub": "sub-2", "email": "other@pamir.test"}
	})
	back := b.comeBack(b.provider.approve(b.begin()))
	if back.Get("error") != codeNotSetUp || !strings.Contains(back.Get("error_description"), "e-mail") {
		t.Errorf("the portal gets %v", back)
	}
}

// TestBroker_BadIDToken holds the check of OpenID Connect Core, 3.1.3.7: each of these must admit nobody.
func TestBroker_BadIDToken(t *testing.T) {
	other := func(m jwt.SigningMethod, kid string, key any) func(*testing.T, *fakeProvider) {
		return func(t *testing.T, p *fakeProvider) {
			p.sign = func(c jwt.MapClaims) string { return signWith(t, m, kid, key, c) }
		}
	}
	spoil := func(f func(jwt.MapClaims)) func(*testing.T, *fakeProvider) {
		return func(_ *testing.T, p *fakeProvider) { p.claims = f }
	}
	b := oneBrokered(t)
	now := b.clock.now()
	for name, prepare := range map[string]func(*testing.T, *fakeProvider){
		"Nonce":          spoil(func(c jwt.MapClaims) { c["nonce"] = "another" }),
		"NoNonce":        spoil(func(c jwt.MapClaims) { delete(c, "nonce") }),
		"Audience":       spoil(func(c jwt.MapClaims) { c["aud"] = "another" }),
		"TwoAudiences":   spoil(func(c jwt.MapClaims) { c["aud"] = []string{providerClient, "x"}; delete(c, "azp") }),
		"AuthorizedTo":   spoil(func(c jwt.MapClaims) { c["azp"] = "another" }),
		"Issuer":         spoil(func(c jwt.MapClaims) { c["iss"] = "https://evil.test" }),
		"Expired":        spoil(func(c jwt.MapClaims) { c["exp"] = now.Add(-time.Minute).Unix() }),
		"NoExpiry":       spoil(func(c jwt.MapClaims) { delete(c, "exp") }),
		"IssuedLater":    spoil(func(c jwt.MapClaims) { c["iat"] = now.Add(time.Hour).Unix() }),
		"NoSubject":      spoil(func(c jwt.MapClaims) { delete(c, "sub") }),
		"AccessHash":     spoil(func(c jwt.MapClaims) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }),
		"Signature":      other(jwt.SigningMethodRS256, "k1", providerRSA()[1]),
		"UnknownKey":     other(jwt.SigningMethodRS256, "k9", providerRSA()[0]),
		"None":           other(jwt.SigningMethodNone, "k1", jwt.UnsafeAllowNoneSignatureType),
		"HMACWithModule": other(jwt.SigningMethodHS256, "k1", providerRSA()[0].N.Bytes()),
		"HMACWithSecret": other(jwt.SigningMethodHS256, "k1", []byte(providerSecret)),
		"RS512":          other(jwt.SigningMethodRS512, "k1", providerRSA()[0]),
		"NoToken":        func(_ *testing.T, p *fakeProvider) { p.sign = func(jwt.MapClaims) string { return "" } },
	} {
		t.Run(name, func(t *testing.T) {
			b.provider.set(func() { b.provider.sign, b.provider.claims = nil, nil; prepare(t, b.provider) })
			back := b.comeBack(b.provider.approve(b.begin()))
			if back.Get("error") != "server_error" || back.Get("code") != "" || back.Get("state") != "st-1" {
				t.Errorf("the portal gets %v", back)
			}
		})
	}
	if n := b.count("SELECT count(*) FROM users"); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
}

func TestBroker_AnswersOfNoSignIn(t *testing.T) {
	b := oneBrokered(t)
	refused := func(name string) {
		t.Helper()
		w := b.returning(b.provider.approve(map[string][]string{"state": {"x"}}))
		if w.Code != http.StatusBadRequest || b.page.ErrorKey != keyExpired || b.page.Request != "" {
			t.Errorf("%s: %d %q", name, w.Code, b.page.ErrorKey)
		}
	}
	refused("no cookie")
	b.begin()
	refused("another state")
	b.cookie.Value = b.cookie.Value[:len(b.cookie.Value)-4] + "AAAA"
	refused("forged cookie")

	asked := b.begin()
	b.clock.advance(requestTTL)
	if w := b.returning(b.provider.approve(asked)); w.Code != http.StatusBadRequest {
		t.Errorf("an old one: %d", w.Code)
	}

	answer := b.provider.approve(b.begin())
	b.comeBack(answer)
	if again := b.comeBack(answer); again.Get("code") != "" { // a thief with the cookie as well: the provider refuses
		t.Error("a code worked twice")
	}
	mixed := b.provider.approve(b.begin())
	mixed.Set("iss", "https://evil.test")
	if back := b.comeBack(mixed); back.Get("error") != "server_error" || b.provider.called("/token") != 2 {
		t.Errorf("mix-up: %v", back)
	}
}

func TestBroker_ProviderSaysNo(t *testing.T) {
	b := oneBrokered(t)
	for _, tc := range []struct{ code, words, wantCode, wantWords string }{
		{"access_denied", "User said\tno <b>", "access_denied", "User said no <b>"},
		{"temporarily_unavailable", "authentication_expired", "temporarily_unavailable", "authentication_expired"},
		{"invalid_scope", "Invalid scopes: x", "server_error", "Invalid scopes: x"},
		{"access_denied", strings.Repeat("x", 300) + "\u202e", "access_denied", strings.Repeat("x", 200)},
	} {
		back := b.comeBack(map[string][]string{
			"state": {b.begin().Get("state")}, "error": {tc.code}, "error_description": {tc.words}, "iss": {b.provider.issuer},
		})
		if back.Get("error") != tc.wantCode || back.Get("error_description") != tc.wantWords || back.Get("state") != "st-1" {
			t.Errorf("%s: the portal gets %v", tc.code, back)
		}
	}
}
