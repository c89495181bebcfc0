package auth

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

// status answers every call with it, and with Retry-After when that is given.
func status(code int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
	}
}

func TestBroker_ProviderInTrouble(t *testing.T) {
	const discovery = "/.well-known/openid-configuration"
	now := newClock().now()
	for _, tc := range []struct {
		name, path string
		answer     http.HandlerFunc
		code, word string
		wait       string
	}{
		{"DiscoveryDown", discovery, status(500, ""), "temporarily_unavailable", "", ""},
		{"DiscoveryGone", discovery, status(404, ""), "temporarily_unavailable", "", ""},
		{"DiscoveryIsAPage", discovery, status(200, ""), "temporarily_unavailable", "", ""},
		{"DiscoveryBusy", discovery, status(503, "7"), "temporarily_unavailable", "", "7"},
		{"DiscoveryTooMany", discovery, status(429, "30"), "temporarily_unavailable", wordRateLimited, "30"},
		{"TokenTooManySeconds", "/token", status(429, "12"), "temporarily_unavailable", wordRateLimited, "12"},
		{"TokenTooManyDate", "/token", status(429, now.Add(90*time.Second).Format(http.TimeFormat)), "temporarily_unavailable", wordRateLimited, "90"},
		{"TokenTooManyNoWord", "/token", status(429, ""), "temporarily_unavailable", wordRateLimited, "1"},
		{"TokenDown", "/token", status(500, ""), "temporarily_unavailable", "", ""},
		{"TokenNotOurs", "/token", status(401, ""), "server_error", "", ""},
		{"TokenMoved", "/token", status(302, ""), "server_error", "", ""},
		{"KeysDown", "/jwks", status(502, ""), "temporarily_unavailable", "", ""},
		{"KeysTooMany", "/jwks", status(429, "5"), "temporarily_unavailable", wordRateLimited, "5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := oneBrokered(t)
			b.provider.set(func() { b.provider.intercept[tc.path] = tc.answer })
			back := b.begin()
			if tc.path != discovery {
				back = b.comeBack(b.provider.approve(back))
			}
			if back.Get("error") != tc.code || back.Get("error_description") != tc.word || back.Get("retry_after") != tc.wait || back.Get("state") != "st-1" {
				t.Errorf("the portal gets %v", back)
			}
		})
	}
}

func TestBroker_CodeTooOldAtProvider(t *testing.T) {
	b := oneBrokered(t)
	answer := b.provider.approve(b.begin())
	answer.Set("code", "spent")
	if back := b.comeBack(answer); back.Get("error") != "temporarily_unavailable" || back.Get("error_description") != wordExpired {
		t.Errorf("the portal gets %v", back)
	}
}

func TestBroker_ProviderDownAtStartAndLater(t *testing.T) {
	b := oneBrokered(t)
	b.provider.set(func() { b.provider.intercept["/.well-known/openid-configuration"] = status(503, "") })
	b.restart()
	for range 5 {
		b.begin()
	}
	if n := b.provider.called("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("a provider that is down was asked %d times within a second", n)
	}
	b.clock.advance(failurePause)
	b.provider.set(func() { clear(b.provider.intercept) })
	b.signInThere()
	// From now on its metadata and keys are remembered, over an outage too.
	b.provider.set(func() {
		b.provider.intercept["/.well-known/openid-configuration"] = status(503, "")
		b.provider.intercept["/jwks"] = status(503, "")
	})
	b.clock.advance(2 * metadataAge)
	b.signInThere()
}

func TestBroker_SlowProvider(t *testing.T) {
	b := oneBrokered(t)
	b.svc.broker.provider.http.Timeout = 50 * time.Millisecond
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	b.provider.set(func() {
		b.provider.intercept["/.well-known/openid-configuration"] = func(http.ResponseWriter, *http.Request) { <-release }
	})
	if back := b.begin(); back.Get("error") != "temporarily_unavailable" {
		t.Errorf("the portal gets %v", back)
	}
}

func TestBroker_AnotherServersMetadata(t *testing.T) {
	b := oneBrokered(t)
	b.provider.set(func() { b.provider.issuer = "https://evil.test" })
	if back := b.begin(); back.Get("error") != "temporarily_unavailable" {
		t.Errorf("the portal gets %v", back)
	}
}

