// Package authtest is an auth-service and a browser for tests: single-use codes bound to PKCE, rotating refresh tokens
// whose reuse ends the session, a key set, cookies that keep to their paths; all in the process, on a clock that the
// test drives.
package authtest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

// What a service under test is told.
const (
	Issuer     = "https://auth.test"
	Audience   = "customer-portal"
	JWKSURL    = Issuer + "/.well-known/jwks.json"
	Origin     = "https://portal.test"
	Callback   = Origin + "/auth/callback"
	SessionKey = "first-session-key-0123456789abcdef"
)

// TokenLife is how long the access tokens of a [Platform] live.
const TokenLife = 15 * time.Minute

// Platform is the auth-service. Its fields say what happens next; change them in [Platform.Set] while requests run.
type Platform struct {
	Clock *Clock

	Fail     error         // what calls answer with, when set
	Stall    chan struct{} // refreshes wait until it is closed, when set
	Roles    []string
	Nonce    string // of the tokens; empty leaves it out
	KeyID    string // of the tokens
	KeySet   []string
	KeysDown bool

	Refreshes, KeyFetches int
	Revoked               []string
	Live                  map[string]bool // refresh tokens that may be used

	t      testing.TB
	mu     sync.Mutex
	codes  map[string]string // unused codes and their PKCE challenges
	serial int
}

// New returns a Platform whose people are customers.
func New(t testing.TB) *Platform {
	return &Platform{
		Clock: newClock(), Roles: []string{"customer"}, KeyID: "k0", KeySet: []string{"k0"},
		Live: map[string]bool{}, t: t, codes: map[string]string{},
	}
}

// Set changes fields while requests run.
func (p *Platform) Set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// Get reads fields while requests run.
func Get[T any](p *Platform, read func() T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	return read()
}

// AuthorizeURL implements auth.API.
func (p *Platform) AuthorizeURL(redirectURI, state, nonce, challenge, locale string) string {
	return Issuer + "/v1/auth/oidc/authorize?" + url.Values{
		"redirect_uri": {redirectURI}, "state": {state}, "nonce": {nonce}, "code_challenge": {challenge}, "ui_locales": {locale},
	}.Encode()
}

// Approve is what the auth-service answers a person with who gave the right password: the callback's query.
func (p *Platform) Approve(authorize url.Values) url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serial++
	code := fmt.Sprintf("code-%d", p.serial)
	p.codes[code] = authorize.Get("code_challenge")
	return url.Values{"code": {code}, "state": {authorize.Get("state")}, "iss": {Issuer}}
}

// ExchangeCode implements auth.API.
func (p *Platform) ExchangeCode(_ context.Context, code, verifier, redirectURI string) (client.TokenPair, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Fail != nil {
		return client.TokenPair{}, p.Fail
	}
	challenge, ok := p.codes[code]
	delete(p.codes, code)
	sum := sha256.Sum256([]byte(verifier))
	if !ok || redirectURI != Callback || len(verifier) < 43 || len(verifier) > 128 ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != challenge {
		return client.TokenPair{}, portal.Fail(portal.Unauthenticated, errors.New("invalid_grant"))
	}
	return p.pair(), nil
}

// Refresh implements auth.API. A token that was used before ends every session, as at the real one its family.
func (p *Platform) Refresh(ctx context.Context, token string) (client.TokenPair, error) {
	p.mu.Lock()
	p.Refreshes++
	stall := p.Stall
	p.mu.Unlock()
	if stall != nil {
		<-stall
	}
	if err := ctx.Err(); err != nil {
		return client.TokenPair{}, portal.Fail(portal.Unavailable, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Fail != nil {
		return client.TokenPair{}, p.Fail
	}
	if !p.Live[token] {
		clear(p.Live)
		return client.TokenPair{}, portal.Fail(portal.Unauthenticated, errors.New("refresh token reused"))
	}
	delete(p.Live, token)
	return p.pair(), nil
}

// Firebase implements auth.API: the token "firebase-token" is good, "firebase-stranger" is of no account.
func (p *Platform) Firebase(_ context.Context, idToken string) (client.TokenPair, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.Fail != nil:
		return client.TokenPair{}, p.Fail
	case idToken == "firebase-stranger":
		return client.TokenPair{}, portal.Fail(portal.Forbidden, errors.New("no account"))
	case idToken != "firebase-token":
		return client.TokenPair{}, portal.Fail(portal.Unauthenticated, errors.New("bad token"))
	}
	return p.pair(), nil
}

// Logout implements auth.API.
func (p *Platform) Logout(_ context.Context, token string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Fail != nil {
		return p.Fail
	}
	p.Revoked = append(p.Revoked, token)
	delete(p.Live, token)
	return nil
}

func (p *Platform) pair() client.TokenPair {
	p.serial++
	refresh := fmt.Sprintf("refresh-%d", p.serial)
	p.Live[refresh] = true
	return client.TokenPair{AccessToken: p.Token(nil), RefreshToken: refresh, ExpiresIn: int(TokenLife.Seconds())}
}

// Token signs a token with good claims, which change may spoil. No two are the same.
func (p *Platform) Token(change func(jwt.MapClaims)) string {
	p.serial++
	now := p.Clock.Now()
	c := jwt.MapClaims{
		"iss": Issuer, "aud": Audience, "sub": "usr_1", "tenant_id": "ten_1", "tenant_name": "Pamir Logistics",
		"roles": p.Roles, "email": "customer@demo.ghasi.test", "name": "Maryam", "locale": "fa-AF",
		"iat": now.Unix(), "exp": now.Add(TokenLife).Unix(), "jti": strconv.Itoa(p.serial),
	}
	if p.Nonce != "" {
		c["nonce"] = p.Nonce
	}
	if change != nil {
		change(c)
	}
	return Sign(p.t, jwt.SigningMethodRS256, p.KeyID, Keys()[0], c)
}

// RoundTrip serves the key set, as an http.RoundTripper.
func (p *Platform) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.KeyFetches++
	if p.KeysDown {
		return nil, errors.New("connection refused")
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	pub := Keys()[0].PublicKey
	for _, id := range p.KeySet {
		set.Keys = append(set.Keys, map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
			"n": base64.RawURLEncoding.EncodeToString(pub.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(pub.E)).Bytes()),
		})
	}
	w := httptest.NewRecorder()
	if err := json.NewEncoder(w).Encode(set); err != nil {
		return nil, err
	}
	return w.Result(), nil
}
