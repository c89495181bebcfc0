package auth

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/auth/authtest"
	"ghasi.io/portal/portal"
)

func TestVerify_Refuses(t *testing.T) {
	p := authtest.New(t)
	s := newTestService(t, p)
	now := p.Clock.Now()
	good := p.Token(nil)
	pub := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&authtest.Keys()[0].PublicKey)})
	body := jwt.MapClaims{"iss": authtest.Issuer, "aud": authtest.Audience, "sub": "usr_1", "roles": []string{"customer"}, "exp": now.Add(time.Hour).Unix()}
	parts := strings.Split(good, ".")
	with := func(name string, value any) string {
		return p.Token(func(c jwt.MapClaims) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		})
	}
	for name, raw := range map[string]string{
		"empty":               "",
		"no token":            "a.b.c",
		"other issuer":        with("iss", "https://evil.test"),
		"no issuer":           with("iss", nil),
		"other audience":      with("aud", "admin-portal"),
		"no audience":         with("aud", nil),
		"expired":             with("exp", now.Add(-31*time.Second).Unix()),
		"no expiry":           with("exp", nil),
		"of the future":       with("iat", now.Add(time.Minute).Unix()),
		"not yet":             with("nbf", now.Add(time.Minute).Unix()),
		"no subject":          with("sub", nil),
		"roles of no list":    with("roles", "customer"),
		"HS256 by public key": authtest.Sign(t, jwt.SigningMethodHS256, "k0", pub, body),
		"unsigned":            authtest.Sign(t, jwt.SigningMethodNone, "k0", jwt.UnsafeAllowNoneSignatureType, body),
		"RS512":               authtest.Sign(t, jwt.SigningMethodRS512, "k0", authtest.Keys()[0], body),
		"PS256":               authtest.Sign(t, jwt.SigningMethodPS256, "k0", authtest.Keys()[0], body),
		"another key":         authtest.Sign(t, jwt.SigningMethodRS256, "k0", authtest.Keys()[1], body),
		"no key id":           authtest.Sign(t, jwt.SigningMethodRS256, "", authtest.Keys()[0], body),
		"cut signature":       good[:len(good)-10],
		"no signature":        parts[0] + "." + parts[1] + ".",
		"other payload":       parts[0] + "." + strings.Split(with("sub", "usr_2"), ".")[1] + "." + parts[2],
	} {
		if id, err := s.tokens.verify(t.Context(), raw); portal.CodeOf(err) != portal.Unauthenticated || id.user != nil {
			t.Errorf("%s: %+v, %v", name, id.user, err)
		}
	}
	for name, raw := range map[string]string{
		"good":                      good,
		"expired within leeway":     with("exp", now.Add(-29*time.Second).Unix()),
		"clock ahead within leeway": with("iat", now.Add(29*time.Second).Unix()),
		"audience among others":     with("aud", []string{"x", authtest.Audience}),
	} {
		if _, err := s.tokens.verify(t.Context(), raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerify_OnceAToken(t *testing.T) {
	p := authtest.New(t)
	s := newTestService(t, p)
	raw := p.Token(nil)
	first, err := s.tokens.verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.tokens.verify(t.Context(), raw)
	if err != nil || second.user != first.user {
		t.Errorf("verified twice: %v", err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := s.tokens.verify(context.Background(), raw); err != nil {
			t.Error(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations for a known token", n)
	}
	p.Clock.Add(15*time.Minute + 31*time.Second)
	if _, err := s.tokens.verify(t.Context(), raw); portal.CodeOf(err) != portal.Unauthenticated {
		t.Errorf("cached past its end: %v", err)
	}
}

func TestLRU_Bounded(t *testing.T) {
	l := newLRU(2)
	for i := range 3 {
		l.put(tokenHash{byte(i)}, identity{nonce: string(rune('a' + i))})
		l.get(tokenHash{0}) // keeps the first in use
	}
	_, first := l.get(tokenHash{0})
	_, second := l.get(tokenHash{1})
	if !first || second || len(l.items) != 2 || l.order.Len() != 2 {
		t.Errorf("first %v, second %v, %d items", first, second, len(l.items))
	}
}

// TestKeys_Life drives the key set through its life on a fake clock: first use, outage, refresh, rotation.
func TestKeys_Life(t *testing.T) {
	authtest.Keys() // outside of the bubble: slow
	synctest.Test(t, func(t *testing.T) {
		p := authtest.New(t)
		s := newTestService(t, p)
		defer s.Close()
		calls := func() int { return authtest.Get(p, func() int { return p.KeyFetches }) }
		verify := func() error { _, err := s.tokens.verify(t.Context(), p.Token(nil)); return err }

		p.Set(func() { p.KeysDown = true })
		if err := verify(); portal.CodeOf(err) != portal.Unavailable {
			t.Errorf("platform down at start: %v", err)
		}
		p.Set(func() { p.KeysDown = false })
		if err := verify(); err != nil {
			t.Errorf("platform up: %v", err)
		}
		before := calls()
		time.Sleep(4*time.Minute + 59*time.Second)
		if err := verify(); err != nil || calls() != before {
			t.Errorf("within five minutes: %v, %d fetches", err, calls()-before)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if calls() != before+1 {
			t.Errorf("%d fetches after five minutes", calls()-before)
		}
		p.Set(func() { p.KeysDown = true })
		time.Sleep(time.Hour)
		if err := verify(); err != nil {
			t.Errorf("an hour's outage: %v", err)
		}
		p.Set(func() { p.KeysDown, p.KeyID, p.KeySet = false, "k1", []string{"k1", "k0"} })
		before = calls()
		if err := verify(); err != nil || calls() != before+1 {
			t.Errorf("rotated: %v, %d fetches", err, calls()-before)
		}
	})
}

// TestKeys_UnknownKeys: tokens that name keys nobody has cause one fetch, not one each.
func TestKeys_UnknownKeys(t *testing.T) {
	authtest.Keys()
	synctest.Test(t, func(t *testing.T) {
		p := authtest.New(t)
		s := newTestService(t, p)
		defer s.Close()
		if _, err := s.tokens.verify(t.Context(), p.Token(nil)); err != nil {
			t.Fatal(err)
		}
		p.Set(func() { p.KeyID = "nobody's" })
		before := p.KeyFetches
		codes := map[portal.Code]int{}
		for range 50 {
			_, err := s.tokens.verify(t.Context(), p.Token(nil))
			codes[portal.CodeOf(err)]++
		}
		// The first is looked up and refused; the others can't be told from a key published a moment ago.
		if p.KeyFetches != before+1 || codes[portal.Unauthenticated] != 1 || codes[portal.Unavailable] != 49 {
			t.Errorf("%d fetches, %v", p.KeyFetches-before, codes)
		}
		time.Sleep(keysRefetch)
		if _, err := s.tokens.verify(t.Context(), p.Token(nil)); portal.CodeOf(err) != portal.Unauthenticated || p.KeyFetches != before+2 {
			t.Errorf("%v, %d fetches", err, p.KeyFetches-before)
		}
	})
}

// TestKeys_ManyAtOnce: those who come while the first set is being fetched share it.
func TestKeys_ManyAtOnce(t *testing.T) {
	p := authtest.New(t)
	s := newTestService(t, p)
	tokens := make([]string, 20)
	for i := range tokens {
		tokens[i] = p.Token(nil)
	}
	var wg sync.WaitGroup
	for _, raw := range tokens {
		wg.Go(func() {
			if _, err := s.tokens.verify(t.Context(), raw); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if p.KeyFetches != 1 {
		t.Errorf("%d fetches", p.KeyFetches)
	}
}

func TestKeys_GarbageDoesNotWipeThem(t *testing.T) {
	p := authtest.New(t)
	s := newTestService(t, p)
	if _, err := s.tokens.verify(t.Context(), p.Token(nil)); err != nil {
		t.Fatal(err)
	}
	p.Set(func() { p.KeySet = nil; p.KeyID = "k1" }) // an empty set, as a half-started server would answer
	if _, err := s.tokens.verify(t.Context(), p.Token(nil)); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("got %v", err)
	}
	p.Set(func() { p.KeyID = "k0" })
	if _, err := s.tokens.verify(t.Context(), p.Token(nil)); err != nil {
		t.Errorf("the keys we had are gone: %v", err)
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	p := authtest.New(b)
	s, browser := newTestService(b, p), newBrowser()
	browser.signIn(b, s, p)
	r := browser.Request(http.MethodGet, "/messages")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Authenticate(nil, r); err != nil {
			b.Fatal(err)
		}
	}
}
