package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/platform/problem"
)

const (
	providerClient = "ghasi-platform"
	providerSecret = "s3cret/with+signs"
)

// providerRSA are two keys of providers: the rightful one's and another's.
var providerRSA = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		keys[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return keys
})

// fakeProvider is an OpenID provider in the process. Its fields say what it does next.
type fakeProvider struct {
	t   *testing.T
	srv *httptest.Server
	now func() time.Time

	mu        sync.Mutex
	codes     map[string]url.Values       // the authorize request behind each code
	claims    func(jwt.MapClaims)         // spoils the id_token
	access    func(jwt.MapClaims)         // fills the access token
	sign      func(jwt.MapClaims) string  // signs the id_token, in place of the right way
	intercept map[string]http.HandlerFunc // by path
	calls     map[string]int
	info      map[string]any
	alive     bool // its session lives
	issuer    string
}

func newFakeProvider(t *testing.T, now func() time.Time) *fakeProvider {
	p := &fakeProvider{
		t: t, now: now, codes: map[string]url.Values{}, intercept: map[string]http.HandlerFunc{}, calls: map[string]int{}, alive: true,
	}
	p.srv = httptest.NewServer(p)
	p.issuer = p.srv.URL
	t.Cleanup(p.srv.Close)
	return p
}

func (p *fakeProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[r.URL.Path]++
	if f := p.intercept[r.URL.Path]; f != nil {
		f(w, r)
		return
	}
	u := p.srv.URL
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer(w, http.StatusOK, map[string]any{
			"issuer": p.issuer, "authorization_endpoint": u + "/authorize", "token_endpoint": u + "/token", "jwks_uri": u + "/jwks",
			"userinfo_endpoint": u + "/userinfo", "end_session_endpoint": u + "/logout", "revocation_endpoint": u + "/revoke",
		})
	case "/jwks":
		pub := providerRSA()[0].PublicKey
		answer(w, http.StatusOK, map[string]any{"keys": []jwk{
			{Kty: "EC", Kid: "ec"},
			{
				Kty: "RSA", Kid: "k1", Use: "sig", Alg: "RS256", N: base64.RawURLEncoding.EncodeToString(pub.N.Bytes()),
				E: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(pub.E)).Bytes()),
			},
		}})
	case "/token":
		p.token(w, r)
	case "/userinfo":
		answer(w, http.StatusOK, p.info)
	case "/logout":
		if r.PostFormValue("refresh_token") == "" {
			answer(w, http.StatusBadRequest, oauthError{"invalid_request", ""})
			return
		}
		p.alive = false
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (p *fakeProvider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id != url.QueryEscape(providerClient) || secret != url.QueryEscape(providerSecret) {
		answer(w, http.StatusUnauthorized, oauthError{"invalid_client", ""})
		return
	}
	nonce := ""
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		q, ok := p.codes[r.PostFormValue("code")]
		delete(p.codes, r.PostFormValue("code"))
		if !ok || !proves(r.PostFormValue("code_verifier"), q.Get("code_challenge")) || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") {
			answer(w, http.StatusBadRequest, oauthError{"invalid_grant", "Code not valid"})
			return
		}
		nonce = q.Get("nonce")
	case "refresh_token":
		if !p.alive || r.PostFormValue("refresh_token") != "upstream-refresh" {
			answer(w, http.StatusBadRequest, oauthError{"invalid_grant", "Session not active"})
			return
		}
	}
	access := jwt.MapClaims{"iss": p.issuer, "sub": "sub-1", "azp": providerClient, "exp": p.now().Add(time.Minute).Unix()}
	if p.access != nil {
		p.access(access)
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": p.signed(access), "refresh_token": "upstream-refresh", "id_token": p.idToken(nonce), "token_type": "Bearer",
	})
}

func (p *fakeProvider) idToken(nonce string) string {
	c := jwt.MapClaims{
		"iss": p.issuer, "aud": providerClient, "azp": providerClient, "sub": "sub-1", "iat": p.now().Unix(),
		"exp": p.now().Add(5 * time.Minute).Unix(), "email": "Maryam@Pamir.test", "email_verified": true, "name": "Maryam Noori",
		"tenant": []string{"Pamir Logistics"}, "locale": "fa", "realm_access": map[string]any{"roles": []string{"customer", "offline_access"}},
	}
	if nonce != "" {
		c["nonce"] = nonce
	}
	if p.claims != nil {
		p.claims(c)
	}
	if p.sign != nil {
		return p.sign(c)
	}
	return p.signed(c)
}

