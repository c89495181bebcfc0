package web

import (
	"net/http"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/unrolled/secure"
)

// Headers is the one table of security headers. Every response of the binary passes it: pages, fragments, errors,
// redirects, assets, the API, the private listener, the redirector.
type Headers struct {
	overTLS, plain *secure.Secure
	trusted        func(*http.Request) bool // whether the peer's X-Forwarded-* may be believed
	distrusted     func(*http.Request)
}

// HeaderOptions are the deployment's part of the policy.
type HeaderOptions struct {
	ConnectSrc []string // origins beside our own that scripts may call
	ReportOnly bool     // watch the policy for a release before enforcing it
	Trusted    func(*http.Request) bool
	Distrusted func(*http.Request) // told once of forwarded headers from a peer that is not trusted; may be nil
}

// What becomes of a request over plain HTTP, as far as the portal itself can know: results of
// the Observatory's test "redirection".
const (
	PlainRedirects  = "redirection-to-https"           // our redirector answers it
	PlainRefused    = "redirection-not-needed-no-http" // nobody listens
	PlainNotChecked = "redirection-not-checked"        // a proxy before us answers it, or this is no public portal
)

// NewHeaders builds the table once. A request over TLS also gets upgrade-insecure-requests and the Reporting API: on
// plain-HTTP loopback the first breaks redirected fetches and the second silences report-uri.
func NewHeaders(o HeaderOptions) *Headers {
	if o.Trusted == nil {
		o.Trusted = func(*http.Request) bool { return false }
	}
	h := &Headers{overTLS: secure.New(options(o, true)), plain: secure.New(options(o, false)), trusted: o.Trusted}
	if o.Distrusted != nil {
		var once sync.Once
		h.distrusted = func(r *http.Request) { once.Do(func() { o.Distrusted(r) }) }
	}
	return h
}

func options(o HeaderOptions, tls bool) secure.Options {
	enforced := policy(o.ConnectSrc)
	mirror := nextPolicy(o.ConnectSrc)
	if o.ReportOnly { // the release before: what is watched is what comes into force next
		mirror = enforced
	}
	reporting := "; report-uri /csp-report"
	upgrade := ""
	if tls {
		reporting += "; report-to csp"
		upgrade = "; upgrade-insecure-requests"
	}
	opts := secure.Options{
		ContentSecurityPolicy:           strings.Join(enforced, "; ") + upgrade,
		ContentSecurityPolicyReportOnly: strings.Join(mirror, "; ") + reporting,
		STSSeconds:                      31536000,
		STSIncludeSubdomains:            true,
		STSPreload:                      true,
		ForceSTSHeader:                  true, // TLS usually ends at the proxy before us
		ContentTypeNosniff:              true,
		FrameDeny:                       true,
		ReferrerPolicy:                  "strict-origin-when-cross-origin",
		PermissionsPolicy:               "camera=(), microphone=(), geolocation=(), interest-cohort=()",
		CrossOriginOpenerPolicy:         "same-origin",
		CrossOriginEmbedderPolicy:       "require-corp",
		CrossOriginResourcePolicy:       "same-site",
	}
	if o.ReportOnly {
		opts.ContentSecurityPolicy = ""
	}
	return opts
}

// policy is the Content-Security-Policy, one directive a line. unrolled/secure replaces $NONCE.
func policy(connectSrc []string) []string {
	return append([]string{"default-src 'self'"}, directives(connectSrc)...)
}

// nextPolicy is the stricter one that the report-only mirror watches: what is not named is refused.
func nextPolicy(connectSrc []string) []string {
	return append([]string{"default-src 'none'", "font-src 'self'", "manifest-src 'self'"}, directives(connectSrc)...)
}

func directives(connectSrc []string) []string {
	return []string{
		"script-src 'self' $NONCE",
		"style-src 'self' $NONCE",
		"img-src 'self' data: https:",
		strings.TrimSpace("connect-src 'self' " + strings.Join(connectSrc, " ")),
		"frame-ancestors 'none'",
		"base-uri 'self'",
		"form-action 'self'",
		"object-src 'none'",
		"require-trusted-types-for 'script'", // strings can't reach the DOM as HTML or code …
		"trusted-types ghasi-portal",         // … but through the one policy in static/src/js/policy.js
	}
}

// Set writes the table on the response and puts the nonce into the request's context.
func (h *Headers) Set(c *gin.Context) {
	r, ok := h.write(c.Writer, c.Request)
	if !ok {
		c.Abort()
		return
	}
	c.Request = r
	c.Next()
}

// Wrap is [Headers.Set] for a handler outside the router.
func (h *Headers) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r, ok := h.write(w, r); ok {
			next.ServeHTTP(w, r)
		}
	})
}

// write sets the headers and returns r with its nonce; false when the request has been answered already.
func (h *Headers) write(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	table := h.plain
	if h.secureRequest(r) {
		table = h.overTLS
		w.Header().Set("Reporting-Endpoints", `csp="/csp-report"`)
		w.Header().Set("Integrity-Policy", "blocked-destinations=(script), endpoints=(csp)")
	} else {
		w.Header().Set("Integrity-Policy", "blocked-destinations=(script)")
	}
	header, r, err := table.ProcessNoModifyRequest(w, r)
	if err != nil { // secure has answered already
		return r, false
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	return r, true
}

// secureRequest reports whether the person's browser speaks TLS, to us or to a proxy that is trusted.
func (h *Headers) secureRequest(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if h.trusted(r) {
		return r.Header.Get("X-Forwarded-Proto") == "https"
	}
	if h.distrusted != nil && (r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("X-Forwarded-Proto") != "") {
		h.distrusted(r)
	}
	return false
}
