package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/portal"
)

const (
	leeway      = 30 * time.Second // how far clocks may differ
	cachedUsers = 10_000           // about 30 MB at the very most, with tokens of 1 kB
)

// claims are what a platform token says.
type claims struct {
	jwt.RegisteredClaims
	TenantID   string   `json:"tenant_id"`
	TenantName string   `json:"tenant_name"`
	Roles      []string `json:"roles"`
	Email      string   `json:"email"`
	Name       string   `json:"name"`
	Locale     string   `json:"locale"`
	Nonce      string   `json:"nonce"`
}

// identity is a verified token.
type identity struct {
	user    *User // shared by requests: never changed
	nonce   string
	expires time.Time // without leeway
}

// verifier checks access tokens: RS256 alone, by the auth-service's keys, for us, and not expired.
type verifier struct {
	keys   *keySource
	parser *jwt.Parser
	now    func() time.Time
	cache  *lru
}

func newVerifier(o Options) *verifier {
	return &verifier{
		keys: newKeySource(o),
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
			jwt.WithIssuer(o.Issuer),
			jwt.WithAudience(o.Audience),
			jwt.WithLeeway(leeway),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithTimeFunc(o.Now),
		),
		now:   o.Now,
		cache: newLRU(cachedUsers),
	}
}

// verify returns who raw speaks for. A token that was verified before costs no RSA. Its errors are Unauthenticated (the
// token is no good) and Unavailable (the keys can't be had just now).
func (v *verifier) verify(ctx context.Context, raw string) (identity, error) {
	key := sha256.Sum256([]byte(raw))
	if id, ok := v.cache.get(key); ok {
		if id.user == nil || !v.now().Before(id.expires.Add(leeway)) {
			return identity{}, portal.Fail(portal.Unauthenticated, errors.New("token has ended"))
		}
		return id, nil
	}
	if err := ctx.Err(); err != nil {
		return identity{}, err
	}
	var c claims
	if _, err := v.parser.ParseWithClaims(raw, &c, v.keys.key); err != nil {
		if errors.Is(err, errKeysUnavailable) {
			return identity{}, portal.Fail(portal.Unavailable, err)
		}
		return identity{}, portal.Fail(portal.Unauthenticated, fmt.Errorf("verify token: %w", err))
	}
	if c.Subject == "" {
		return identity{}, portal.Fail(portal.Unauthenticated, errors.New("verify token: no subject"))
	}
	id := identity{nonce: c.Nonce, expires: c.ExpiresAt.Time, user: &User{
		ID: c.Subject, TenantID: c.TenantID, Tenant: c.TenantName, Email: c.Email, Name: c.Name,
		Locale: c.Locale, Roles: c.Roles, Token: raw,
	}}
	v.cache.put(key, id)
	return id, nil
}

// end makes this process refuse raw from now on, though it has not expired: its person has signed out.
func (v *verifier) end(raw string) {
	v.cache.put(sha256.Sum256([]byte(raw)), identity{})
}

// samePerson reports whether two tokens name the same person and tenant. A token that can't be read says nothing: the
// old one may be missing, and the new one is verified all the same. Neither signature is checked here, since the old
// token may be long expired and its key gone; it comes from a cookie that only we can seal.
func samePerson(old, fresh string) bool {
	var a, b claims
	p := jwt.NewParser()
	if _, _, err := p.ParseUnverified(old, &a); err != nil {
		return true
	}
	if _, _, err := p.ParseUnverified(fresh, &b); err != nil {
		return true
	}
	return a.Subject == b.Subject && a.TenantID == b.TenantID
}

// admitted reports whether u has a role that opens the portal.
func admitted(u *User) bool {
	return u.Has(RoleCustomer) || u.Has(RoleTAM) || u.Has(RolePlatformAdmin)
}