func TestBroker_AccountsNotSetUp(t *testing.T) {
	eachBrokered(t, func(t *testing.T, b *brokered) {
		_, err := CreateUser(t.Context(), b.db.Write, NewUser{Email: "staff@ghasi.test", Name: "S", Locale: "en"}, b.clock.now())
		must(t, err)
		for name, change := range map[string]func(jwt.MapClaims){
			"NoTenant":       func(c jwt.MapClaims) { delete(c, "tenant") },
			"UnknownTenant":  func(c jwt.MapClaims) { c["tenant"] = "Nobody" },
			"SeveralTenants": func(c jwt.MapClaims) { c["tenant"] = []string{"A", "B"} },
			"NoEmail":        func(c jwt.MapClaims) { delete(c, "email") },
			"NoAddress":      func(c jwt.MapClaims) { c["email"] = "Maryam <m@pamir.test>" },
			"AnothersEmail":  func(c jwt.MapClaims) { c["email"] = "staff@ghasi.test" },
			"Unverified":     func(c jwt.MapClaims) { c["email"], c["email_verified"] = "staff@ghasi.test", false },
		} {
			b.provider.set(func() { b.provider.claims = change })
			if back := b.comeBack(b.provider.approve(b.begin())); back.Get("error") != codeNotSetUp || back.Get("error_description") == "" {
				t.Errorf("%s: the portal gets %v", name, back)
			}
		}
		if n := b.count("SELECT count(*) FROM users"); n != 1 {
			t.Errorf("%d accounts", n)
		}
	})
}

func TestBroker_LinksAVerifiedAddressOfTheSameTenant(t *testing.T) {
	eachBrokered(t, func(t *testing.T, b *brokered) {
		var tenant string
		must(t, b.db.Read.QueryRowContext(t.Context(), "SELECT id FROM tenants").Scan(&tenant))
		id, err := CreateUser(t.Context(), b.db.Write, NewUser{TenantID: tenant, Email: "maryam@pamir.test", Name: "M", Locale: "en"}, b.clock.now())
		must(t, err)
		if got := readClaims(t, b.signInThere().AccessToken); got.Subject != id || got.Name != "Maryam Noori" {
			t.Errorf("got %s %q, want %s", got.Subject, got.Name, id)
		}
	})
}

func TestBroker_CreatesTenantsWhenTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := newBrokered(t, open, func(o *BrokerOptions) { o.CreateTenants = true })
		for i := range 2 {
			b.provider.set(func() {
				b.provider.claims = func(c jwt.MapClaims) {
					c["sub"], c["email"], c["tenant"] = fmt.Sprint("sub-", i), fmt.Sprintf("u%d@new.test", i), "New Bank"
				}
				b.provider.access = func(c jwt.MapClaims) { c["sub"] = fmt.Sprint("sub-", i) }
			})
			if got := readClaims(t, b.signInThere().AccessToken); got.TenantName != "New Bank" {
				t.Errorf("tenant %q", got.TenantName)
			}
		}
		if n := b.count("SELECT count(*) FROM tenants"); n != 2 { // Pamir Logistics is there already
			t.Errorf("%d tenants", n)
		}
	})
}

func TestBroker_LogoutEndsTheProvidersSession(t *testing.T) {
	eachBrokered(t, func(t *testing.T, b *brokered) {
		refresh := b.signInThere().RefreshToken
		b.wantStatus(b.postJSON("/v1/auth/logout", map[string]string{"refreshToken": refresh}), http.StatusNoContent, "logout")
		if b.provider.called("/logout") != 1 || b.provider.alive || b.count("SELECT count(*) FROM upstream_sessions") != 0 {
			t.Error("the provider's session goes on")
		}
		// A provider that is down keeps nobody signed in here, and hears of it later.
		refresh = b.signInThere().RefreshToken
		b.provider.set(func() { b.provider.alive = true; b.provider.intercept["/logout"] = status(503, "") })
		b.wantStatus(b.postJSON("/v1/auth/logout", map[string]string{"refreshToken": refresh}), http.StatusNoContent, "logout")
		b.wantStatus(b.refresh(refresh), http.StatusUnauthorized, "refresh after logout")
		b.provider.set(func() { clear(b.provider.intercept) })
		must(t, b.svc.endRevoked(t.Context()))
		if b.provider.alive || b.count("SELECT count(*) FROM upstream_sessions") != 0 {
			t.Error("the provider never heard of the sign-out")
		}
	})
}

func TestBroker_RefreshFollowsTheProvider(t *testing.T) {
	eachBrokered(t, func(t *testing.T, b *brokered) {
		p := b.signInThere()
		p = b.pair(b.refresh(p.RefreshToken))
		if n := b.provider.called("/token"); n != 1 {
			t.Errorf("asked %d times within five minutes", n)
		}
		b.clock.advance(upstreamEvery + time.Second)
		b.provider.set(func() {
			b.provider.claims = func(c jwt.MapClaims) { c["realm_access"] = map[string]any{"roles": []string{"customer", "tam"}} }
		})
		p = b.pair(b.refresh(p.RefreshToken))
		if got := readClaims(t, p.AccessToken); len(got.Roles) != 2 {
			t.Errorf("a new role did not arrive: %v", got.Roles)
		}
		b.clock.advance(upstreamEvery + time.Second)
		b.provider.set(func() { b.provider.intercept["/token"] = status(503, "") })
		p = b.pair(b.refresh(p.RefreshToken)) // an outage signs nobody out
		b.clock.advance(upstreamEvery + time.Second)
		b.provider.set(func() { clear(b.provider.intercept); b.provider.alive = false })
		b.wantStatus(b.refresh(p.RefreshToken), http.StatusUnauthorized, "refresh after the provider's session ended")
	})
}
