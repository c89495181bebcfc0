package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/platform/problem"
)

const (
	issuer      = "http://localhost:8080"
	clientID    = "customer-portal"
	redirectURI = issuer + "/auth/callback"
	email       = "customer@demo.ghasi.test"
	password    = "portal-demo"
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
)

var (
	challenge = func() string {
		sum := sha256.Sum256([]byte(verifier))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}()
	passwordHash = hashPassword(password, 64, 1) // cheap: most tests are not about its cost
)

// clock is a hand-driven time.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// site is a Service with one customer, reached over HTTP by an exchange that is held to the contract.
type site struct {
	t       *testing.T
	db      *database.DB
	svc     *Service
	handler http.Handler
	clock   *clock
	page    SignInPage // the last one shown
	ip      string

	firebase Firebase // of services that are started from now on
}

func newSite(t *testing.T, open func(string) *database.DB) *site {
	t.Helper()
	db := open("platform")
	if err := db.Migrate(t.Context(), migrations.FS); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, db: db, clock: newClock(), ip: "203.0.113.7"}
	s.svc, s.handler = s.serve(db)
	tenant, err := CreateTenant(t.Context(), db.Write, "Pamir Logistics", s.clock.now())
	must(t, err)
	_, err = CreateUser(t.Context(), db.Write, NewUser{
		TenantID: tenant, Email: email, Name: "Ahmad Rahimi", Locale: "fa-AF", Roles: []string{"customer"}, PasswordHash: passwordHash,
	}, s.clock.now())
	must(t, err)
	return s
}

// serve starts a replica on db. opts change what is held to the contract.
func (s *site) serve(db *database.DB, opts ...contracttest.Option) (*Service, http.Handler) {
	s.t.Helper()
	svc, err := New(s.t.Context(), db, Options{
		Issuer: issuer, ClientID: clientID, RedirectURIs: []string{redirectURI}, Now: s.clock.now, Log: slog.New(slog.DiscardHandler),
		Firebase: s.firebase,
		SignIn: func(w http.ResponseWriter, _ *http.Request, status int, p SignInPage) {
			s.page = p
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<!doctype html>")
		},
	})
	must(s.t, err)
	mux := http.NewServeMux()
	svc.Register(mux)
	svc.RegisterSessions(mux, access.NewGuard(svc, nil, access.Limits{}, s.clock.now))
	return svc, contracttest.Handler(s.t, problem.Handler(slog.New(slog.DiscardHandler), mux), opts...)
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r.WithContext(access.WithClientIP(r.Context(), s.ip)))
	return w
}

func (s *site) get(target string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do(httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, target, nil))
}

func (s *site) post(path, contentType, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return s.do(r)
}

func (s *site) postForm(path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.post(path, "application/x-www-form-urlencoded", form.Encode())
}

func (s *site) postJSON(path string, v any) *httptest.ResponseRecorder {
	s.t.Helper()
	b, err := json.Marshal(v)
	must(s.t, err)
	return s.post(path, "application/json", string(b))
}

// query is a right authorize request; change overrides parameters, "" removes one.
func query(change ...string) url.Values {
	q := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirectURI}, "scope": {"openid"},
		"state": {"st-1"}, "nonce": {"no-1"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		q.Set(change[i], change[i+1])
		if change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return q
}

// open shows the sign-in page and returns its sealed request.
func (s *site) open() string {
	s.t.Helper()
	if w := s.get("/v1/auth/oidc/authorize?" + query().Encode()); w.Code != http.StatusOK || s.page.Request == "" {
		s.t.Fatalf("authorize: %d %s", w.Code, w.Body)
	}
	return s.page.Request
}

func (s *site) signIn(email, password string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.postForm(signInPath, url.Values{"request": {s.open()}, "email": {email}, "password": {password}})
}

// code signs in and returns the authorization code.
func (s *site) code() string {
	s.t.Helper()
	if w := s.signIn(email, password); w.Code != http.StatusOK || s.page.Continue == "" {
		s.t.Fatalf("sign in: %d, error %q", w.Code, s.page.ErrorKey)
	}
	u, err := url.Parse(s.page.Continue)
	must(s.t, err)
	return u.Query().Get("code")
}

// grant is what the token endpoint takes for a code.
func grant(code string, change ...string) url.Values {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}, "client_id": {clientID}, "code_verifier": {verifier},
	}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
		if change[i+1] == "" {
			form.Del(change[i])
		}
	}
	return form
}

// tokens signs in and trades the code.
func (s *site) tokens() tokenResponse {
	s.t.Helper()
	return s.pair(s.postForm("/v1/auth/oidc/token", grant(s.code())))
}

func (s *site) refresh(raw string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.postJSON("/v1/auth/refresh", map[string]string{"refreshToken": raw})
}

func (s *site) pair(w *httptest.ResponseRecorder) tokenResponse {
	s.t.Helper()
	var p tokenResponse
	if w.Code != http.StatusOK {
		s.t.Fatalf("no pair but %d %s", w.Code, w.Body)
	}
	must(s.t, json.Unmarshal(w.Body.Bytes(), &p))
	return p
}

func (s *site) wantStatus(w *httptest.ResponseRecorder, status int, what string) {
	s.t.Helper()
	if w.Code != status {
		s.t.Errorf("%s: status %d, want %d: %s", what, w.Code, status, w.Body)
	}
}

func (s *site) wantOAuth(w *httptest.ResponseRecorder, status int, code, what string) {
	s.t.Helper()
	var e oauthError
	_ = json.Unmarshal(w.Body.Bytes(), &e)
	if w.Code != status || e.Error != code {
		s.t.Errorf("%s: %d %q, want %d %q", what, w.Code, e.Error, status, code)
	}
}

func (s *site) count(query string) int {
	s.t.Helper()
	var n int
	must(s.t, s.db.Read.QueryRowContext(context.Background(), query).Scan(&n))
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
