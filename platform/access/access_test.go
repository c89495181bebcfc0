package access

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// fakes answers for both verifiers: token or key → principal.
type fakes map[string]Principal

func (f fakes) VerifyToken(_ context.Context, token string) (Principal, error) {
	if token == "down" {
		return Principal{}, portal.Fail(portal.Unavailable, errors.New("no database"))
	}
	if p, ok := f[token]; ok {
		return p, nil
	}
	return Principal{}, portal.Fail(portal.Unauthenticated, nil)
}

func (f fakes) VerifyKey(ctx context.Context, raw, ip string) (Principal, error) {
	p, err := f.VerifyToken(ctx, raw)
	p.Email = ip // so that a test sees it
	return p, err
}

var callers = fakes{
	"person":      {TenantID: "ten_1", UserID: "usr_1", Roles: []string{"customer"}},
	"tam":         {UserID: "usr_2", Roles: []string{"tam"}},
	"tam-at-one":  {TenantID: "ten_1", UserID: "usr_3", Roles: []string{"tam"}},
	"norole":      {TenantID: "ten_1", UserID: "usr_4"},
	"rootless":    {UserID: "usr_5", Roles: []string{"customer"}},
	"ghasi_send":  {TenantID: "ten_1", KeyID: "key_1", Scopes: []portal.Scope{portal.ScopeSMSSend}},
	"ghasi_read":  {TenantID: "ten_1", KeyID: "key_2", Scopes: []portal.Scope{portal.ScopeSMSRead}},
	"ghasi_none":  {TenantID: "ten_1", KeyID: "key_3"},
	"ghasi_roles": {TenantID: "ten_1", KeyID: "key_4", Roles: []string{"customer"}},
}

type site struct {
	now  time.Time
	mux  *http.ServeMux
	seen Principal
}

func newSite(limits Limits) *site {
	s := &site{now: time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC), mux: http.NewServeMux()}
	g := NewGuard(callers, callers, limits, func() time.Time { return s.now })
	ok := func(w http.ResponseWriter, r *http.Request) {
		s.seen, _ = From(r.Context())
		w.WriteHeader(http.StatusNoContent)
	}
	s.mux.Handle("/send", g.Require(portal.ScopeSMSSend, ok))
	s.mux.Handle("/keys", g.RequireUser(ok))
	return s
}

func (s *site) do(t *testing.T, method, path string, authorization ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.RemoteAddr = "[::ffff:203.0.113.7]:1234"
	r.Header["Authorization"] = authorization
	w := httptest.NewRecorder()
	problem.Handler(slog.New(slog.DiscardHandler), s.mux).ServeHTTP(w, r)
	return w
}

