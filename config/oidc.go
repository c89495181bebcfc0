package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
)

// validateOIDC returns what is wrong with the OpenID provider's settings.
func (c Config) validateOIDC() []error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf(name+": "+format, args...))
	}
	if c.OIDCIssuer == "" {
		if c.OIDCClientID != "" || c.OIDCClientSecret != "" {
			bad("PLATFORM_OIDC_ISSUER", "must name the provider, since a client of it is given")
		}
		return errs
	}
	if c.PlatformURL != "" {
		bad("PLATFORM_OIDC_ISSUER", "is a setting of the embedded platform; with PLATFORM_URL the remote one has its own")
	}
	u, err := url.Parse(c.OIDCIssuer)
	switch {
	case err != nil || !isURL(c.OIDCIssuer) || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		bad("PLATFORM_OIDC_ISSUER", "want a URL such as https://id.example.af/realms/ghasi, got %q", c.OIDCIssuer)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		bad("PLATFORM_OIDC_ISSUER", "must be https: tokens would travel readable, got %q", c.OIDCIssuer)
	}
	if c.OIDCClientID == "" {
		bad("PLATFORM_OIDC_CLIENT_ID", "must be the id of this portal's client at the provider")
	}
	if !slices.Contains(c.OIDCScopes, "openid") {
		bad("PLATFORM_OIDC_SCOPES", "must contain openid, got %q", c.OIDCScopes)
	}
	for name, claim := range map[string]string{
		"PLATFORM_OIDC_ROLES_CLAIM": c.OIDCRolesClaim, "PLATFORM_OIDC_TENANT_CLAIM": c.OIDCTenantClaim,
		"PLATFORM_OIDC_LOCALE_CLAIM": c.OIDCLocaleClaim, "PLATFORM_OIDC_NAME_CLAIM": c.OIDCNameClaim,
		"PLATFORM_OIDC_EMAIL_CLAIM": c.OIDCEmailClaim,
	} {
		if claim == "" {
			bad(name, "must name a claim")
		}
	}
	return errs
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}
