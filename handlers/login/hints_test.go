package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ghasi.io/portal/auth/authtest"
)

func TestStart_PassesHintsOn(t *testing.T) {
	s := newSite(t)
	q := s.start(t, "/login/start?login_hint=m%40pamir.test&kc_idp_hint=partner&other=x")
	if q.Get("login_hint") != "m@pamir.test" || q.Get("kc_idp_hint") != "partner" || q.Has("other") {
		t.Errorf("the auth-service is asked %v", q)
	}
	res := s.get("/login/start?login_hint=m%40pamir.test&kc_idp_hint=partner&return=%2Fmessages", host("127.0.0.1"))
	moved, err := url.Parse(res.Header.Get("Location"))
	if err != nil || moved.Host != "portal.test" || moved.Query().Get("login_hint") != "m@pamir.test" ||
		moved.Query().Get("kc_idp_hint") != "partner" || moved.Query().Get("return") != "/messages" {
		t.Errorf("moved to %s", moved)
	}
}

// TestCallback_AuthenticationExpired: a sign-in page left open too long begins again by itself, once.
func TestCallback_AuthenticationExpired(t *testing.T) {
	s := newSite(t)
	expire := func(asked url.Values) string {
		t.Helper()
		q := url.Values{
			"state": {asked.Get("state")}, "iss": {authtest.Issuer},
			"error": {"temporarily_unavailable"}, "error_description": {"authentication_expired"},
		}
		res := s.get("/auth/callback?"+q.Encode(), fromElsewhere)
		if res.Code != http.StatusSeeOther {
			t.Fatalf("callback: %d", res.Code)
		}
		return res.Header.Get("Location")
	}
	again := expire(s.start(t, "/login/start?return=%2Fmessages&login_hint=m%40pamir.test&kc_idp_hint=partner"))
	if !strings.HasPrefix(again, "/login/start?") {
		t.Fatalf("the first goes to %s", again)
	}
	asked := s.start(t, again)
	if asked.Get("login_hint") != "m@pamir.test" || asked.Get("kc_idp_hint") != "partner" {
		t.Errorf("begun again with %v", asked)
	}
	last := expire(asked)
	if last != "/login?reason=expired_state&return=%2Fmessages" {
		t.Errorf("the second goes to %s", last)
	}
	s.get(last).Doc().One(".alert")
}

// TestCallback_ProviderBusy: how long to wait comes through to the page.
func TestCallback_ProviderBusy(t *testing.T) {
	s := newSite(t)
	for word, status := range map[string]int{"rate_limited": http.StatusTooManyRequests, "": http.StatusServiceUnavailable} {
		q := url.Values{
			"state": {s.start(t, "/login/start").Get("state")}, "iss": {authtest.Issuer},
			"error": {"temporarily_unavailable"}, "error_description": {word}, "retry_after": {"30"},
		}
		page := s.get(s.get("/auth/callback?"+q.Encode(), fromElsewhere).Header.Get("Location"))
		if page.Code != status || page.Header.Get("Retry-After") != "30" {
			t.Errorf("%q: %d, Retry-After %q", word, page.Code, page.Header.Get("Retry-After"))
		}
	}
}
