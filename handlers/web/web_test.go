package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// failing registers a page that fails with err and captures the log.
func failing(t *testing.T, err error) (*webtest.Site, *bytes.Buffer) {
	t.Helper()
	s := webtest.New(t)
	var log bytes.Buffer
	s.Kit.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.Engine.Use(s.Kit.Logged)
	s.Engine.GET("/page", s.Kit.Handle(func(*gin.Context) error { return err }))
	s.Engine.POST("/page", s.Kit.Handle(func(*gin.Context) error { return err }))
	return s, &log
}

func TestError_StatusAndWords(t *testing.T) {
	secret := errors.New("dial tcp 10.1.2.3: s3cret")
	for code, want := range map[portal.Code]int{
		portal.Invalid: 422, portal.Forbidden: 403, portal.NotFound: 404, portal.Conflict: 409, portal.TooLarge: 413,
		portal.RateLimited: 429, portal.Unavailable: 503, portal.Internal: 500, portal.PaymentRequired: 402,
	} {
		for _, locale := range []string{"en", "fa-AF", "ps", "ar"} {
			s, log := failing(t, fmt.Errorf("do: %w", &portal.Error{Code: code, Err: secret, RetryAfter: 1500 * time.Millisecond}))
			res := s.Get("/page", webtest.Locale(locale))
			if res.Code != want {
				t.Errorf("%s: status %d, want %d", code, res.Code, want)
			}
			if res.Header.Get("Retry-After") != "2" {
				t.Errorf("%s: Retry-After %q, want 2 (rounded up)", code, res.Header.Get("Retry-After"))
			}
			doc := res.Doc()
			if doc.Text("h1") == "" || doc.Attr("html", "lang") != locale {
				t.Errorf("%s: no heading in %s", code, locale)
			}
			if strings.Contains(res.Body, "s3cret") {
				t.Errorf("%s: the cause is on the page", code)
			}
			if !strings.Contains(log.String(), "s3cret") {
				t.Errorf("%s: the cause is not in the log: %s", code, log)
			}
			if id := res.Header.Get("X-Request-Id"); id == "" || !strings.Contains(log.String(), id) {
				t.Errorf("%s: request id %q is not in the log", code, id)
			}
		}
	}
}

func TestError_ForeignErrorIsInternal(t *testing.T) {
	s, _ := failing(t, errors.New("boom"))
	if res := s.Get("/page"); res.Code != 500 || strings.Contains(res.Body, "boom") {
		t.Errorf("status %d", res.Code)
	}
}

func TestError_PartialGoesToAlerts(t *testing.T) {
	s, _ := failing(t, portal.Fail(portal.Unavailable, errors.New("x")))
	res := s.Get("/page", webtest.HTMX())
	if res.Code != 503 || res.Header.Get("HX-Retarget") != "#alerts" || res.Header.Get("HX-Reswap") != "innerHTML" {
		t.Errorf("status %d, headers %v", res.Code, res.Header)
	}
	if strings.Contains(res.Body, "<html") {
		t.Error("a whole page for a fragment")
	}
	if !strings.Contains(res.Body, res.Header.Get("X-Request-Id")) {
		t.Error("the alert does not show the request id")
	}
}

func TestError_UnauthenticatedGoesToSignIn(t *testing.T) {
	s, _ := failing(t, portal.Fail(portal.Unauthenticated, nil))
	res := s.Get("/page?a=1")
	if want := "/login?reason=session_expired&return=%2Fpage%3Fa%3D1"; res.Code != 303 || res.Header.Get("Location") != want {
		t.Errorf("page: %d %q, want %q", res.Code, res.Header.Get("Location"), want)
	}
	res = s.Post("/page", nil, webtest.HTMX(), webtest.Header("HX-Current-URL", "http://example.com/messages?x=1"))
	if want := "/login?reason=session_expired&return=%2Fmessages%3Fx%3D1"; res.Code != 401 || res.Header.Get("HX-Redirect") != want {
		t.Errorf("htmx: %d %q, want %q", res.Code, res.Header.Get("HX-Redirect"), want)
	}
	res = s.Post("/page", nil, webtest.Header("Referer", "https://evil.test/x"))
	if want := "/login?reason=session_expired&return=%2Fdashboard"; res.Header.Get("Location") != want {
		t.Errorf("foreign referer: %q, want %q", res.Header.Get("Location"), want)
	}
}

