package access

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// KeyPrefix is how every API key starts, so that people and scanners recognise one.
const KeyPrefix = "ghasi_"

// maxToken bounds what is worth looking at: our tokens have about 1 KB.
const maxToken = 8 << 10

// TokenVerifier verifies access tokens. Errors: Unauthenticated, or that of the database.
type TokenVerifier interface {
	VerifyToken(ctx context.Context, token string) (Principal, error)
}

// KeyVerifier finds the API key that raw is. Errors as for [TokenVerifier].
type KeyVerifier interface {
	VerifyKey(ctx context.Context, raw, clientIP string) (Principal, error)
}

// Limits bound how often one caller may call: requests a second, and how many at once after a pause. Zero values mean
// the defaults.
type Limits struct {
	KeyRate, KeyBurst     int // an API key, every request
	WriteRate, WriteBurst int // a person, requests that change something
	ReadRate, ReadBurst   int // a person, the rest; high, because one page of the portal makes several
}

func (l Limits) withDefaults() Limits {
	or := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	or(&l.KeyRate, 50)
	or(&l.KeyBurst, 100)
	or(&l.WriteRate, 20)
	or(&l.WriteBurst, 60)
	or(&l.ReadRate, 5000)
	or(&l.ReadBurst, 5000)
	return l
}

// Guard lets only those through to a handler who may.
type Guard struct {
	tokens             TokenVerifier
	keys               KeyVerifier
	key, write, reader *limiter

	service []byte // SHA-256 of the services' token
}

// NewGuard returns a Guard. now is the clock of the limits.
func NewGuard(tokens TokenVerifier, keys KeyVerifier, limits Limits, now func() time.Time) *Guard {
	l := limits.withDefaults()
	return &Guard{
		tokens: tokens, keys: keys,
		key:    newLimiter(l.KeyRate, l.KeyBurst, now),
		write:  newLimiter(l.WriteRate, l.WriteBurst, now),
		reader: newLimiter(l.ReadRate, l.ReadBurst, now),
	}
}

// Require serves next to people of a tenant and to keys that have scope. Others get 401 or 403.
func (g *Guard) Require(scope portal.Scope, next http.HandlerFunc) http.Handler {
	return g.guard(next, func(w http.ResponseWriter, p Principal) error {
		if p.May(scope) {
			return nil
		}
		if p.KeyID != "" {
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+string(scope)+`"`)
			return &portal.Error{Code: portal.Forbidden, Detail: "This key lacks the scope " + string(scope) + "."}
		}
		return portal.Fail(portal.Forbidden, nil)
	})
}

// RequireUser serves next to people of a tenant alone, not to keys.
func (g *Guard) RequireUser(next http.HandlerFunc) http.Handler {
	return g.guard(next, func(w http.ResponseWriter, p Principal) error {
		switch {
		case p.KeyID != "":
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
			return &portal.Error{Code: portal.Forbidden, Detail: "An API key cannot do this; a signed-in person can."}
		case p.TenantID == "" || !slices.Contains(p.Roles, RoleCustomer):
			return portal.Fail(portal.Forbidden, nil)
		}
		return nil
	})
}

// RequirePerson serves next to anybody who is signed in, whatever their roles, for what is their own; not to keys.
func (g *Guard) RequirePerson(next http.HandlerFunc) http.Handler {
	return g.guard(next, func(w http.ResponseWriter, p Principal) error {
		if p.KeyID != "" {
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
			return &portal.Error{Code: portal.Forbidden, Detail: "An API key cannot do this; a signed-in person can."}
		}
		return nil
	})
}

func (g *Guard) guard(next http.HandlerFunc, allow func(http.ResponseWriter, Principal) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := g.authenticate(r)
		if err != nil {
			if portal.CodeOf(err) == portal.Unauthenticated && r.Header.Get("Authorization") != "" {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			}
			problem.Write(w, r, err)
			return
		}
		if wait := g.limit(r, p); wait > 0 {
			problem.Write(w, r, &portal.Error{Code: portal.RateLimited, RetryAfter: wait})
			return
		}
		if err := allow(w, p); err != nil {
			problem.Write(w, r, err)
			return
		}
		next(w, r.WithContext(With(r.Context(), p)))
	})
}

func (g *Guard) authenticate(r *http.Request) (Principal, error) {
	token, ok := bearer(r)
	if !ok {
		return Principal{}, portal.Fail(portal.Unauthenticated, nil)
	}
	if strings.HasPrefix(token, KeyPrefix) {
		return g.keys.VerifyKey(r.Context(), token, ClientIP(r))
	}
	return g.tokens.VerifyToken(r.Context(), token)
}

// limit returns how long the caller must wait, 0 when it may go on.
func (g *Guard) limit(r *http.Request, p Principal) time.Duration {
	switch {
	case p.KeyID != "":
		return g.key.take(p.KeyID)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return g.reader.take(p.UserID)
	}
	return g.write.take(p.UserID)
}
