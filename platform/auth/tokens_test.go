package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

// verifyByJWKS checks a token as a stranger would: by the published keys alone.
func verifyByJWKS(t *testing.T, s *site, token string) jwt.MapClaims {
	t.Helper()
	w := s.get("/.well-known/jwks.json")
	if got := w.Header().Get("Cache-Control"); got != "public, max-age=300" {
		t.Errorf("the key set's Cache-Control is %q", got)
	}
	var set struct{ Keys []jwk }
	must(t, json.Unmarshal(w.Body.Bytes(), &set))
	var c jwt.MapClaims
	_, err := jwt.ParseWithClaims(token, &c, func(tok *jwt.Token) (any, error) {
		for _, k := range set.Keys {
			if k.Kid == tok.Header["kid"] {
				n, err := base64.RawURLEncoding.DecodeString(k.N)
				must(t, err)
				e, err := base64.RawURLEncoding.DecodeString(k.E)
				must(t, err)
				return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
			}
		}
		return nil, jwt.ErrTokenUnverifiable
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(s.clock.now))
	must(t, err)
	return c
}

func TestTokensOfASignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		p := s.tokens()
		if p.TokenType != "Bearer" || p.ExpiresIn != 600 || !isSecret(p.RefreshToken) {
			t.Errorf("pair %+v", p)
		}
		c := verifyByJWKS(t, s, p.AccessToken)
		now := float64(s.clock.now().Unix())
		for _, name := range []string{"sub", "tenant_id", "jti", "sid"} {
			if v, _ := c[name].(string); len(v) < 20 {
				t.Errorf("claim %s is %v", name, c[name])
			}
			delete(c, name)
		}
		want := jwt.MapClaims{
			"iss": issuer, "aud": []any{clientID}, "iat": now, "exp": now + 600, "tenant_name": "Pamir Logistics",
			"roles": []any{"customer"}, "email": email, "name": "Ahmad Rahimi", "locale": "fa-AF", "nonce": "no-1",
		}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Error(diff)
		}
		next := s.pair(s.refresh(p.RefreshToken))
		if c := verifyByJWKS(t, s, next.AccessToken); c["nonce"] != nil || c["email"] != email {
			t.Errorf("claims after a refresh: %v", c)
		}
		principal, err := s.svc.VerifyToken(t.Context(), p.AccessToken)
		must(t, err)
		if principal.Email != email || !principal.May(portal.ScopeSMSSend) || principal.KeyID != "" {
			t.Errorf("principal %+v", principal)
		}
		// What the database holds opens nothing.
		for _, secret := range []string{p.RefreshToken, next.RefreshToken} {
			var n int
			must(t, s.db.Read.QueryRow("SELECT count(*) FROM refresh_tokens WHERE hash = ? OR successor_hash = ?", secret, secret).Scan(&n))
			if n != 0 {
				t.Error("a refresh token is stored as it is")
			}
		}
	})
}

