package webtest

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Hardening are the headers that every response of the binary carries, with these values and once each.
var Hardening = map[string]string{
	"Strict-Transport-Security":    "max-age=31536000; includeSubDomains; preload",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "strict-origin-when-cross-origin",
	"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), interest-cohort=()",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-site",
}

// nonces are those of a policy: script-src and style-src have the same one.
var nonces = regexp.MustCompile(`'nonce-([A-Za-z0-9+/_-]{22,})'`)

// CheckHardening fails the test for a response that lacks one of [Hardening], or a policy with a nonce of 128 bits and a mirror that
// reports. It returns the nonce.
func CheckHardening(t *testing.T, name string, h http.Header) (nonce string) {
	t.Helper()
	for header, want := range Hardening {
		got := h.Values(header)
		if header == "Referrer-Policy" && len(got) == 1 && got[0] == "no-referrer" {
			continue // a page whose own address is a secret says less still
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s is %q, want %q", name, header, got, want)
		}
	}
	policy := h.Values("Content-Security-Policy")
	if len(policy) != 1 {
		t.Errorf("%s: %d policies", name, len(policy))
		return ""
	}
	found := nonces.FindStringSubmatch(policy[0])
	if found == nil || strings.Count(policy[0], "'nonce-"+found[1]+"'") != 2 || strings.Contains(policy[0], "unsafe-") {
		t.Errorf("%s: policy %q", name, policy[0])
		return ""
	}
	mirror := h.Get("Content-Security-Policy-Report-Only")
	if !strings.Contains(mirror, "report-uri /csp-report") || !strings.Contains(mirror, found[1]) {
		t.Errorf("%s: mirror %q", name, mirror)
	}
	return found[1]
}
