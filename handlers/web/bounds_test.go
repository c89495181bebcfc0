package web_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/webtest"
)

func TestBounded(t *testing.T) {
	s := webtest.New(t)
	s.Engine.Use(s.Kit.Bounded)
	read := func(c *gin.Context) {
		_, err := io.ReadAll(c.Request.Body)
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			c.Status(http.StatusTeapot)
			return
		}
		c.Status(http.StatusNoContent)
	}
	s.Engine.POST("/page", read)
	s.Engine.POST("/v1/things", read)
	for name, tt := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"honest":       {func(*http.Request) {}, http.StatusNoContent},
		"long address": {func(r *http.Request) { r.RequestURI = "/page?" + strings.Repeat("a", web.MaxURL) }, http.StatusRequestURITooLong},
		"many headers": {func(r *http.Request) { r.Header.Set("Cookie", strings.Repeat("a", web.MaxHeaders)) }, http.StatusRequestHeaderFieldsTooLarge},
		"long body":    {func(r *http.Request) { r.ContentLength = web.MaxBody + 1 }, http.StatusRequestEntityTooLarge},
		"body without size": {func(r *http.Request) {
			r.ContentLength = -1
			r.Body = io.NopCloser(strings.NewReader(strings.Repeat("a", web.MaxBody+1)))
		}, http.StatusTeapot},
	} {
		for _, path := range []string{"/page", "/v1/things"} {
			r := httptest.NewRequest(http.MethodPost, path, nil)
			tt.change(r)
			w := httptest.NewRecorder()
			s.Engine.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("%s to %s: %d, want %d", name, path, w.Code, tt.want)
			}
			if w.Header().Get("Strict-Transport-Security") == "" {
				t.Errorf("%s to %s: no security headers", name, path)
			}
			if w.Code == tt.want && tt.want > 400 && tt.want != http.StatusTeapot {
				checkRefusal(t, path, w)
			}
		}
	}
}

// checkRefusal: a person gets a page, a program a problem document, and the connection ends.
func checkRefusal(t *testing.T, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Header().Get("Connection") != "close" {
		t.Errorf("%s: the rest of the request would be read", path)
	}
	if path == "/page" {
		if !strings.Contains(w.Body.String(), "<h1") {
			t.Errorf("%s: %s", path, w.Body)
		}
		return
	}
	var problem struct{ Status int }
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Status != w.Code {
		t.Errorf("%s: %v in %s", path, err, w.Body)
	}
}

func TestLimits_PerCaller(t *testing.T) {
	s := webtest.New(t)
	now := webtest.Now
	s.Kit.Now = func() time.Time { return now }
	ok := func(c *gin.Context) { c.Status(http.StatusNoContent) }
	s.Engine.GET("/ip", s.Kit.PerIP(web.Rate{PerSecond: 1, Burst: 3}), ok)
	s.Engine.GET("/user", s.Kit.PerUser(web.Rate{PerSecond: 0.5, Burst: 2}), ok)
	ask := func(path, peer, user string, want int) {
		t.Helper()
		s.User = &auth.User{ID: user, Roles: []string{"customer"}}
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		s.Engine.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s by %s from %s: %d, want %d", path, user, peer, w.Code, want)
		}
		if (w.Header().Get("Retry-After") != "") != (want == http.StatusTooManyRequests) {
			t.Errorf("%s: Retry-After %q with %d", path, w.Header().Get("Retry-After"), w.Code)
		}
	}
	for range 3 {
		ask("/ip", "203.0.113.7:1", "a", 204)
	}
	ask("/ip", "203.0.113.7:2", "b", 429)
	ask("/ip", "203.0.113.8:1", "a", 204)
	now = now.Add(time.Second)
	ask("/ip", "203.0.113.7:3", "a", 204)
	ask("/ip", "203.0.113.7:3", "a", 429)

	for i := range 3 {
		ask("/ip", "[2001:db8:1:2::"+string(rune('a'+i))+"]:1", "a", 204)
	}
	ask("/ip", "[2001:db8:1:2:ffff::1]:1", "a", 429) // the same subscriber's network
	ask("/ip", "[2001:db8:1:3::1]:1", "a", 204)

	ask("/user", "203.0.113.7:1", "a", 204)
	ask("/user", "203.0.113.8:1", "a", 204)
	ask("/user", "203.0.113.9:1", "a", 429)
	ask("/user", "203.0.113.9:1", "b", 204)
}
