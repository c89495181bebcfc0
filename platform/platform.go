// Package platform is the embedded platform: the auth-service, the API keys and the messages behind one HTTP API, on
// SQLite or PostgreSQL. The portal reaches it by that API alone, as it would reach a remote one.
package platform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/database"
	"ghasi.io/portal/jobs"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/apikeys"
	"ghasi.io/portal/platform/auth"
	"ghasi.io/portal/platform/billing"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/platform/seed"
	"ghasi.io/portal/platform/tenants"
	"ghasi.io/portal/platform/webhooks"
	"ghasi.io/portal/telemetry"
)

type (
	// SignInPage is what the sign-in page shows.
	SignInPage = auth.SignInPage
	// SignInView renders a SignInPage.
	SignInView = auth.SignInView
	// NewAccount is an account to create.
	NewAccount = auth.NewAccount
	// Broker names the OpenID provider that people sign in at.
	Broker = auth.BrokerOptions
	// Firebase says whose ID tokens are taken.
	Firebase = auth.Firebase
)

// Options are what a Platform needs. What comes after SignIn may be zero; everything before is required.
type Options struct {
	DB           *database.DB // stays the caller's to close
	Issuer       string       // origin
	ClientID     string       // the portal's
	RedirectURIs []string
	Now          func() time.Time
	Log          *slog.Logger
	SignIn       SignInView
	Broker       *Broker // the OpenID provider that people sign in at; nil = the password page here
	Limits       access.Limits
	Tracer       *telemetry.Tracer // nil = no spans
	Firebase     Firebase          // the zero value: nobody signs in by Firebase
	Blob         blob.Store        // keeps documents; nil = there are none
	ServiceToken string            // opens /v1/internal/…; empty = closed

	// WebhookLoopback lets webhooks reach this machine, for development and tests. Holder names this process among those
	// that share the database, the same after a restart: see [webhooks.Options].
	WebhookLoopback bool
	Holder          string
}

// Platform is the embedded platform. Safe for concurrent use; several on one PostgreSQL work together.
type Platform struct {
	db       *database.DB
	now      func() time.Time
	auth     *auth.Service
	jobs     *jobs.Runner
	keys     *apikeys.Service
	messages *messages.Service
	billing  *billing.Service
	webhooks *webhooks.Service
	tenants  *tenants.Service
	mux      *http.ServeMux
	handler  http.Handler
}

// New migrates the database and builds the platform on it.
func New(ctx context.Context, o Options) (*Platform, error) {
	if o.DB == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("platform: an option is missing")
	}
	if err := o.DB.Migrate(ctx, migrations.FS); err != nil {
		return nil, fmt.Errorf("platform: %w", err)
	}
	authService, err := auth.New(ctx, o.DB, auth.Options{
		Issuer: o.Issuer, ClientID: o.ClientID, RedirectURIs: o.RedirectURIs, SignIn: o.SignIn, Broker: o.Broker, Now: o.Now, Log: o.Log,
		Tracer: o.Tracer, Firebase: o.Firebase,
	})
	if err != nil {
		return nil, fmt.Errorf("platform: %w", err)
	}
	runner, err := jobs.New(ctx, jobs.Options{DB: o.DB, Now: o.Now, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("platform: %w", err)
	}
	hooks, err := webhooks.New(ctx, webhooks.Options{
		DB: o.DB, Now: o.Now, Log: o.Log, Holder: o.Holder, AllowLoopback: o.WebhookLoopback,
	})
	if err != nil {
		return nil, fmt.Errorf("platform: %w", err)
	}
	bills := billing.New(billing.Options{DB: o.DB, Blob: o.Blob, Now: o.Now, Log: o.Log})
	p := &Platform{
		db: o.DB, now: o.Now, auth: authService, jobs: runner, billing: bills, webhooks: hooks,
		keys:     apikeys.New(o.DB, o.Now, o.Log),
		messages: messages.New(messages.Options{DB: o.DB, Now: o.Now, Log: o.Log, Tariff: bills, Observers: []messages.Observer{bills, hooks}}),
	}
	bills.Schedule(runner)
	p.tenants = tenants.New(o.DB, money{bills}, o.Now)
	guard := access.NewGuard(p.auth, p.keys, o.Limits, o.Now)
	guard.AllowService(o.ServiceToken)
	mux := http.NewServeMux()
	p.auth.Register(mux)
	p.auth.RegisterSessions(mux, guard)
	p.keys.Register(mux, guard)
	p.messages.Register(mux, guard)
	p.billing.Register(mux, guard)
	p.webhooks.Register(mux, guard)
	p.tenants.Register(mux, guard)
	p.mux, p.handler = mux, problem.Handler(o.Log, mux)
	return p, nil
}

// Handler serves /v1/… and /.well-known/….
func (p *Platform) Handler() http.Handler { return p.handler }

// Mux is the router behind [Platform.Handler], for the test that wants every route of it classified.
func (p *Platform) Mux() *http.ServeMux { return p.mux }

// Run moves messages, keeps the signing keys young and cleans up, until ctx ends.
func (p *Platform) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.auth.Run(ctx) })
	g.Go(func() error { return p.keys.Run(ctx) })
	g.Go(func() error { return p.messages.Run(ctx) })
	g.Go(func() error { return p.webhooks.Run(ctx) })
	g.Go(func() error { return p.jobs.Run(ctx) })
	return g.Wait()
}

// closeTimeout bounds the last writes.
const closeTimeout = 5 * time.Second

// Close writes what is only in memory yet. Call it after Run has returned; the database stays open.
func (p *Platform) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return errors.Join(p.keys.Flush(ctx), p.messages.Close())
}

// RotateKeys makes a new signing key. Tokens that the one before signed stay good.
func (p *Platform) RotateKeys(ctx context.Context) error { return p.auth.RotateKeys(ctx) }

// SeedDemo fills an empty platform with the demo's tenants, accounts and history.
func (p *Platform) SeedDemo(ctx context.Context) error { return seed.Demo(ctx, p.db, p.now()) }

// Empty reports whether nobody can sign in yet.
func (p *Platform) Empty(ctx context.Context) (bool, error) {
	has, err := p.exists(ctx, "SELECT EXISTS (SELECT 1 FROM users)")
	return !has, err
}

// HasDemo reports whether the demo's accounts, whose password is public, are there.
func (p *Platform) HasDemo(ctx context.Context) (bool, error) {
	return p.exists(ctx, "SELECT EXISTS (SELECT 1 FROM users WHERE email LIKE '%@demo.ghasi.test')")
}

func (p *Platform) exists(ctx context.Context, query string) (bool, error) {
	var is bool
	err := p.db.Read.QueryRowContext(ctx, query).Scan(&is)
	return is, database.Map(err)
}

// CreateAccount checks and creates an account. Errors: Invalid with the wrong fields; Conflict when the e-mail address
// is taken.
func (p *Platform) CreateAccount(ctx context.Context, a NewAccount) error {
	return p.auth.CreateAccount(ctx, a)
}

// AssignTAM lets a technical account manager look after a tenant, which is named by its id or its name. Errors: see
// [tenants.Service.Assign].
func (p *Platform) AssignTAM(ctx context.Context, email, tenant string) error {
	return p.tenants.Assign(ctx, email, tenant)
}

// UnassignTAM takes it back.
func (p *Platform) UnassignTAM(ctx context.Context, email, tenant string) error {
	return p.tenants.Unassign(ctx, email, tenant)
}
