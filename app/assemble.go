package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/blob"
	"ghasi.io/portal/client"
	"ghasi.io/portal/database"
	"ghasi.io/portal/handlers"
	"ghasi.io/portal/handlers/login"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/platform"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/store"
	"ghasi.io/portal/views"
)

// listen opens the listeners first: with port 0 only they know the public address.
func (a *App) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if a.listener, err = lc.Listen(ctx, "tcp", a.cfg.Addr); err != nil {
		return fmt.Errorf("PORTAL_ADDR: %w", err)
	}
	if a.url, err = publicURL(a.cfg, a.listener); err != nil {
		return err
	}
	a.warnOfProxy(ctx)
	if err := a.listenHTTP(ctx); err != nil {
		return err
	}
	if a.cfg.AdminAddr == "" {
		return nil
	}
	if a.admin, err = lc.Listen(ctx, "tcp", a.cfg.AdminAddr); err != nil {
		return fmt.Errorf("PORTAL_ADMIN_ADDR (set it empty to go without): %w", err)
	}
	return nil
}

// assemble builds the parts, the lower ones first.
func (a *App) assemble(ctx context.Context) (handlers.Deps, error) {
	keys, err := sessionKeys(a.cfg)
	if err != nil {
		return handlers.Deps{}, err
	}
	if a.serviceToken, err = serviceToken(a.cfg); err != nil {
		return handlers.Deps{}, err
	}
	kit, err := a.kit(keys[0])
	if err != nil {
		return handlers.Deps{}, err
	}
	portalDB, err := a.openDatabase(ctx, "portal.db", "cust")
	if err != nil {
		return handlers.Deps{}, err
	}
	records, err := store.Open(ctx, portalDB, a.now)
	if err != nil {
		return handlers.Deps{}, err
	}
	kit.Audit = records
	documents, objects, err := a.openDocuments()
	if err != nil {
		return handlers.Deps{}, err
	}
	if err := a.openBackground(ctx, portalDB, records); err != nil {
		return handlers.Deps{}, err
	}
	if err := a.startPlatform(ctx, kit, documents); err != nil {
		return handlers.Deps{}, err
	}
	kit.Demo = a.demo
	api, err := a.client()
	if err != nil {
		return handlers.Deps{}, err
	}
	staff, err := a.openStaff(api, records, documents, kit.Bundle)
	if err != nil {
		return handlers.Deps{}, err
	}
	signIn, err := a.auth(api, keys)
	if err != nil {
		return handlers.Deps{}, err
	}
	trusted, err := trustedPeers(a.cfg.TrustedProxies)
	if err != nil {
		return handlers.Deps{}, err
	}
	deps := handlers.Deps{
		Kit: kit, Metrics: a.metrics, Auth: signIn, API: api, APIURL: a.platformURL(), Store: records,
		Headers: web.NewHeaders(web.HeaderOptions{
			ConnectSrc: a.cfg.ConnectSrc, ReportOnly: a.cfg.CSPMode == "report-only", Trusted: trusted, Distrusted: a.distrusted,
		}),
		TrustedProxies: a.cfg.TrustedProxies, Ready: a.ready, Firebase: a.cfg.FirebaseLogin,
		Access: staff.access, Desk: staff.desk, DemoDesk: staff.demoDesk, Health: staff.health, Reviews: staff.reviews, ServiceToken: a.serviceToken,
		Faults: a.faults, PlainHTTP: plainHTTP(a.cfg), Objects: objects,
	}
	if a.platform != nil {
		deps.Platform = withClientIP(a.platform.Handler())
	}
	return deps, nil
}

// withClientIP tells the platform who calls, as the portal's router has found out.
func withClientIP(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(access.WithClientIP(r.Context(), web.ClientIP(r.Context()))))
	})
}

func (a *App) kit(flashKey string) (*web.Kit, error) {
	bundle, err := a.catalogues()
	if err != nil {
		return nil, fmt.Errorf("catalogues: %w", err)
	}
	renderer, err := views.New(bundle)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	kit := &web.Kit{
		Views: renderer, Bundle: bundle, Log: a.log, Now: a.now, Build: a.build, FlashKey: []byte(flashKey),
		Tracer: a.tracer,
	}
	return kit, kit.Prepare()
}

// openDatabase opens one of the two stores: a file each on SQLite, a schema each on PostgreSQL.
func (a *App) openDatabase(ctx context.Context, file, schema string) (*database.DB, error) {
	db, err := database.Open(ctx, database.Options{
		URL: a.cfg.DatabaseURL, File: filepath.Join(a.cfg.DataDir, file), Schema: schema,
	})
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", schema, err)
	}
	a.databases = append(a.databases, db)
	return db, nil
}

