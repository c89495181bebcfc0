// Package auth is the whole sign-in of the portal: state and PKCE, the encrypted cookies, verifying and refreshing
// tokens, who the user is, and where it is safe to send them.
package auth

import "context"

// User is who is signed in, from the verified claims of their access token.
type User struct {
	ID       string // sub
	TenantID string
	Tenant   string // the tenant's display name
	Email    string
	Name     string
	Locale   string   // from the identity provider; a choice in the portal wins
	Roles    []string // "customer", "tam", "platform_admin"
	Token    string   // the access token, for calls to the platform on the user's behalf
}

// Has reports whether the user has role.
func (u *User) Has(role string) bool {
	for _, r := range u.Roles {
		if r == role {
			return true
		}
	}
	return false
}

type userKey struct{}

// WithUser returns a context that carries u.
func WithUser(ctx context.Context, u *User) context.Context {
	return context.WithValue(ctx, userKey{}, u)
}

// UserFrom returns the signed-in user, nil when nobody is.
func UserFrom(ctx context.Context) *User {
	u, _ := ctx.Value(userKey{}).(*User)
	return u
}
