package auth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestSafeReturn_OK(t *testing.T) {
	for _, path := range []string{
		"/dashboard", "/messages", "/messages?status=failed&status=expired&to=%2B93700000001", "/messages/msg_01jdex4v5m8y2k6r3t9w0b7c1d",
		"/send-test", "/api-keys?revoked=1", "/messages?from=%D9%BE%D8%A7%D9%85%DB%8C%D8%B1", "/messages?next=//evil.test", "/messages?u=https://evil.test/",
		"/billing?tab=usage", "/loginhelp", "/authors", "/v1beta", "/apis", "/messages/", "/a%20b", "/messages?q=a%0d%0ab",
	} {
		if got := SafeReturn(path); got != path {
			t.Errorf("SafeReturn(%q) = %q", path, got)
		}
	}
	if got := SafeReturn("/messages?page=2#row-3"); got != "/messages?page=2" {
		t.Errorf("fragment kept: %q", got)
	}
}

// hostile is what has fooled redirect checks before: other hosts in every spelling, header splitting, loops, tricks that
// only the second decoder sees.
var hostile = []string{
	"", " ", "/", "?", "#", "dashboard", "./dashboard", "../dashboard", "?return=/dashboard",
	"//evil.test", "///evil.test", "////evil.test", "//evil.test/dashboard", "//evil.test%2f..", "//evil.test:443", "//user@evil.test",
	"//portal.test@evil.test", "//[::1]", "//1.2.3.4", "//3627734734", "//evil%E3%80%82test", "//\tevil.test", "//evil.test\\@portal.test",
	"/\\evil.test", "/\\/evil.test", "\\/evil.test", "\\\\evil.test", "\\/\\/evil.test", "/\\\\evil.test", "/dashboard\\..\\evil",
	"/\t/evil.test", "/\n/evil.test", "/\r/evil.test", "/\r\n/evil.test", "/\x00/evil.test", "/\x0b/evil.test", "/\x1f/evil.test", "/ /evil.test", "/\x7f/evil.test",
	"\t//evil.test", "\n//evil.test", " //evil.test", "\x00//evil.test", "\ufeff//evil.test", "\u00a0//evil.test", "\u2028//evil.test",
	"https://evil.test", "http://evil.test", "HTTPS://evil.test", "https:evil.test", "https:/evil.test", "https:///evil.test", "https:\\\\evil.test", "http:/\\evil.test",
	"ftp://evil.test", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "javascript://%0aalert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x", "mailto:a@b",
	"/%2f/evil.test", "/%2f%2fevil.test", "/%2F%2Fevil.test", "/%252f%252fevil.test", "/%25252f%25252fevil.test", "/%5cevil.test", "/%5C%5Cevil.test", "/%255cevil.test",
	"/%09/evil.test", "/%0a/evil.test", "/%0d%0aLocation:%20https://evil.test", "/%00", "/%0d%0aSet-Cookie:a=b", "/%250d%250aSet-Cookie:a=b", "/%7f",
	"/%2e%2e//evil.test", "/..//evil.test", "/.//evil.test", "/%2e/%2e%2e/", "/dashboard/..//evil.test", "/dashboard/../../..", "/dashboard/%2e%2e/%2e%2e", "/dashboard/.", "/dashboard/..", "/%252e%252e/",
	"/dashboard//evil.test", "/dashboard//", "//", "///", "//?a", "//#a", "/%", "/%zz", "/%2", "/dashboard%zz",
	"/login", "/login/", "/login?return=/login", "/login/start", "/login/start?return=/login/start", "/LOGIN", "/Login/Start", "/%6cogin", "/%256cogin",
	"/auth", "/auth/callback?code=a&state=b", "/AUTH/callback", "/%61uth/callback", "/api/auth/logout", "/api", "/v1/auth/oidc/authorize?redirect_uri=https://evil.test",
	"/v1/messages", "/.well-known/jwks.json", "/assets/app.js", "/./login", "/x/../login",
	"/پیام", "/dashboard\u202e", "/\xff", "/a b", "/a\"b c", "/" + strings.Repeat("a", 1024), "/?" + strings.Repeat("%", 600) + strings.Repeat("a", 600),
}

func TestSafeReturn_Hostile(t *testing.T) {
	if len(hostile) < 60 {
		t.Fatalf("only %d hostile paths", len(hostile))
	}
	for _, raw := range hostile {
		if got := SafeReturn(raw); got != DefaultReturn {
			t.Errorf("SafeReturn(%q) = %q", raw, got)
		}
	}
}