func TestVerifyTokenRefuses(t *testing.T) {
	s := lite(t)
	good := s.tokens().AccessToken
	keys := s.svc.keys.Load()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	base := jwt.MapClaims{}
	_, _, err = jwt.NewParser().ParseUnverified(good, base)
	must(t, err)
	sign := func(method jwt.SigningMethod, key any, kid any, change jwt.MapClaims) string {
		c := maps.Clone(base)
		for name, v := range change {
			c[name] = v
			if v == nil {
				delete(c, name)
			}
		}
		tok := jwt.NewWithClaims(method, c)
		tok.Header["kid"] = kid
		out, err := tok.SignedString(key)
		must(t, err)
		return out
	}
	now := s.clock.now()
	head, rest, _ := strings.Cut(good, ".")
	for name, token := range map[string]string{
		"empty":            "",
		"rubbish":          "a.b.c",
		"alg none":         sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, keys.activeID, nil),
		"HS256 by modulus": sign(jwt.SigningMethodHS256, keys.active.N.Bytes(), keys.activeID, nil),
		"other algorithm":  sign(jwt.SigningMethodRS512, keys.active, keys.activeID, nil),
		"another's key":    sign(jwt.SigningMethodRS256, stranger, keys.activeID, nil),
		"unknown key":      sign(jwt.SigningMethodRS256, stranger, "kid_x", nil),
		"key id no text":   sign(jwt.SigningMethodRS256, keys.active, 7, nil),
		"other issuer":     sign(jwt.SigningMethodRS256, keys.active, keys.activeID, jwt.MapClaims{"iss": "https://evil.example"}),
		"other audience":   sign(jwt.SigningMethodRS256, keys.active, keys.activeID, jwt.MapClaims{"aud": "other"}),
		"no audience":      sign(jwt.SigningMethodRS256, keys.active, keys.activeID, jwt.MapClaims{"aud": nil}),
		"no expiry":        sign(jwt.SigningMethodRS256, keys.active, keys.activeID, jwt.MapClaims{"exp": nil}),
		"expired":          sign(jwt.SigningMethodRS256, keys.active, keys.activeID, jwt.MapClaims{"exp": now.Add(-31 * time.Second).Unix()}),
		"from the future":  sign(jwt.SigningMethodRS256, keys.active, keys.activeID, jwt.MapClaims{"iat": now.Add(time.Minute).Unix()}),
		"signature cut":    good[:len(good)-8],
		"no signature":     strings.Join(strings.Split(good, ".")[:2], ".") + ".",
		"other header":     "e30" + "." + rest,
		"other claims":     head + ".e30." + strings.Split(good, ".")[2],
	} {
		if p, err := s.svc.VerifyToken(t.Context(), token); portal.CodeOf(err) != portal.Unauthenticated {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := s.svc.VerifyToken(t.Context(), good); err != nil {
		t.Errorf("the good one: %v", err)
	}
	s.clock.advance(AccessTTL + clockLeeway)
	if _, err := s.svc.VerifyToken(t.Context(), good); portal.CodeOf(err) != portal.Unauthenticated {
		t.Errorf("a remembered token outlived itself: %v", err)
	}
}

func TestVerifiedTokensAreBounded(t *testing.T) {
	var v verifiedTokens
	now := newClock().now()
	for i := range 3 * maxVerified {
		id := [32]byte{byte(i), byte(i >> 8)}
		v.put(id, verifiedToken{access.Principal{}, now.Add(time.Minute), nil}, now)
		if len(v.tokens) > maxVerified {
			t.Fatalf("%d tokens remembered", len(v.tokens))
		}
	}
}

func TestRotateKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		old := s.tokens().AccessToken
		replica, _ := s.serve(s.db)
		if got, want := replica.keys.Load().activeID, s.svc.keys.Load().activeID; got != want {
			t.Errorf("the second replica signs with %s, the first with %s", got, want)
		}
		s.clock.advance(time.Minute)
		must(t, s.svc.RotateKeys(t.Context()))
		if n := len(s.svc.keys.Load().ids); n != 2 {
			t.Errorf("%d keys published, want the active and the retiring one", n)
		}
		fresh := s.tokens().AccessToken
		for name, token := range map[string]string{"of the retiring key": old, "of the new key": fresh} {
			verifyByJWKS(t, s, token)
			for _, svc := range []*Service{s.svc, replica} { // the replica has not heard of the new key yet
				if _, err := svc.VerifyToken(t.Context(), token); err != nil {
					t.Errorf("a token %s: %v", name, err)
				}
			}
		}
		s.clock.advance(retiringTTL + time.Second)
		must(t, s.svc.keepKeys(t.Context()))
		if n := len(s.svc.keys.Load().ids); n != 1 {
			t.Errorf("%d keys published after the retirement", n)
		}
		s.clock.advance(keyLifetime)
		must(t, s.svc.keepKeys(t.Context()))
		must(t, replica.keepKeys(t.Context()))
		if a, b := s.svc.keys.Load(), replica.keys.Load(); len(a.ids) != 2 || a.activeID != b.activeID {
			t.Errorf("after a key's life: %v and %v", a.ids, b.ids)
		}
	})
}

// TestUnknownKeyIDsDoNotReadTheDatabase sends many tokens with made-up key ids to a service whose database is gone.
func TestUnknownKeyIDsDoNotReadTheDatabase(t *testing.T) {
	s := lite(t)
	_, err := s.svc.publicKey(t.Context(), "kid_unknown")
	if portal.CodeOf(err) != portal.Internal {
		t.Fatal(err)
	}
	must(t, s.db.Write.Close())
	for range 50 {
		if _, err := s.svc.publicKey(t.Context(), "kid_unknown"); portal.CodeOf(err) == portal.Unavailable {
			t.Fatal("an unknown key id reached the database again")
		}
	}
	s.clock.advance(unknownKeyEvery)
	if _, err := s.svc.publicKey(t.Context(), "kid_unknown"); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("later: %v, want another look", err)
	}
}

func TestConfiguration(t *testing.T) {
	s := lite(t)
	w := s.get("/.well-known/openid-configuration")
	var c map[string]any
	must(t, json.Unmarshal(w.Body.Bytes(), &c))
	if w.Code != http.StatusOK || c["issuer"] != issuer || c["jwks_uri"] != issuer+"/.well-known/jwks.json" {
		t.Errorf("%d %v", w.Code, c)
	}
}
