package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"ghasi.io/portal/client"
	"ghasi.io/portal/telemetry"
)

// The roles that open the portal. Any of them will do; what each may see is decided a page at a time.
const (
	RoleCustomer      = "customer"
	RoleTAM           = "tam"
	RolePlatformAdmin = "platform_admin"
)

const (
	defaultSessionTTL = 30 * 24 * time.Hour
	revokeTimeout     = 5 * time.Second
)

// API is what auth needs of the platform's auth-service. Errors are [ghasi.io/portal/portal.Error]: their code tells a
// refusal (the session is over) from trouble on the way (try again).
type API interface {
	AuthorizeURL(redirectURI, state, nonce, challenge, locale string) string
	ExchangeCode(ctx context.Context, code, verifier, redirectURI string) (client.TokenPair, error)
	Refresh(ctx context.Context, refreshToken string) (client.TokenPair, error)
	Firebase(ctx context.Context, idToken string) (client.TokenPair, error)
	Logout(ctx context.Context, refreshToken string) error
}

// Options are what a [Service] needs.
type Options struct {
	API         API
	JWKSURL     string        // where the key set is, reached through HTTPClient
	Issuer      string        // iss that tokens must carry
	Audience    string        // aud that tokens must carry
	HTTPClient  *http.Client  // nil is http.DefaultClient
	SessionKeys []string      // cookie keys, newest first; each at least 32 characters
	RedirectURI string        // absolute URL of /auth/callback at the public origin
	SessionTTL  time.Duration // life of the session cookies, that of a refresh token; 0 = 30 days
	Now         func() time.Time
	Log         *slog.Logger
	Tracer      *telemetry.Tracer // nil = no spans
	Observer    Observer          // nil = nothing is counted
}

// Service signs people in, keeps them signed in and signs them out. Safe for concurrent use.
type Service struct {
	api         API
	issuer      string
	redirectURI string
	sessionTTL  time.Duration
	now         func() time.Time
	log         *slog.Logger
	seal        sealer
	tokens      *verifier
	refresher   *refresher
	tracer      *telemetry.Tracer
	observer    Observer
}

// New returns a Service. It dials nothing: the key set is fetched when the first token is to be verified, so that the
// portal starts while the platform is down.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.HTTPClient == nil {
		o.HTTPClient = http.DefaultClient
	}
	if o.SessionTTL == 0 {
		o.SessionTTL = defaultSessionTTL
	}
	if o.Observer == nil {
		o.Observer = blind{}
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	seal, err := newSealer(o.SessionKeys)
	if err != nil {
		return nil, err
	}
	return &Service{
		api:         o.API,
		issuer:      o.Issuer,
		redirectURI: o.RedirectURI,
		sessionTTL:  o.SessionTTL,
		now:         o.Now,
		log:         o.Log,
		seal:        seal,
		tokens:      newVerifier(o),
		refresher:   newRefresher(o.API, o.Now, o.Observer),
		tracer:      o.Tracer,
		observer:    o.Observer,
	}, nil
}

// Close ends the refreshing of the key set.
func (s *Service) Close() { s.tokens.keys.close() }

// RedirectURI is the absolute URL of the callback, at the portal's public origin.
func (s *Service) RedirectURI() string { return s.redirectURI }

func (o Options) validate() error {
	var errs []error
	if o.API == nil {
		errs = append(errs, errors.New("auth: no API"))
	}
	if o.Issuer == "" || o.Audience == "" {
		errs = append(errs, errors.New("auth: issuer and audience must be set"))
	}
	for _, raw := range []string{o.JWKSURL, o.RedirectURI} {
		if u, err := url.Parse(raw); err != nil || u.Scheme == "" || u.Host == "" {
			errs = append(errs, fmt.Errorf("auth: want an absolute URL, got %q", raw))
		}
	}
	return errors.Join(errs...)
}
