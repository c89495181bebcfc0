package webhooks

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxURL bounds a URL, in bytes, as given and as kept.
const maxURL = 2048

// normalize checks a URL and returns the form that is kept: the host in lower case and ASCII, no default port. key says
// what is wrong with it ("field.…"), and is empty when nothing is.
func (g guard) normalize(raw string) (u *url.URL, key string) {
	raw = strings.TrimSpace(raw)
	switch {
	case raw == "":
		return nil, "field.required"
	case len(raw) > maxURL:
		return nil, "field.too_long"
	case !utf8.ValidString(raw) || strings.ContainsFunc(raw, unfit):
		return nil, "field.invalid_url"
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, "field.invalid_url"
	case u.Scheme != "https":
		return nil, "field.not_https"
	case u.User != nil:
		return nil, "field.url_credentials"
	case u.Opaque != "" || strings.Contains(raw, "#"):
		return nil, "field.invalid_url"
	}
	host, key := g.host(u.Hostname())
	if key != "" {
		return nil, key
	}
	if u.Host, key = withPort(host, u.Host); key != "" {
		return nil, key
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if len(u.String()) > maxURL {
		return nil, "field.too_long"
	}
	return u, ""
}

// unfit are characters that no URL has, and that readers of URLs disagree about.
func unfit(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\\'
}

// inside are the last labels of names that mean something within one network alone.
var inside = []string{"localhost", "local", "internal", "intranet", "lan", "corp", "home", "svc"}

// host returns a host as it is kept.
func (g guard) host(name string) (host, key string) {
	if ip, err := netip.ParseAddr(name); err == nil {
		if !g.allows(ip) {
			return "", "field.refused_address"
		}
		return ip.String(), ""
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(name, "."))
	if err != nil || host == "" || len(host) > 253 {
		return "", "field.invalid_url"
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case last == "localhost" && g.loopback:
	case !strings.Contains(host, "."), slices.Contains(inside, last), strings.HasSuffix(host, ".home.arpa"):
		return "", "field.refused_address"
	case last == "" || isNumber(last): // 127.1, 0x7f.1: some resolvers take them for addresses
		return "", "field.invalid_url"
	}
	return host, ""
}

func isNumber(label string) bool {
	_, err := strconv.ParseUint(label, 0, 64)
	return err == nil || strings.Trim(label, "0123456789") == ""
}

// withPort joins a host with the port of authority, unless that is the default.
func withPort(host, authority string) (joined, key string) {
	name := host
	if strings.Contains(host, ":") {
		name = "[" + host + "]"
	}
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.HasSuffix(authority, "]") {
		return name, ""
	}
	port, err := strconv.ParseUint(authority[i+1:], 10, 16)
	switch {
	case err != nil || !allowsPort(uint16(port)):
		return "", "field.invalid_url"
	case port == 443:
		return name, ""
	}
	return net.JoinHostPort(host, strconv.FormatUint(port, 10)), ""
}
