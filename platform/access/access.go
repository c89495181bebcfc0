// Package access says who is calling the platform and what they may do: it verifies the bearer token (an access token
// or an API key), limits the rate, and guards handlers.
package access

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"ghasi.io/portal/portal"
)

// RoleCustomer is the role of people who work for a tenant; only they act on a tenant's data.
const RoleCustomer = "customer"

// Principal is who is calling: a person by an access token, or a program by an API key (KeyID is set).
type Principal struct {
	TenantID string
	UserID   string // of a key: who created it
	Email    string // empty for a key
	KeyID    string
	KeyName  string
	Roles    []string       // of a person
	Scopes   []portal.Scope // of a key

	SessionID string // of a person: the sign-in that their token came from
}

// May reports whether the principal may act on its tenant's data with scope. A person of the tenant has every scope.
func (p Principal) May(scope portal.Scope) bool {
	if p.TenantID == "" {
		return false
	}
	if p.KeyID != "" {
		return slices.Contains(p.Scopes, scope)
	}
	return slices.Contains(p.Roles, RoleCustomer)
}

type principalKey struct{}

// With returns a context that carries p. The guard uses it; tests may.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns who is calling; false outside a guarded handler.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}

type ipKey struct{}

// WithClientIP returns a context that carries the caller's address, for a router in front that knows which proxies to
// believe.
func WithClientIP(ctx context.Context, ip string) context.Context {
	return context.WithValue(ctx, ipKey{}, ip)
}

// ClientIP is the caller's address: that of [WithClientIP], else the connection's; "" when it is none. It never reads
// a forwarding header.
func ClientIP(r *http.Request) string {
	s, ok := r.Context().Value(ipKey{}).(string)
	if !ok {
		s = r.RemoteAddr
		if host, _, err := net.SplitHostPort(s); err == nil {
			s = host
		}
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}
