package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/config"
)

// sentry is a Sentry that keeps what it is sent.
type sentry struct {
	*httptest.Server
	mu   sync.Mutex
	sent []string
}

func newSentry(t *testing.T) *sentry {
	t.Helper()
	s := &sentry{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sent = append(s.sent, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sentry) dsn() string { return strings.Replace(s.URL, "http://", "http://public@", 1) + "/5" }

// got waits until one event holds all the parts.
func (s *sentry) got(t *testing.T, parts ...string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		for _, event := range s.sent {
			found := 0
			for _, p := range parts {
				if strings.Contains(event, p) {
					found++
				}
			}
			if found == len(parts) {
				s.mu.Unlock()
				return
			}
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Errorf("Sentry has no event with %q; it has %d:\n%s", parts, len(s.sent), strings.Join(s.sent, "\n"))
}

// tampering is a proxy before the portal that changes one kind of asset on the way, as a CDN that was broken into does.
func tampering(t *testing.T, s *site, ending, addition string) *site {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(res *http.Response) error {
			if !strings.HasPrefix(res.Request.URL.Path, "/assets/") || !strings.HasSuffix(res.Request.URL.Path, ending) ||
				strings.Contains(res.Request.URL.Path, "/boot.") {
				return nil
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			_ = res.Body.Close()
			res.Body = io.NopCloser(strings.NewReader(string(body) + addition))
			res.ContentLength = -1
			res.Header.Del("Content-Length")
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return &site{url: strings.Replace(server.URL, "127.0.0.1", "localhost", 1)}
}

// TestSecurity_TamperedAsset: a browser refuses an asset that has been changed on the way, and Sentry hears of it with the
// build of the page.
func TestSecurity_TamperedAsset(t *testing.T) {
	for kind, tt := range map[string]struct{ ending, addition, effect string }{
		"script": {".js", ";globalThis.owned = 1;", `"owned" in globalThis || "htmx" in globalThis`},
		"style":  {".css", "body{outline:99px solid red}", `getComputedStyle(document.body).outlineWidth === "99px"`},
	} {
		t.Run(kind, func(t *testing.T) {
			inbox := newSentry(t)
			origin := newSite(t, func(c *config.Config) { c.SentryDSN = inbox.dsn() })
			b := newTab(t, tampering(t, origin, tt.ending, tt.addition), look{})
			b.expect("integrity")
			b.expect("sha384") // how Chromium words it
			b.visit("/login")
			b.see("h1") // the page stands without it
			if eval[bool](b, tt.effect) {
				t.Errorf("the changed %s is in use", kind)
			}
			inbox.got(t, "asset refused", `"build":"e2e"`, "/assets/app.", `"route":"/login"`)
		})
	}
}

// TestSecurity_DigestsOfEveryKind: what a page loads, modules and fonts included, names a digest, and a mismatch of any kind is refused.
func TestSecurity_DigestsOfEveryKind(t *testing.T) {
	b := newTab(t, shared, look{})
	b.visit("/login")
	type tag struct{ Name, Rel, As, Integrity, CrossOrigin string }
	tags := eval[[]tag](b, `[...document.querySelectorAll("script, link:not([rel=icon])")].map(e => ({Name: e.nodeName, Rel: e.rel ?? "", As: e.as ?? "", Integrity: e.integrity, CrossOrigin: e.crossOrigin ?? ""}))`)
	kinds := map[string]bool{}
	for _, g := range tags {
		kinds[g.Name+" "+g.Rel] = true
		if !strings.HasPrefix(g.Integrity, "sha384-") || g.CrossOrigin != "anonymous" {
			t.Errorf("%+v", g)
		}
	}
	for _, want := range []string{"SCRIPT ", "LINK stylesheet", "LINK preload"} {
		if !kinds[want] {
			t.Errorf("no %q among %v", want, kinds)
		}
	}
	loaded := eval[[]string](b, `performance.getEntriesByType("resource").map(e => new URL(e.name).origin)`)
	for _, origin := range loaded {
		if origin != shared.url {
			t.Errorf("the page loads from %s", origin)
		}
	}
	if text, err := json.Marshal(loaded); err != nil || len(loaded) < 3 {
		t.Errorf("loaded %s, %v", text, err)
	}
}
