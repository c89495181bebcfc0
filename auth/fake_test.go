package auth

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"ghasi.io/portal/auth/authtest"
)

// newTestService returns a Service against p. keys default to the one of authtest.
func newTestService(t testing.TB, p *authtest.Platform, keys ...string) *Service {
	t.Helper()
	if len(keys) == 0 {
		keys = []string{authtest.SessionKey}
	}
	s, err := New(Options{
		API: p, JWKSURL: authtest.JWKSURL, Issuer: authtest.Issuer, Audience: authtest.Audience,
		HTTPClient: &http.Client{Transport: p}, SessionKeys: keys, RedirectURI: authtest.Callback,
		Now: p.Clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// browser is a browser at the service.
type browser struct{ *authtest.Browser }

func newBrowser() browser { return browser{authtest.NewBrowser()} }

// begin starts a sign-in and returns the query that the auth-service was asked with.
func (b browser) begin(t testing.TB, s *Service, returnTo string) url.Values {
	t.Helper()
	w := httptest.NewRecorder()
	target, err := s.Begin(w, SetOut{ReturnTo: returnTo, Locale: "ps"})
	if err != nil {
		t.Fatal(err)
	}
	b.Take(w.Result().Cookies())
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func (b browser) complete(s *Service, q url.Values) (*SignedIn, error) {
	w := httptest.NewRecorder()
	in, err := s.Complete(w, b.Request(http.MethodGet, "/auth/callback?"+q.Encode()))
	b.Take(w.Result().Cookies())
	return in, err
}

// signIn does a whole sign-in.
func (b browser) signIn(t testing.TB, s *Service, p *authtest.Platform) *SignedIn {
	t.Helper()
	in, err := b.complete(s, p.Approve(b.begin(t, s, "/messages?status=failed")))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// visit authenticates one request of the browser.
func (b browser) visit(s *Service) (*User, error) {
	w := httptest.NewRecorder()
	r, err := s.Authenticate(w, b.Request(http.MethodGet, "/messages"))
	b.Take(w.Result().Cookies())
	return UserFrom(r.Context()), err
}

func reasonOf(err error) Reason {
	var f *Failure
	if errors.As(err, &f) {
		return f.Reason
	}
	return "no failure"
}
