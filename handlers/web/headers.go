package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/unrolled/secure"
)

// Headers is the one table of security headers. Every response of the binary passes it: pages, fragments, errors,
// redirects, assets, the API.
type Headers struct {
	overTLS, plain *secure.Secure
	trusted        func(*http.Request) bool // whether the peer's X-Forwarded-* may be believed
}

// HeaderOptions are the deployment's part of the policy.
type HeaderOptions struct {
	ConnectSrc []string // origins beside our own that scripts may call
	ReportOnly bool     // watch the policy for a release before enforcing it
	Trusted    func(*http.Request) bool
}

// NewHeaders builds the table once. A request over TLS also gets upgrade-insecure-requests and the Reporting API: on
// plain-HTTP loopback the first breaks redirected fetches and the second silences report-uri.
func NewHeaders(o HeaderOptions) *Headers {
	if o.Trusted == nil {
		o.Trusted = func(*http.Request) bool { return false }
	}
	return &Headers{overTLS: secure.New(options(o, true)), plain: secure.New(options(o, false)), trusted: o.Trusted}
}

func options(o HeaderOptions, tls bool) secure.Options {
	mirror := policy(o.ConnectSrc) + "; report-uri /csp-report"
	enforced := policy(o.ConnectSrc)
	if tls {
		mirror += "; report-to csp"
		enforced += "; upgrade-insecure-requests"
	}
	opts := secure.Options{
		ContentSecurityPolicy:           enforced,
		ContentSecurityPolicyReportOnly: mirror,
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
func policy(connectSrc []string) string {
	connect := strings.TrimSpace("connect-src 'self' " + strings.Join(connectSrc, " "))
	return strings.Join([]string{
		"default-src 'self'",
		"script-src 'self' $NONCE",
		"style-src 'self' $NONCE",
		"img-src 'self' data: https:",
		connect,
		"frame-ancestors 'none'",
		"base-uri 'self'",
		"form-action 'self'",
		"object-src 'none'",
		"require-trusted-types-for 'script'", // strings can't reach the DOM as HTML or code …
		"trusted-types ghasi-portal",         // … but through the one policy in static/src/portal.js
	}, "; ")
}

// Set writes the table on the response and puts the nonce into the request's context.
func (h *Headers) Set(c *gin.Context) {
	table := h.plain
	if h.secureRequest(c.Request) {
		table = h.overTLS
		c.Header("Reporting-Endpoints", `csp="/csp-report"`)
		c.Header("Integrity-Policy", "blocked-destinations=(script), endpoints=(csp)")
	} else {
		c.Header("Integrity-Policy", "blocked-destinations=(script)")
	}
	header, r, err := table.ProcessNoModifyRequest(c.Writer, c.Request)
	if err != nil { // secure has answered already
		c.Abort()
		return
	}
	for name, values := range header {
		c.Writer.Header()[name] = values
	}
	c.Request = r
	c.Next()
}

func (h *Headers) secureRequest(r *http.Request) bool {
	return r.TLS != nil || (h.trusted(r) && r.Header.Get("X-Forwarded-Proto") == "https")
}
