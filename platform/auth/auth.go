// Package auth is the embedded auth-service: people sign in with e-mail and password by the authorization code flow
// with PKCE, and get RS256 access tokens and rotating refresh tokens.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/database"
	"ghasi.io/portal/telemetry"
)

// How long things last. The retiring key outlives every token it signed and every cache of the key set.
const (
	AccessTTL   = 10 * time.Minute
	RefreshTTL  = 30 * 24 * time.Hour // from each rotation
	codeTTL     = time.Minute
	requestTTL  = 10 * time.Minute
	keyLifetime = 30 * 24 * time.Hour
	retiringTTL = time.Hour
	clockLeeway = 30 * time.Second // between replicas
)

// Options are what a Service needs. The one client is public: a portal that keeps no secret and proves itself by PKCE.
type Options struct {
	Issuer       string // origin, the iss of the tokens
	ClientID     string // the aud of the tokens
	RedirectURIs []string
	SignIn       SignInView
	Broker       *BrokerOptions // nil: people sign in here, by e-mail and password
	Now          func() time.Time
	Log          *slog.Logger
	Tracer       *telemetry.Tracer // nil = no spans
	Firebase     Firebase          // the zero value: nobody signs in by Firebase
}

// Service is the auth-service on one database. Safe for concurrent use; several on one database work together.
type Service struct {
	db      *database.DB
	o       Options
	origins *http.CrossOriginProtection
	parser  *jwt.Parser
	hasher  *hasher
	secret  []byte  // seals authorize requests
	broker  *broker // nil when people sign in here

	keys       atomic.Pointer[keySet]
	reload     sync.Mutex
	reloadedAt time.Time // guarded by reload
	verified   verifiedTokens
	grace      graceMemory
	live       liveSessions

	certificates certificates
}

// New returns a Service on a migrated database. It makes the first signing key when there is none.
func New(ctx context.Context, db *database.DB, o Options) (*Service, error) {
	if o.Issuer == "" || o.ClientID == "" || len(o.RedirectURIs) == 0 || o.SignIn == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("auth: an option is missing")
	}
	for _, u := range o.RedirectURIs {
		if p, err := url.Parse(u); err != nil || p.Host == "" || p.Fragment != "" {
			return nil, fmt.Errorf("auth: %q cannot be a redirect URI", u)
		}
	}
	s := &Service{db: db, o: o, origins: http.NewCrossOriginProtection()}
	if err := s.origins.AddTrustedOrigin(o.Issuer); err != nil {
		return nil, fmt.Errorf("auth: issuer: %w", err)
	}
	s.parser = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithIssuer(o.Issuer),
		jwt.WithAudience(o.ClientID), jwt.WithLeeway(clockLeeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithTimeFunc(o.Now))
	s.hasher = newHasher()
	var err error
	if s.secret, err = s.loadSecret(ctx, "authorize"); err != nil {
		return nil, fmt.Errorf("auth: secret: %w", err)
	}
	if o.Broker != nil {
		if s.broker, err = newBroker(*o.Broker, o.Issuer, s.secret, s); err != nil {
			return nil, err
		}
	}
	if err := s.ensureKey(ctx); err != nil {
		return nil, fmt.Errorf("auth: signing key: %w", err)
	}
	return s, nil
}

// Register adds the service's routes to mux.
func (s *Service) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/auth/oidc/authorize", s.authorize)
	if s.broker != nil {
		mux.HandleFunc("GET "+brokerCallbackPath, s.fromProvider)
	} else {
		mux.HandleFunc("POST "+signInPath, s.signIn)
	}
	mux.HandleFunc("POST /v1/auth/oidc/token", s.token)
	mux.HandleFunc("POST /v1/auth/refresh", s.refresh)
	mux.HandleFunc("POST /v1/auth/logout", s.logout)
	mux.HandleFunc("POST /v1/auth/firebase", s.firebase)
	mux.HandleFunc("GET /.well-known/jwks.json", s.jwks)
	mux.HandleFunc("GET /.well-known/openid-configuration", s.configuration)
}

const (
	keyCheckEvery = time.Minute
	cleanEvery    = 10 * time.Minute
)

// Run rotates signing keys when they are old, follows rotations of other replicas, and deletes what has expired, until
// ctx ends. A failure is logged and tried again at the next turn.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(keyCheckEvery)
	defer ticker.Stop()
	var cleaned time.Time
	for {
		if err := s.keepKeys(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.ErrorContext(ctx, "signing keys", "error", err)
		}
		if err := s.endRevoked(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "end sessions at the provider", "cause", err)
		}
		if now := s.o.Now(); now.Sub(cleaned) >= cleanEvery {
			cleaned = now
			if err := s.Clean(ctx); err != nil && ctx.Err() == nil {
				s.o.Log.ErrorContext(ctx, "clean up after sign-ins", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Clean deletes what has expired. Used codes and revoked families stay for a while, because a replay of theirs must be
// recognised.
func (s *Service) Clean(ctx context.Context) error {
	now := s.o.Now()
	var errs []error
	for _, d := range []struct {
		query  string
		before time.Time
	}{
		{"DELETE FROM auth_codes WHERE expires_at < ?", now.Add(-time.Hour)},
		{"DELETE FROM refresh_tokens WHERE expires_at < ?", now},
		{"DELETE FROM token_families WHERE expires_at < ?", now},
		{"DELETE FROM token_families WHERE revoked_at < ?", now.Add(-24 * time.Hour)},
		{"DELETE FROM sign_in_failures WHERE at < ?", now.Add(-failureWindow)},
	} {
		_, err := s.db.Write.ExecContext(ctx, d.query, d.before.UnixMicro())
		errs = append(errs, database.Map(err))
	}
	s.grace.forget(now)
	return errors.Join(errs...)
}
