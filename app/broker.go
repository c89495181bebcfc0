package app

import "ghasi.io/portal/platform"

// broker names the OpenID provider that people sign in at; nil when they sign in at the embedded platform itself.
func (a *App) broker() *platform.Broker {
	c := a.cfg
	if c.OIDCIssuer == "" {
		return nil
	}
	return &platform.Broker{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: c.OIDCClientSecret, Scopes: c.OIDCScopes,
		RolesClaim: c.OIDCRolesClaim, TenantClaim: c.OIDCTenantClaim, LocaleClaim: c.OIDCLocaleClaim,
		NameClaim: c.OIDCNameClaim, EmailClaim: c.OIDCEmailClaim, CreateTenants: c.OIDCCreateTenants,
	}
}