// startPlatform builds the embedded platform, unless a remote one is named.
func (a *App) startPlatform(ctx context.Context, kit *web.Kit, documents blob.Store) error {
	if a.cfg.PlatformURL != "" {
		return nil
	}
	db, err := a.openDatabase(ctx, "platform.db", "platform")
	if err != nil {
		return err
	}
	plain, demo := login.SignInView(kit), login.SignInView(kit, demoCustomers...)
	a.platform, err = platform.New(ctx, platform.Options{
		DB: db, Issuer: a.url, ClientID: a.cfg.ClientID, RedirectURIs: []string{a.url + "/auth/callback"},
		Now: a.now, Log: a.log, Tracer: a.tracer, Firebase: a.firebase(),
		Broker: a.broker(), ServiceToken: a.serviceToken, WebhookLoopback: a.cfg.WebhookLoopback, Holder: a.holder(),
		Blob: documents,
		SignIn: func(w http.ResponseWriter, r *http.Request, status int, p platform.SignInPage) {
			page := plain
			if a.demo {
				page = demo
			}
			page(w, r, status, login.SignInPage(p))
		},
	})
	if err != nil {
		return fmt.Errorf("embedded platform: %w", err)
	}
	return a.seed(ctx)
}

// holder names this process among those that share a database, by what no two of them share and what a restart keeps.
func (a *App) holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	dir, err := filepath.Abs(a.cfg.DataDir)
	if err != nil {
		dir = a.cfg.DataDir
	}
	return host + " " + a.cfg.Addr + " " + dir
}

// demoCustomers are offered on the sign-in page of a demo.
var demoCustomers = []string{"customer@demo.ghasi.test", "manager@demo.ghasi.test"}

// errDemoAbroad explains why a data folder with demo accounts is not served to a network.
var errDemoAbroad = errors.New("this data folder holds the demo accounts, whose password is public, " +
	"so it is served on loopback only; set PORTAL_ADDR to 127.0.0.1:8080, or PORTAL_DATA_DIR to a new folder " +
	"and create accounts of your own with `portal account create`")

// seed fills an empty platform with the demo, on loopback alone.
func (a *App) seed(ctx context.Context) error {
	demo, err := a.platform.HasDemo(ctx)
	if err != nil {
		return err
	}
	if demo && !a.cfg.Loopback() {
		return errDemoAbroad
	}
	a.demo = demo
	if demo || a.cfg.Demo == "false" {
		return nil
	}
	empty, err := a.platform.Empty(ctx)
	if err != nil || !empty {
		return err
	}
	if !a.cfg.Loopback() {
		a.log.WarnContext(ctx, "no accounts yet: the demo's are for loopback only; create your own with `portal account create`")
		return nil
	}
	if err := a.platform.SeedDemo(ctx); err != nil {
		return fmt.Errorf("seed demo: %w", err)
	}
	a.demo = true
	return nil
}

func (a *App) platformURL() string {
	if a.cfg.PlatformURL != "" {
		return a.cfg.PlatformURL
	}
	return a.url
}

// client reaches the platform: over HTTP when remote, by a direct call when embedded. It is the same client.
func (a *App) client() (*client.Client, error) {
	o := client.Options{BaseURL: a.platformURL(), ClientID: a.cfg.ClientID, UserAgent: "customer-portal/" + a.build,
		Tracer: a.tracer, Observe: a.metrics.Upstream, ServiceToken: a.serviceToken,
	}
	if a.platform != nil {
		o.Transport = client.InProcess(a.platform.Handler())
	}
	return client.New(o)
}

func (a *App) auth(api *client.Client, keys []string) (*auth.Service, error) {
	s, err := auth.New(auth.Options{
		API: api, JWKSURL: api.JWKSURL(), HTTPClient: api.HTTPClient(), Issuer: a.platformURL(), Audience: a.cfg.ClientID,
		SessionKeys: keys, RedirectURI: a.url + "/auth/callback", Now: a.now, Log: a.log,
		Tracer: a.tracer, Observer: a.metrics,
	})
	if err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	a.closers = append(a.closers, s.Close)
	return s, nil
}

// ready reports whether the databases answer.
func (a *App) ready(ctx context.Context) error {
	for _, db := range a.databases {
		if err := db.Ping(ctx); err != nil {
			return err
		}
	}
	return nil
}
