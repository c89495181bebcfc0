package e2e

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"ghasi.io/portal/handlers/web/webtest"
)

// TestHeaders looks for every header of the hardening stories on the four pages that they name, and on what else the
// binary answers with.
func TestHeaders(t *testing.T) {
	p := someone(t, shared, customer)
	nobody := &person{site: shared, browser: p.browser, jar: map[string]*http.Cookie{}}
	nonces := map[string]bool{}
	for _, tt := range []struct {
		path string
		by   *person
	}{
		{"/", nobody}, {"/", p}, {"/login", nobody}, {"/dashboard", p}, {"/dashboard", nobody}, {"/messages", p}, {"/nowhere", p},
		{"/v1/messages", nobody}, {"/healthz", nobody}, {"/assets/nothing.js", nobody},
	} {
		res := tt.by.get(t, tt.path)
		nonce := webtest.CheckHardening(t, tt.path, res.Header)
		if nonces[nonce] {
			t.Errorf("%s: the nonce was used before", tt.path)
		}
		nonces[nonce] = true
		n := "'nonce-" + nonce + "'"
		exact := "default-src 'self'; script-src 'self' " + n + "; style-src 'self' " + n + "; img-src 'self' data: https:; " +
			"connect-src 'self' https://api.ghasi.io; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'; " +
			"require-trusted-types-for 'script'; trusted-types ghasi-portal"
		if policy := res.Header.Get("Content-Security-Policy"); policy != exact { // upgrade-insecure-requests comes with TLS
			t.Errorf("%s: the policy is\n%s, want\n%s", tt.path, policy, exact)
		}
		if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			assets(t, p, tt.path, docOf(t, res), nonce)
		}
	}
}

// assets checks every script and style of a page: they carry its nonce, and the digest of what is served.
func assets(t *testing.T, p *person, path string, doc *webtest.Document, nonce string) {
	t.Helper()
	tags := doc.All(`script, link[rel="stylesheet"]`)
	if len(tags) < 2 {
		t.Errorf("%s: %d scripts and styles", path, len(tags))
	}
	for _, tag := range tags {
		address := webtest.Attr(tag, "src") + webtest.Attr(tag, "href")
		served := p.get(t, address)
		sum := sha512.Sum384([]byte(served.body))
		if got := webtest.Attr(tag, "integrity"); got != "sha384-"+base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("%s: integrity of %s is %q", path, address, got)
		}
		if webtest.Attr(tag, "nonce") != nonce {
			t.Errorf("%s: %s has not the nonce of its page", path, address)
		}
		if got := served.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", address, got)
		}
		if got := served.Header.Get("Cross-Origin-Resource-Policy"); got != "same-site" {
			t.Errorf("%s: CORP %q", address, got)
		}
	}
}