func TestError_BrowserWentAway(t *testing.T) {
	s, _ := failing(t, context.Canceled)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := httptest.NewRecorder()
	s.Engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/page", nil).WithContext(ctx))
	if w.Code != 499 || w.Body.Len() != 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}

func TestRecovered(t *testing.T) {
	s := webtest.New(t)
	var log bytes.Buffer
	s.Kit.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.Engine.GET("/page", func(*gin.Context) { panic("kaboom") })
	res := s.Get("/page")
	if res.Code != 500 || strings.Contains(res.Body, "kaboom") || !strings.Contains(log.String(), "kaboom") {
		t.Errorf("status %d, log %s", res.Code, &log)
	}
	if res.Header.Get("Content-Security-Policy") == "" {
		t.Error("a panic's page lacks the headers")
	}
}

func TestForm_Bounds(t *testing.T) {
	s := webtest.New(t)
	s.Engine.POST("/page", s.Kit.Handle(func(c *gin.Context) error {
		_, err := web.Form(c)
		return err
	}))
	for name, c := range map[string]struct {
		form url.Values
		want int
	}{
		"fine":      {url.Values{"a": {"سلام"}}, 200},
		"too large": {url.Values{"a": {strings.Repeat("a", web.MaxForm)}}, 413},
		"NUL":       {url.Values{"a": {"x\x00y"}}, 422},
		"not UTF-8": {url.Values{"a": {"\xff"}}, 422},
		"NUL name":  {url.Values{"a\x00": {"x"}}, 422},
	} {
		if res := s.Post("/page", c.form); res.Code != c.want {
			t.Errorf("%s: %d, want %d", name, res.Code, c.want)
		}
	}
}

func TestQuery_Bounds(t *testing.T) {
	s := webtest.New(t)
	s.Engine.GET("/page", s.Kit.Handle(func(c *gin.Context) error {
		_, err := web.Query(c)
		return err
	}))
	for path, want := range map[string]int{
		"/page?a=%D8%A7": 200, "/page?a=%00": 422, "/page?a=%ff": 422, "/page?a=%zz": 422, "/page?a;b": 422,
		"/page?a=" + strings.Repeat("a", web.MaxQuery): 413,
	} {
		if res := s.Get(path); res.Code != want {
			t.Errorf("%.40s: %d, want %d", path, res.Code, want)
		}
	}
}

