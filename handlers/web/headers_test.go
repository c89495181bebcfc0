package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/unrolled/secure"

	"ghasi.io/portal/handlers/web"
)

// wrapped sends one request through the table, and returns its headers and the nonce that the page was given.
func wrapped(o web.HeaderOptions, r *http.Request) (header http.Header, nonce string) {
	w := httptest.NewRecorder()
	web.NewHeaders(o).Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		nonce = secure.CSPNonce(r.Context())
	})).ServeHTTP(w, r)
	return w.Header(), nonce
}

func overTLS() *http.Request { return httptest.NewRequest(http.MethodGet, "https://portal.test/", nil) }

// TestHeaders_Policies: the enforced policy word for word, and what the mirror watches in each mode.
func TestHeaders_Policies(t *testing.T) {
	const (
		start = "default-src 'self'; "
		next  = "default-src 'none'; font-src 'self'; manifest-src 'self'; "
		rest  = "script-src 'self' 'nonce-N'; style-src 'self' 'nonce-N'; img-src 'self' data: https:; " +
			"connect-src 'self' https://api.ghasi.io; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'; " +
			"require-trusted-types-for 'script'; trusted-types ghasi-portal"
		reporting = "; report-uri /csp-report; report-to csp"
	)
	for name, tt := range map[string]struct {
		reportOnly       bool
		enforced, mirror string
	}{
		"enforce":     {false, start + rest + "; upgrade-insecure-requests", next + rest + reporting},
		"report-only": {true, "", start + rest + reporting},
	} {
		h, nonce := wrapped(web.HeaderOptions{ConnectSrc: []string{"https://api.ghasi.io"}, ReportOnly: tt.reportOnly}, overTLS())
		for header, want := range map[string]string{"Content-Security-Policy": tt.enforced, "Content-Security-Policy-Report-Only": tt.mirror} {
			if got := strings.ReplaceAll(h.Get(header), "'nonce-"+nonce+"'", "'nonce-N'"); got != want {
				t.Errorf("%s: %s is\n%s, want\n%s", name, header, got, want)
			}
		}
		if h.Get("Reporting-Endpoints") != `csp="/csp-report"` || h.Get("Integrity-Policy") != "blocked-destinations=(script), endpoints=(csp)" {
			t.Errorf("%s: %v", name, h)
		}
	}
}

// TestHeaders_NonceIsFresh: 128 bits or more, and never the same.
func TestHeaders_NonceIsFresh(t *testing.T) {
	random := regexp.MustCompile(`^[A-Za-z0-9+/_-]{22,}$`) // 22 characters of base64 are 128 bits
	seen := map[string]bool{}
	for range 1000 {
		_, nonce := wrapped(web.HeaderOptions{}, overTLS())
		if !random.MatchString(nonce) || seen[nonce] {
			t.Fatalf("nonce %q, seen before: %v", nonce, seen[nonce])
		}
		seen[nonce] = true
	}
}

func TestHeaders_DistrustedPeerIsToldOfOnce(t *testing.T) {
	told := 0
	h := web.NewHeaders(web.HeaderOptions{Distrusted: func(*http.Request) { told++ }})
	page := h.Wrap(http.NotFoundHandler())
	for range 3 {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if strings.Contains(w.Header().Get("Content-Security-Policy"), "upgrade-insecure-requests") {
			t.Error("anybody's X-Forwarded-Proto is believed")
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if told != 1 {
		t.Error("told of a request without such headers")
	}
}
