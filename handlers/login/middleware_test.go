package login

import (
	"net/http"
	"testing"
	"time"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/auth/authtest"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

func TestMiddleware_RefreshIsNotNoticed(t *testing.T) {
	s := newSite(t)
	s.signIn(t)
	for _, visit := range []func() *webtest.Response{
		func() *webtest.Response { return s.get("/messages") },
		func() *webtest.Response { return s.post("/send-test") },
		func() *webtest.Response { return s.post("/send-test", webtest.HTMX()) },
		func() *webtest.Response { return s.get("/login?reason=signed_out") },
	} {
		before := s.b.Cookie(auth.CookieSession).Value
		s.platform.Clock.Add(authtest.TokenLife)
		if res := visit(); res.Code != http.StatusOK {
			t.Errorf("%d to %q", res.Code, res.Header.Get("Location"))
		}
		if s.b.Cookie(auth.CookieSession).Value == before {
			t.Error("no new session cookie")
		}
	}
	if s.platform.Refreshes != 4 {
		t.Errorf("%d refreshes", s.platform.Refreshes)
	}
}

func TestMiddleware_SessionEnded(t *testing.T) {
	s := newSite(t)
	s.signIn(t)
	signedIn := s.b
	tests := []struct {
		name   string
		visit  func() *webtest.Response
		status int
		header string
		want   string
	}{
		{"page", func() *webtest.Response { return s.get("/messages?status=failed") },
			http.StatusSeeOther, "Location", "/login?reason=session_expired&return=%2Fmessages%3Fstatus%3Dfailed"},
		{"form", func() *webtest.Response {
			return s.post("/send-test", webtest.Header("Referer", "http://portal.test/send-test"))
		}, http.StatusSeeOther, "Location", "/login?reason=session_expired&return=%2Fsend-test"},
		{"form of nowhere", func() *webtest.Response {
			return s.post("/send-test", webtest.Header("Referer", "https://evil.test/x"))
		},
			http.StatusSeeOther, "Location", "/login?reason=session_expired&return=%2Fdashboard"},
		{"htmx form", func() *webtest.Response {
			return s.post("/send-test", webtest.HTMX(), webtest.Header("HX-Current-URL", "http://portal.test/send-test?to=1"))
		}, http.StatusUnauthorized, "HX-Redirect", "/login?reason=session_expired&return=%2Fsend-test%3Fto%3D1"},
		{"htmx fragment", func() *webtest.Response {
			return s.get("/messages?cursor=abc", webtest.HTMX(), webtest.Header("HX-Current-URL", "http://portal.test/messages"))
		}, http.StatusUnauthorized, "HX-Redirect", "/login?reason=session_expired&return=%2Fmessages"},
		{"boosted link", func() *webtest.Response { return s.get("/messages", webtest.Header("HX-Request-Type", "full")) },
			http.StatusUnauthorized, "HX-Redirect", "/login?reason=session_expired&return=%2Fmessages"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.b = signedIn.Clone()
			clear(s.platform.Live)
			s.platform.Clock.Add(time.Hour)
			res := tt.visit()
			if res.Code != tt.status || res.Header.Get(tt.header) != tt.want {
				t.Errorf("%d, %s %q", res.Code, tt.header, res.Header.Get(tt.header))
			}
			if s.b.Cookie(auth.CookieSession) != nil || s.b.Cookie(auth.CookieRefresh) != nil {
				t.Errorf("cookies left: %v", s.b.Jar)
			}
		})
	}
}

func TestMiddleware_NeverSignedIn(t *testing.T) {
	s := newSite(t)
	to(t, s.get("/messages"), http.StatusSeeOther, "/login?return=%2Fmessages")
	to(t, s.get("/dashboard"), http.StatusSeeOther, "/login?return=%2Fdashboard")
	to(t, s.post("/send-test"), http.StatusSeeOther, "/login?reason=session_expired&return=%2Fdashboard")
	res := s.get("/messages", webtest.HTMX())
	if res.Code != http.StatusUnauthorized || res.Header.Get("HX-Redirect") != "/login?return=%2Fdashboard" {
		t.Errorf("%d, HX-Redirect %q", res.Code, res.Header.Get("HX-Redirect"))
	}
}

// TestMiddleware_PlatformRefuses: a session that looks good to us and not to the platform must not go in circles.
func TestMiddleware_PlatformRefuses(t *testing.T) {
	s := newSite(t)
	s.signIn(t)
	res := s.get("/refused")
	to(t, res, http.StatusSeeOther, "/login?reason=session_expired&return=%2Frefused")
	if page := s.get(res.Header.Get("Location")); page.Code != http.StatusOK {
		t.Errorf("%d to %q", page.Code, page.Header.Get("Location"))
	}
}

func TestMiddleware_AuthServiceDown(t *testing.T) {
	s := newSite(t)
	s.signIn(t)
	s.platform.Clock.Add(authtest.TokenLife - 30*time.Second)
	s.platform.Fail = portal.Fail(portal.Unavailable, nil)
	if res := s.get("/messages"); res.Code != http.StatusOK {
		t.Errorf("token still valid: %d", res.Code)
	}
	s.platform.Clock.Add(time.Hour)
	page := s.get("/messages")
	if page.Code != http.StatusServiceUnavailable || s.b.Cookie(auth.CookieRefresh) == nil {
		t.Errorf("token expired: %d, cookies %v", page.Code, s.b.Jar)
	}
	if page := s.get("/login"); page.Code != http.StatusOK {
		t.Errorf("sign-in page: %d", page.Code)
	}
	s.platform.Fail = &portal.Error{Code: portal.RateLimited, RetryAfter: 7 * time.Second}
	if res := s.get("/messages"); res.Code != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "7" {
		t.Errorf("rate limited: %d, Retry-After %q", res.Code, res.Header.Get("Retry-After"))
	}
	s.platform.Fail = nil
	if res := s.get("/messages"); res.Code != http.StatusOK {
		t.Errorf("over: %d", res.Code)
	}
}
