package auth

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

// claims of an access token: who it is, for whom they work, and the sign-in it came from.
type claims struct {
	jwt.RegisteredClaims
	TenantID   string   `json:"tenant_id"`
	TenantName string   `json:"tenant_name"`
	Roles      []string `json:"roles"`
	Email      string   `json:"email"`
	Name       string   `json:"name"`
	Locale     string   `json:"locale"`
	SID        string   `json:"sid"`
	Nonce      string   `json:"nonce,omitempty"`
}

// accessToken signs a token for u, part of the family sid.
func (s *Service) accessToken(u user, sid, nonce string) (string, error) {
	now, keys := s.o.Now(), s.keys.Load()
	roles := u.Roles
	if roles == nil {
		roles = []string{}
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.o.Issuer, Subject: u.ID, Audience: jwt.ClaimStrings{s.o.ClientID}, ID: portal.NewID("jwt", now),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(AccessTTL)),
		},
		TenantID: u.TenantID, TenantName: u.Tenant, Roles: roles, Email: u.Email, Name: u.Name, Locale: u.Locale,
		SID: sid, Nonce: nonce,
	})
	t.Header["kid"] = keys.activeID
	return t.SignedString(keys.active)
}

// VerifyToken says who an access token belongs to. Its signature is checked once: until it expires, or the keys
// change, the answer is remembered. A session that was ended ends its tokens at once. It implements [access.TokenVerifier].
func (s *Service) VerifyToken(ctx context.Context, token string) (access.Principal, error) {
	now, id := s.o.Now(), sha256.Sum256([]byte(token))
	if p, ok := s.verified.get(id, s.keys.Load(), now); ok {
		return p, s.checkLive(ctx, p.SessionID)
	}
	var c claims
	var dbErr error
	_, err := s.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, err := s.publicKey(ctx, kid)
		if portal.CodeOf(err) == portal.Unavailable {
			dbErr = err
		}
		return key, err
	})
	switch {
	case dbErr != nil:
		return access.Principal{}, dbErr
	case err != nil:
		return access.Principal{}, portal.Fail(portal.Unauthenticated, err)
	}
	p := access.Principal{TenantID: c.TenantID, UserID: c.Subject, Email: c.Email, Roles: c.Roles, SessionID: c.SID}
	s.verified.put(id, verifiedToken{p, c.ExpiresAt.Add(clockLeeway), s.keys.Load()}, now)
	return p, s.checkLive(ctx, p.SessionID)
}

// maxVerified bounds the memory of [verifiedTokens]; each is about 300 bytes.
const maxVerified = 4096

// verifiedTokens remembers tokens that have been verified, by their hash.
type verifiedTokens struct {
	mu     sync.Mutex
	tokens map[[sha256.Size]byte]verifiedToken
}

type verifiedToken struct {
	principal access.Principal
	until     time.Time
	keys      *keySet // that verified it
}

func (v *verifiedTokens) get(id [sha256.Size]byte, keys *keySet, now time.Time) (access.Principal, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	t, ok := v.tokens[id]
	if !ok {
		return access.Principal{}, false
	}
	if t.keys != keys || !now.Before(t.until) {
		delete(v.tokens, id)
		return access.Principal{}, false
	}
	return t.principal, true
}

func (v *verifiedTokens) put(id [sha256.Size]byte, t verifiedToken, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.tokens) >= maxVerified {
		for id, t := range v.tokens {
			if !now.Before(t.until) {
				delete(v.tokens, id)
			}
		}
	}
	if v.tokens == nil || len(v.tokens) >= maxVerified { // verifying again is cheaper than keeping an order
		v.tokens = make(map[[sha256.Size]byte]verifiedToken)
	}
	v.tokens[id] = t
}