func (p *fakeProvider) signed(c jwt.MapClaims) string {
	return signWith(p.t, jwt.SigningMethodRS256, "k1", providerRSA()[0], c)
}

func signWith(t *testing.T, m jwt.SigningMethod, kid string, key any, c jwt.MapClaims) string {
	token := jwt.NewWithClaims(m, c)
	token.Header["kid"] = kid
	s, err := token.SignedString(key)
	if err != nil {
		t.Error(err)
	}
	return s
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// set changes the provider between requests.
func (p *fakeProvider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *fakeProvider) called(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// approve is what the provider sends the browser back with who signed in on its page.
func (p *fakeProvider) approve(authorize url.Values) url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := fmt.Sprintf("code-%d", len(p.calls)+len(p.codes))
	p.codes[code] = authorize
	return url.Values{"code": {code}, "state": {authorize.Get("state")}, "iss": {p.issuer}}
}

// brokered is a site whose people sign in at a fakeProvider.
type brokered struct {
	*site
	provider *fakeProvider
	options  BrokerOptions
	cookie   *http.Cookie
}

func newBrokered(t *testing.T, open func(string) *database.DB, change func(*BrokerOptions)) *brokered {
	t.Helper()
	s := &site{t: t, db: open("platform"), clock: newClock(), ip: "203.0.113.7"}
	must(t, s.db.Migrate(t.Context(), migrations.FS))
	p := newFakeProvider(t, s.clock.now)
	b := &brokered{site: s, provider: p, options: BrokerOptions{
		Issuer: p.srv.URL, ClientID: providerClient, ClientSecret: providerSecret, Scopes: []string{"openid", "email"},
		RolesClaim: "realm_access.roles", TenantClaim: "tenant", LocaleClaim: "locale", NameClaim: "name", EmailClaim: "email",
	}}
	if change != nil {
		change(&b.options)
	}
	_, err := CreateTenant(t.Context(), s.db.Write, "Pamir Logistics", s.clock.now())
	must(t, err)
	b.restart()
	return b
}

// restart makes the service anew, as another process would.
func (b *brokered) restart() {
	b.t.Helper()
	svc, err := New(b.t.Context(), b.db, Options{
		Issuer: issuer, ClientID: clientID, RedirectURIs: []string{redirectURI}, Now: b.clock.now, Log: slog.New(slog.DiscardHandler),
		Broker: &b.options,
		SignIn: func(w http.ResponseWriter, _ *http.Request, status int, p SignInPage) {
			b.page = p
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<!doctype html>")
		},
	})
	must(b.t, err)
	mux := http.NewServeMux()
	svc.Register(mux)
	b.svc, b.handler = svc, contracttest.Handler(b.t, problem.Handler(slog.New(slog.DiscardHandler), mux))
}

// begin goes to the provider and returns the query it was asked with, or the portal's when it was not.
func (b *brokered) begin(change ...string) url.Values {
	b.t.Helper()
	w := b.get("/v1/auth/oidc/authorize?" + query(change...).Encode())
	b.wantStatus(w, http.StatusFound, "authorize")
	for _, c := range w.Result().Cookies() {
		b.cookie = c
	}
	return location(b.t, w)
}

// comeBack is the browser on its way back from the provider; it returns the query that the portal gets.
func (b *brokered) comeBack(q url.Values) url.Values {
	b.t.Helper()
	w := b.returning(q)
	b.wantStatus(w, http.StatusFound, "callback")
	return location(b.t, w)
}

func (b *brokered) returning(q url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, brokerCallbackPath+"?"+q.Encode(), nil)
	if b.cookie != nil {
		r.AddCookie(&http.Cookie{Name: b.cookie.Name, Value: b.cookie.Value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r.WithContext(access.WithClientIP(r.Context(), b.ip)))
	return w
}

// signInThere goes the whole way and returns the portal's tokens.
func (b *brokered) signInThere() tokenResponse {
	b.t.Helper()
	back := b.comeBack(b.provider.approve(b.begin()))
	if back.Get("code") == "" || back.Get("state") != "st-1" || back.Get("iss") != issuer {
		b.t.Fatalf("the portal gets %v", back)
	}
	return b.pair(b.postForm("/v1/auth/oidc/token", grant(back.Get("code"))))
}

func location(t *testing.T, w *httptest.ResponseRecorder) url.Values {
	t.Helper()
	u, err := url.Parse(w.Header().Get("Location"))
	must(t, err)
	return u.Query()
}
