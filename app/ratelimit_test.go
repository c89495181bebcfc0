package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRateLimited: whatever stands before the platform says when to come back, in seconds or as a date.
func TestRateLimited(t *testing.T) {
	for name, header := range map[string]func() string{
		"seconds": func() string { return "40" },
		"date":    func() string { return time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			kong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", header())
				w.WriteHeader(http.StatusTooManyRequests)
			}))
			defer kong.Close()
			cfg := settings(t.TempDir())
			cfg.PlatformURL = kong.URL
			s := start(t, cfg)
			p := newPerson(t, s)
			asked, err := url.Parse(p.get("/login/start?return=/messages").Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			back := p.get("/auth/callback?" + url.Values{"code": {"x"}, "state": {asked.Query().Get("state")}}.Encode())
			target := back.Header.Get("Location")
			if !strings.HasPrefix(target, "/login?reason=rate_limited&return=%2Fmessages&until=") {
				t.Fatalf("%s to %q", back.Status, target)
			}
			page := p.get(target)
			text := page.doc(t).Text("[data-countdown]")
			if !regexp.MustCompile(`Too many attempts\. Try again in (3[89]|40|41) seconds\.`).MatchString(text) {
				t.Errorf("the page says %q", text)
			}
			if page.StatusCode != http.StatusTooManyRequests || page.Header.Get("Retry-After") == "" {
				t.Errorf("%s, Retry-After %q", page.Status, page.Header.Get("Retry-After"))
			}
		})
	}
}
