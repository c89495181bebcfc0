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

	"golang.org/x/sync/errgroup"

	"ghasi.io/portal/config"
	"ghasi.io/portal/database"
	"ghasi.io/portal/handlers"
	"ghasi.io/portal/handlers/metrics"
	"ghasi.io/portal/platform"
	"ghasi.io/portal/telemetry"
)

// Options are what a test changes about the process around the App.
type Options struct {
	Log   *slog.Logger
	Now   func() time.Time
	Build string // version shown in the footer and in reports

	Tracer *telemetry.Tracer // in place of the one that the settings name; nil = by the settings
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
}

// New opens the listeners and databases, migrates, seeds the demo where it may, and checks everything that can be known
// before the first request: settings, templates, catalogues, assets. Close must be called even after an error of Run.
func New(ctx context.Context, cfg config.Config, o Options) (_ *App, err error) {
	a := &App{cfg: cfg, log: o.Log, now: o.Now, build: o.Build, tracer: o.Tracer, metrics: metrics.New()}
	defer func() { // Close does not depend on ctx, which may have ended
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
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
	a.server = server(headAsGet(router), a.log)
	if a.admin != nil {
		a.private = server(deps.Metrics.Handler(), a.log)
		a.private.WriteTimeout = 0 // a profile takes as long as was asked for
	}
	return a, nil
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

// server bounds what a client can hold: slow headers, slow bodies, idle connections.
func server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, DisableGeneralOptionsHandler: true, // "OPTIONS *" gets our headers and log line too
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
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
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.DrainTimeout)
			defer cancel()
			if err := s.Shutdown(drain); err != nil {
				return errors.Join(fmt.Errorf("drain %s: %w", l.Addr(), err), s.Close())
			}
			return nil
		})
	}
	serve(a.server, a.listener)
	if a.private != nil {
		serve(a.private, a.admin)
	}
	if a.platform != nil {
		g.Go(func() error { return a.platform.Run(ctx) })
	}
	return g.Wait()
}

// Close releases what New opened, in reverse order.
func (a *App) Close() error {
	var errs []error
	for _, l := range []net.Listener{a.listener, a.admin} {
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
