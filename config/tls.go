package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// hostName is a public DNS name: no address, no wildcard, no port.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)

// TLS reports whether the portal ends TLS itself.
func (c Config) TLS() bool { return len(c.TLSDomains) > 0 || c.TLSCert != "" }

// validateTLS checks what concerns the way between browsers and the portal.
func (c Config) validateTLS() (errs []error) {
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf(name+": "+format, args...))
	}
	for _, d := range c.TLSDomains {
		if !hostName.MatchString(d) {
			bad("PORTAL_TLS_DOMAINS", "want names such as portal.example.af, in lower case, got %q", d)
		}
	}
	for _, o := range c.ConnectSrc { // they stand in a header, where a semicolon would begin another directive
		if u, err := url.Parse(o); err != nil || u.Host == "" || o != u.Scheme+"://"+u.Host || !strings.Contains(" https http wss ws ", " "+u.Scheme+" ") || strings.ContainsAny(o, " ;,'\"") {
			bad("PORTAL_CONNECT_SRC", "want origins such as https://api.example.af, got %q", o)
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		bad("PORTAL_TLS_CERT", "PORTAL_TLS_CERT and PORTAL_TLS_KEY go together")
	}
	if len(c.TLSDomains) > 0 && c.TLSCert != "" {
		bad("PORTAL_TLS_DOMAINS", "certificates come either by ACME or from PORTAL_TLS_CERT, not both")
	}
	if c.TLSDirectory != "" && !isURL(c.TLSDirectory) {
		bad("PORTAL_TLS_DIRECTORY", "want a URL such as https://acme.example/directory, got %q", c.TLSDirectory)
	}
	if c.TLS() && strings.HasPrefix(c.URL, "http://") {
		bad("PORTAL_URL", "must be https:// when the portal ends TLS, got %q", c.URL)
	}
	if c.HTTPAddr != "" {
		if _, _, err := net.SplitHostPort(c.HTTPAddr); err != nil {
			bad("PORTAL_HTTP_ADDR", "want host:port or nothing, got %q", c.HTTPAddr)
		}
		if !c.TLS() {
			bad("PORTAL_HTTP_ADDR", "leads to HTTPS, which needs PORTAL_TLS_DOMAINS or PORTAL_TLS_CERT")
		}
	}
	return errs
}