func TestHeaders_PlainAndTLS(t *testing.T) {
	s := webtest.New(t)
	seen := map[string]bool{}
	for range 3 {
		res := s.Get("/nowhere")
		csp := res.Header.Get("Content-Security-Policy")
		nonce := between(csp, "'nonce-", "'")
		if len(nonce) < 22 || seen[nonce] { // 128 bits in base64
			t.Fatalf("nonce %q", nonce)
		}
		seen[nonce] = true
		for _, directive := range []string{
			"default-src 'self'", "script-src 'self' 'nonce-" + nonce + "'", "style-src 'self' 'nonce-" + nonce + "'",
			"img-src 'self' data: https:", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'self'",
			"form-action 'self'", "object-src 'none'", "require-trusted-types-for 'script'", "trusted-types ghasi-portal",
		} {
			if !strings.Contains(csp, directive) {
				t.Errorf("policy lacks %s", directive)
			}
		}
		if strings.Contains(csp, "upgrade-insecure-requests") || strings.Contains(csp, "unsafe") {
			t.Errorf("policy over plain HTTP: %s", csp)
		}
		for name, want := range map[string]string{
			"Strict-Transport-Security":    "max-age=31536000; includeSubDomains; preload",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "strict-origin-when-cross-origin",
			"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), interest-cohort=()",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Embedder-Policy": "require-corp",
			"Cross-Origin-Resource-Policy": "same-site",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if ro := res.Header.Get("Content-Security-Policy-Report-Only"); !strings.Contains(ro, "report-uri /csp-report") || !strings.Contains(ro, nonce) {
			t.Errorf("mirror: %s", ro)
		}
	}
}

func TestHeaders_BehindTrustedProxy(t *testing.T) {
	for trusted, want := range map[bool]bool{true: true, false: false} {
		gin.SetMode(gin.TestMode)
		r := gin.New()
		r.Use(web.NewHeaders(web.HeaderOptions{Trusted: func(*http.Request) bool { return trusted }}).Set)
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if got := strings.Contains(w.Header().Get("Content-Security-Policy"), "upgrade-insecure-requests"); got != want {
			t.Errorf("trusted %v: upgrade-insecure-requests %v", trusted, got)
		}
	}
}

func TestHeaders_ReportOnly(t *testing.T) {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.Use(web.NewHeaders(web.HeaderOptions{ReportOnly: true}).Set)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Header().Get("Content-Security-Policy") != "" || w.Header().Get("Content-Security-Policy-Report-Only") == "" {
		t.Errorf("headers %v", w.Header())
	}
}

func TestSameOrigin(t *testing.T) {
	s := webtest.New(t)
	s.Engine.Use(s.Kit.SameOrigin())
	s.Engine.POST("/page", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	for site, want := range map[string]int{"same-origin": 204, "none": 204, "cross-site": 403, "same-site": 403} {
		if res := s.Post("/page", nil, webtest.Header("Sec-Fetch-Site", site)); res.Code != want {
			t.Errorf("%s: %d, want %d", site, res.Code, want)
		}
	}
	if res := s.Post("/page", nil, webtest.Header("Origin", "https://evil.test")); res.Code != 403 {
		t.Errorf("foreign origin: %d", res.Code)
	}
}

func TestToast_OnceAfterRedirect(t *testing.T) {
	s := webtest.New(t)
	s.Engine.POST("/page", s.Kit.Handle(func(c *gin.Context) error {
		s.Kit.Toast(c, "Kept <b>safe</b>.")
		return web.SeeOther(c, "/page")
	}))
	res := s.Post("/page", nil)
	if res.Code != 303 || len(res.Cookies) != 1 {
		t.Fatalf("%d, cookies %v", res.Code, res.Cookies)
	}
	flash := res.Cookies[0]
	if !flash.HttpOnly || !flash.Secure || flash.SameSite != http.SameSiteStrictMode {
		t.Errorf("cookie %+v", flash)
	}
	shown := s.Get("/nowhere", webtest.Header("Cookie", flash.Name+"="+flash.Value))
	if !strings.Contains(shown.Body, "Kept &lt;b&gt;safe&lt;/b&gt;.") {
		// the 404 page of nowhere is gin's own here, so ask a page of ours
		s.Engine.GET("/other", s.Kit.Handle(func(*gin.Context) error { return portal.Fail(portal.NotFound, nil) }))
		shown = s.Get("/other", webtest.Header("Cookie", flash.Name+"="+flash.Value))
		if !strings.Contains(shown.Body, "Kept &lt;b&gt;safe&lt;/b&gt;.") {
			t.Error("the toast is not shown")
		}
	}
	if len(shown.Cookies) != 1 || shown.Cookies[0].MaxAge >= 0 {
		t.Errorf("the toast is kept: %v", shown.Cookies)
	}
	forged := s.Get("/other", webtest.Header("Cookie", flash.Name+"=SGFja2Vk."+strings.Repeat("A", 43)))
	if strings.Contains(forged.Body, "Hacked") {
		t.Error("a forged toast is shown")
	}
}

func TestNavigation_ByRole(t *testing.T) {
	s := webtest.New(t)
	s.Engine.GET("/messages/x", s.Kit.Handle(func(*gin.Context) error { return portal.Fail(portal.NotFound, nil) }))
	doc := s.Get("/messages/x").Doc()
	if got := doc.Attr(`nav a[aria-current="page"]`, "href"); got != "/messages" {
		t.Errorf("current page %q", got)
	}
	s.User = &auth.User{ID: "usr_s", Email: "tam@demo.ghasi.test", Roles: []string{"tam"}}
	if n := len(s.Get("/messages/x").Doc().All(`nav a[href="/messages"]`)); n != 0 {
		t.Error("staff see a customer's pages in the navigation")
	}
}

func between(s, start, end string) string {
	_, rest, _ := strings.Cut(s, start)
	found, _, _ := strings.Cut(rest, end)
	return found
}
