package desk

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Settings name a desk. URL is zendesk+https://example.zendesk.com or helpscout+https://api.helpscout.net. User and
// Token are Zendesk's agent address and API token, or Help Scout's application id and secret.
type Settings struct {
	URL, User, Token string
}

// OpenSource returns the desk of the settings. Nothing is called yet. transport may be nil: the network.
func OpenSource(s Settings, transport http.RoundTripper, now func() time.Time) (Source, error) {
	kind, rest, ok := strings.Cut(s.URL, "+")
	u, err := url.Parse(rest)
	if !ok || err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("want zendesk+https://example.zendesk.com or helpscout+https://api.helpscout.net")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, errors.New("the credentials need https")
	}
	if s.User == "" || s.Token == "" {
		return nil, errors.New("SUPPORT_USER and SUPPORT_TOKEN are needed with it")
	}
	base := url.URL{Scheme: u.Scheme, Host: u.Host}
	switch kind {
	case "zendesk":
		return newZendesk(base, base.String(), s.User, s.Token, transport, now), nil
	case "helpscout":
		return &helpScout{up: newUpstream("Help Scout", base, transport, now), id: s.User, secret: s.Token}, nil
	}
	return nil, fmt.Errorf("%q is no desk that we know: zendesk, helpscout", kind)
}

func newZendesk(base url.URL, links, user, token string, transport http.RoundTripper, now func() time.Time) *zendesk {
	return &zendesk{
		up: newUpstream("Zendesk", base, transport, now), user: user, token: token, links: links, organizations: map[string]organization{},
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