func TestGuard(t *testing.T) {
	s := newSite(Limits{})
	for _, tc := range []struct {
		path, authorization string
		status              int
		challenge           string
	}{
		{"/send", "Bearer person", 204, ""},
		{"/send", "bearer person", 204, ""},
		{"/send", "Bearer ghasi_send", 204, ""},
		{"/send", "Bearer ghasi_read", 403, `Bearer error="insufficient_scope", scope="sms:send"`},
		{"/send", "Bearer ghasi_none", 403, `Bearer error="insufficient_scope", scope="sms:send"`},
		{"/send", "Bearer ghasi_roles", 403, `Bearer error="insufficient_scope", scope="sms:send"`},
		{"/send", "Bearer tam", 403, ""},
		{"/send", "Bearer tam-at-one", 403, ""},
		{"/send", "Bearer norole", 403, ""},
		{"/send", "Bearer rootless", 403, ""},
		{"/send", "Bearer unknown", 401, `Bearer error="invalid_token"`},
		{"/send", "Bearer ghasi_unknown", 401, `Bearer error="invalid_token"`},
		{"/send", "Bearer ", 401, `Bearer error="invalid_token"`},
		{"/send", "Basic cGVyc29uOng=", 401, `Bearer error="invalid_token"`},
		{"/send", "person", 401, `Bearer error="invalid_token"`},
		{"/send", "Bearer down", 503, ""},
		{"/keys", "Bearer person", 204, ""},
		{"/keys", "Bearer ghasi_send", 403, `Bearer error="insufficient_scope"`},
		{"/keys", "Bearer ghasi_roles", 403, `Bearer error="insufficient_scope"`},
		{"/keys", "Bearer tam", 403, ""},
		{"/keys", "Bearer norole", 403, ""},
		{"/keys", "Bearer rootless", 403, ""},
	} {
		w := s.do(t, http.MethodGet, tc.path, tc.authorization)
		if w.Code != tc.status || w.Header().Get("WWW-Authenticate") != tc.challenge {
			t.Errorf("%s as %q: %d, WWW-Authenticate %q", tc.path, tc.authorization, w.Code, w.Header().Get("WWW-Authenticate"))
		}
	}
	if w := s.do(t, http.MethodGet, "/send"); w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("nobody: %d %q", w.Code, w.Header().Get("WWW-Authenticate"))
	}
	if w := s.do(t, http.MethodGet, "/send", "Bearer person", "Bearer ghasi_send"); w.Code != 401 {
		t.Errorf("two headers: %d", w.Code)
	}
	s.do(t, http.MethodGet, "/send", "Bearer ghasi_send")
	if s.seen.KeyID != "key_1" || s.seen.Email != "203.0.113.7" {
		t.Errorf("the handler saw %+v", s.seen)
	}
	if _, ok := From(t.Context()); ok {
		t.Error("a principal from nowhere")
	}
}

func TestLimits(t *testing.T) {
	s := newSite(Limits{KeyRate: 2, KeyBurst: 3, WriteRate: 1, WriteBurst: 1, ReadRate: 1, ReadBurst: 2})
	want := func(status int, method, path, caller string) {
		t.Helper()
		w := s.do(t, method, path, "Bearer "+caller)
		if w.Code != status {
			t.Errorf("%s %s as %s: %d, want %d", method, path, caller, w.Code, status)
		}
		if after, _ := strconv.Atoi(w.Header().Get("Retry-After")); status == 429 && after != 1 {
			t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
		}
	}
	for range 3 {
		want(204, "POST", "/send", "ghasi_send")
	}
	want(429, "POST", "/send", "ghasi_send")
	want(403, "POST", "/send", "ghasi_none") // another key's bucket
	want(204, "GET", "/keys", "person")
	want(204, "GET", "/keys", "person")
	want(429, "GET", "/keys", "person")
	want(204, "POST", "/keys", "person") // writes have their own
	want(429, "POST", "/keys", "person")
	s.now = s.now.Add(500 * time.Millisecond)
	want(204, "POST", "/send", "ghasi_send")
	want(429, "POST", "/send", "ghasi_send")
	s.now = s.now.Add(-time.Hour) // a clock that goes back gives nothing, and takes nothing for ever
	want(429, "POST", "/send", "ghasi_send")
	s.now = s.now.Add(500 * time.Millisecond)
	want(204, "POST", "/send", "ghasi_send")
}

func TestLimiterForgets(t *testing.T) {
	now := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	l := newLimiter(1, 10, func() time.Time { return now })
	for i := range 1000 {
		l.take("key_" + strconv.Itoa(i))
	}
	now = now.Add(2 * sweepEvery)
	l.take("key_x")
	if len(l.buckets) != 1 {
		t.Errorf("%d buckets are kept", len(l.buckets))
	}
}

func TestClientIP(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	for remote, want := range map[string]string{
		"203.0.113.7:80": "203.0.113.7", "[2001:db8::1%eth0]:80": "2001:db8::1", "[::ffff:203.0.113.7]:80": "203.0.113.7", "@": "", "": "",
	} {
		r.RemoteAddr = remote
		if got := ClientIP(r); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
	r.RemoteAddr = "127.0.0.1:80"
	for given, want := range map[string]string{"203.0.113.9": "203.0.113.9", "rubbish\n": ""} {
		if got := ClientIP(r.WithContext(WithClientIP(r.Context(), given))); got != want {
			t.Errorf("given %q: %q", given, got)
		}
	}
}
