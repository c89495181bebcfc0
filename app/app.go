// Package app is the wiring: New builds every part from the settings, Run serves until its context ends, Close stops the
// parts in reverse order and tolerates what never started.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"ghasi.io/portal/client"
	"ghasi.io/portal/config"
	"ghasi.io/portal/database"
	"ghasi.io/portal/handlers"
	"ghasi.io/portal/handlers/metrics"
	"ghasi.io/portal/jobs"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/platform"
	"ghasi.io/portal/success/events"
	"ghasi.io/portal/success/health"
	"ghasi.io/portal/telemetry"
)

// Options are what a test changes about the process around the App.
type Options struct {
	Log   *slog.Logger
	Now   func() time.Time
	Build string // version shown in the footer and in reports

	Timeouts Timeouts // the zero value: DefaultTimeouts

	Tracer *telemetry.Tracer // in place of the one that the settings name; nil = by the settings
	Pseudo bool              // speak the pseudo-languages in place of English and Arabic
}

// App is the whole binary: listeners, portal, embedded platform.
type App struct {
	cfg   config.Config
	log   *slog.Logger
	now   func() time.Time
	build string
	url   string // public origin

	listener, admin net.Listener
	server, private *http.Server
	platform        *platform.Platform // nil when remote
	databases       []*database.DB
	closers         []func()
	tracer          *telemetry.Tracer // nil when tracing is off
	metrics         *metrics.Metrics
	demo            bool
	faults          *telemetry.Faults // nil when no Sentry is named
	router          *gin.Engine
	timeouts        Timeouts
	plain           net.Listener // leads to HTTPS; nil when that is off
	redirector      *http.Server
	serviceToken    string // of the staff side's calls; empty: there are none

	api        *client.Client
	health     *health.Service
	catalogues func() (*locales.Bundle, error)
	jobs       *jobs.Runner // on the portal's own database
	relay      *events.Relay
	background []func(ctx context.Context) error // run beside the servers
}

// New opens the listeners and databases, migrates, seeds the demo where it may, and checks everything that can be known
// before the first request: settings, templates, catalogues, assets. Close must be called even after an error of Run.
func New(ctx context.Context, cfg config.Config, o Options) (_ *App, err error) {
	a := &App{cfg: cfg, log: o.Log, now: o.Now, build: o.Build, tracer: o.Tracer, metrics: metrics.New()}
	if a.catalogues = locales.Load; o.Pseudo {
		a.catalogues = locales.LoadPseudo
	}
	if a.timeouts = o.Timeouts; a.timeouts == (Timeouts{}) {
		a.timeouts = DefaultTimeouts
	}
	defer func() { // Close does not depend on ctx, which may have ended
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if a.faults, err = telemetry.NewFaults(telemetry.FaultOptions{DSN: cfg.SentryDSN, Build: o.Build, Now: o.Now}); err != nil {
		return nil, err
	}
	a.log = slog.New(a.faults.Handler(a.log.Handler()))
	if err := a.listen(ctx); err != nil {
		return nil, err
	}
	if err := a.trace(ctx); err != nil {
		return nil, err
	}
	deps, err := a.assemble(ctx)
	if err != nil {
		return nil, err
	}
	router, err := handlers.New(deps)
	if err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	a.router = router
	return a, a.serve(deps)
}

// serve builds the servers of the listeners, all behind the one table of security headers.
func (a *App) serve(deps handlers.Deps) error {
	a.server = a.newServer(headAsGet(a.router))
	conf, challenge, err := secureTLS(a.cfg, a.log)
	if err != nil {
		return err
	}
	a.server.TLSConfig = conf
	if a.admin != nil {
		a.private = a.newServer(deps.Headers.Wrap(deps.Metrics.Handler()))
		a.private.WriteTimeout = 0 // a profile takes as long as was asked for
	}
	if a.plain == nil {
		return nil
	}
	lead, err := toHTTPS(a.url, a.cfg.TLSDomains)
	if err != nil {
		return err
	}
	if challenge != nil {
		lead = challenge(lead)
	}
	a.redirector = a.newServer(deps.Headers.Wrap(lead))
	return nil
}

// headAsGet routes a HEAD as the GET it stands for, as RFC 9110 has it; net/http leaves the body out.
func headAsGet(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // a copy: the server itself must go on seeing HEAD
			r.Method = http.MethodGet
		}
		h.ServeHTTP(w, r)
	})
}

// Timeouts bound how long a client can hold a connection: for its headers, for the whole request, for reading the answer,
// and doing nothing between two requests.
type Timeouts struct{ Header, Read, Write, Idle time.Duration }

// DefaultTimeouts are those of a portal in service.
var DefaultTimeouts = Timeouts{Header: 5 * time.Second, Read: 30 * time.Second, Write: 60 * time.Second, Idle: 2 * time.Minute}

// newServer bounds what a client can hold. Headers larger than web.MaxHeaders get an answer of ours; what is larger than here
// net/http cuts off with its own.
func (a *App) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: a.timeouts.Header, ReadTimeout: a.timeouts.Read, WriteTimeout: a.timeouts.Write,
		IdleTimeout: a.timeouts.Idle, DisableGeneralOptionsHandler: true, // "OPTIONS *" gets our headers and log line too
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
}

// URL is the portal's public origin, without a slash at the end.
func (a *App) URL() string { return a.url }

// AdminURL is the private listener's origin, empty when it is off.
func (a *App) AdminURL() string {
	if a.admin == nil {
		return ""
	}
	return "http://" + a.admin.Addr().String()
}

// Demo reports whether the embedded platform holds demo data.
func (a *App) Demo() bool { return a.demo }

// Run serves until ctx ends, then lets running requests finish (config.DrainTimeout) and returns nil.
func (a *App) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	serve := func(s *http.Server, l net.Listener) {
		g.Go(func() error {
			listen := s.Serve
			if s == a.server && a.cfg.TLS() {
				listen = func(l net.Listener) error { return s.ServeTLS(l, "", "") }
			}
			if err := listen(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.DrainTimeout)
			defer cancel()
			err := s.Shutdown(drain)
			if errors.Is(err, context.DeadlineExceeded) { // whoever was told to stop has stopped, whatever a client holds on to
				a.log.WarnContext(ctx, "requests or handshakes are cut off by the stop", "listener", l.Addr().String())
				return s.Close()
			}
			return err
		})
	}
	serve(a.server, a.listener)
	if a.private != nil {
		serve(a.private, a.admin)
	}
	if a.redirector != nil {
		serve(a.redirector, a.plain)
	}
	if a.platform != nil {
		g.Go(func() error { return a.platform.Run(ctx) })
	}
	stop := a.runBackground(ctx, g)
	err := g.Wait()
	return errors.Join(err, stop())
}

// Close releases what New opened, in reverse order.
func (a *App) Close() error {
	var errs []error
	for _, l := range []net.Listener{a.listener, a.admin, a.plain} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	for _, stop := range a.closers {
		stop()
	}
	if a.platform != nil {
		errs = append(errs, a.platform.Close())
	}
	for i := len(a.databases) - 1; i >= 0; i-- {
		errs = append(errs, a.databases[i].Close())
	}
	if err := a.flush(); err != nil {
		a.log.Warn("spans are lost", "cause", err) // no reason to end with a failure
	}
	return errors.Join(errs...)
}
