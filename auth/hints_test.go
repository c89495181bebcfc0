package auth

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/auth/authtest"
)

func (b browser) setOut(t *testing.T, s *Service, o SetOut) url.Values {
	t.Helper()
	w := httptest.NewRecorder()
	target, err := s.Begin(w, o)
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

func TestBegin_Hints(t *testing.T) {
	s := newTestService(t, authtest.New(t))
	for _, tc := range []struct{ hint, want string }{
		{"m@pamir.test", "m@pamir.test"}, {"a&state=x", "a&state=x"}, {"", ""}, {"a\r\nb", ""}, {"مریم", ""},
		{strings.Repeat("x", 254), strings.Repeat("x", 254)}, {strings.Repeat("x", 255), ""},
	} {
		q := newBrowser().setOut(t, s, SetOut{Hints: Hints{Login: tc.hint, IdentityProvider: tc.hint}})
		if q.Get("login_hint") != tc.want || q.Get("kc_idp_hint") != tc.want || len(q["state"]) != 1 {
			t.Errorf("%q: %v", tc.hint, q)
		}
	}
}

// TestComplete_AuthenticationExpired: the first one begins again by itself, the second one explains.
func TestComplete_AuthenticationExpired(t *testing.T) {
	s, b := newTestService(t, authtest.New(t)), newBrowser()
	o := SetOut{ReturnTo: "/messages", Hints: Hints{Login: "m@pamir.test", IdentityProvider: "partner"}}
	expired := func(state string) *Failure {
		t.Helper()
		_, err := b.complete(s, url.Values{
			"state": {state}, "error": {"temporarily_unavailable"}, "error_description": {"authentication_expired"},
		})
		f, ok := err.(*Failure) //nolint:errorlint // Complete says that it is one
		if !ok || f.Reason != ReasonExpiredState || f.ReturnTo != "/messages" {
			t.Fatalf("got %v", err)
		}
		return f
	}
	f := expired(b.setOut(t, s, o).Get("state"))
	if !f.Restart || f.Hints != o.Hints {
		t.Errorf("the first: %+v", f)
	}
	o.Again = true
	if f := expired(b.setOut(t, s, o).Get("state")); f.Restart {
		t.Error("it goes round and round")
	}
}

func TestComplete_ProviderBusy(t *testing.T) {
	s, b := newTestService(t, authtest.New(t)), newBrowser()
	for _, tc := range []struct {
		word, wait string
		reason     Reason
		after      time.Duration
	}{
		{"rate_limited", "30", ReasonRateLimited, 30 * time.Second},
		{"rate_limited", "-1", ReasonRateLimited, 0},
		{"rate_limited", "999999999", ReasonRateLimited, 0},
		{"", "7", ReasonUnavailable, 7 * time.Second},
		{"", "", ReasonUnavailable, 0},
	} {
		_, err := b.complete(s, url.Values{
			"state": {b.setOut(t, s, SetOut{}).Get("state")}, "error": {"temporarily_unavailable"},
			"error_description": {tc.word}, "retry_after": {tc.wait},
		})
		f, ok := err.(*Failure) //nolint:errorlint // Complete says that it is one
		if !ok || f.Reason != tc.reason || f.RetryAfter != tc.after || f.Detail != "" {
			t.Errorf("%+v: got %v", tc, err)
		}
	}
}