// staysHome resolves a path as browsers do (WHATWG: tabs and newlines dropped, backslash is a slash) and as Go does.
func staysHome(t *testing.T, path string) {
	t.Helper()
	base, err := url.Parse("https://portal.test/login?return=x")
	if err != nil {
		t.Fatal(err)
	}
	browser := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimFunc(path, func(r rune) bool { return r <= ' ' }))
	for _, seen := range []string{path, browser} {
		ref, err := url.Parse(seen)
		if err != nil {
			t.Errorf("%q does not parse: %v", seen, err)
			continue
		}
		if got := base.ResolveReference(ref); got.Scheme != "https" || got.Host != "portal.test" || got.User != nil {
			t.Errorf("%q leads to %s", seen, got)
		}
	}
	if !strings.HasPrefix(browser, "/") || strings.HasPrefix(browser, "//") {
		t.Errorf("%q is no local path", browser)
	}
	for i := range len(path) {
		if path[i] <= ' ' || path[i] >= 0x7f {
			t.Errorf("%q holds byte %#x", path, path[i])
		}
	}
}

func FuzzSafeReturn(f *testing.F) {
	for _, raw := range hostile {
		f.Add(raw)
	}
	f.Add("/messages?status=failed")
	f.Fuzz(func(t *testing.T, raw string) {
		got := SafeReturn(raw)
		staysHome(t, got)
		staysHome(t, SafePath(raw))
		if again := SafeReturn(got); again != got {
			t.Errorf("SafeReturn(%q) = %q, but that gives %q", raw, got, again)
		}
		if decoded, err := url.PathUnescape(got); err == nil {
			path, _, _ := strings.Cut(decoded, "?")
			staysHome(t, (&url.URL{Path: path}).EscapedPath())
		}
	})
}

func TestSafePath(t *testing.T) {
	for _, path := range []string{
		"/login", "/login?reason=session_expired&return=%2Fmessages", "/v1/auth/oidc/authorize?state=a&redirect_uri=https%3A%2F%2Fportal.test", "/", "/messages",
	} {
		if got := SafePath(path); got != path {
			t.Errorf("SafePath(%q) = %q", path, got)
		}
	}
	for _, raw := range hostile {
		staysHome(t, SafePath(raw))
	}
	if got := SafePath("//evil.test"); got != "/" {
		t.Errorf("got %q", got)
	}
}

func TestPageOf(t *testing.T) {
	tests := []struct{ name, current, referer, want string }{
		{"htmx", "https://portal.test/messages?status=failed", "", "/messages?status=failed"},
		{"form", "", "https://portal.test/send-test", "/send-test"},
		{"htmx first", "https://portal.test/messages", "https://portal.test/billing", "/messages"},
		{"foreign htmx", "https://evil.test/x", "https://portal.test/billing", "/billing"},
		{"foreign", "", "https://evil.test/messages", ""},
		{"host as user", "", "https://portal.test@evil.test/messages", ""},
		{"other port", "", "https://portal.test:444/messages", ""},
		{"double slash", "", "https://portal.test//evil.test", DefaultReturn},
		{"sign-in page", "", "https://portal.test/login?reason=session_expired", DefaultReturn},
		{"fragment", "", "https://portal.test/messages#top", "/messages"},
		{"none", "", "", ""},
		{"garbage", "::", "%%", ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodPost, "https://portal.test/send-test", nil)
		r.Header.Set("HX-Current-URL", tt.current)
		r.Header.Set("Referer", tt.referer)
		if got := PageOf(r); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLoginURL(t *testing.T) {
	for want, got := range map[string]string{
		"/login":                         LoginURL(ReasonNone, ""),
		"/login?reason=signed_out":       LoginURL(ReasonSignedOut, ""),
		"/login?return=%2Fa%3Fb%3Dc%26d": LoginURL(ReasonNone, "/a?b=c&d"),
		"/login?reason=session_expired&return=%2Fmessages": LoginURL(ReasonSessionExpired, "/messages"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNeedsBounce(t *testing.T) {
	email := map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
	tests := []struct {
		name, method string
		change       func(*http.Request)
		want         bool
	}{
		{"link in an e-mail", http.MethodGet, func(*http.Request) {}, true},
		{"after the bounce", http.MethodGet, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, false},
		{"typed address", http.MethodGet, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, false},
		{"old browser", http.MethodGet, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }, false},
		{"frame", http.MethodGet, func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", "iframe") }, false},
		{"image", http.MethodGet, func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "no-cors") }, false},
		{"form of another site", http.MethodPost, func(*http.Request) {}, false},
		{"session came along", http.MethodGet, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: CookieSession, Value: "x"}) }, false},
		{"other cookies", http.MethodGet, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__locale", Value: "ps"}) }, true},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, "/messages", nil)
		for name, value := range email {
			r.Header.Set(name, value)
		}
		tt.change(r)
		if got := NeedsBounce(r); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
