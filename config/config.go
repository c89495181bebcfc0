// Package config reads the process's settings once, from the environment, and validates them as a whole. No other
// package reads the environment (lint: forbidigo).
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is every setting of the binary. Empty external services mean "embedded" or "off".
type Config struct {
	Addr      string `env:"PORTAL_ADDR" envDefault:"127.0.0.1:8080"`       // listener of the portal and the embedded platform
	AdminAddr string `env:"PORTAL_ADMIN_ADDR" envDefault:"127.0.0.1:9090"` // /metrics and /debug/pprof; empty = off
	URL       string `env:"PORTAL_URL"`                                    // public origin; empty = http://localhost:PORT
	DataDir   string `env:"PORTAL_DATA_DIR" envDefault:"./data"`           // embedded database and keys, mode 0700
	Demo      string `env:"PORTAL_DEMO"`                                   // "", "true" or "false"; "" = on when loopback and the store is empty

	SessionKeys []string `env:"PORTAL_SESSION_KEYS" envSeparator:"," secret:"true"` // cookie keys, newest first; empty = kept in DataDir

	// TLS of our own, in place of a proxy's: by ACME for the names of TLSDomains, or from files.
	TLSDomains   []string `env:"PORTAL_TLS_DOMAINS" envSeparator:","` // portal.example.af,…; the first is the public name
	TLSEmail     string   `env:"PORTAL_TLS_EMAIL"`                    // where the certificate authority writes to; may be empty
	TLSDirectory string   `env:"PORTAL_TLS_DIRECTORY"`                // ACME directory; empty = Let's Encrypt
	TLSCert      string   `env:"PORTAL_TLS_CERT"`                     // PEM file with the chain; read again when it changes
	TLSKey       string   `env:"PORTAL_TLS_KEY"`                      // PEM file
	HTTPAddr     string   `env:"PORTAL_HTTP_ADDR"`                    // listener that leads to HTTPS and answers ACME; empty = off

	SentryDSN string `env:"SENTRY_DSN" secret:"true"` // errors and what browsers report are sent there; empty = nowhere

	TrustedProxies []string `env:"PORTAL_TRUSTED_PROXIES" envSeparator:","` // CIDRs whose X-Forwarded-* are believed
	ConnectSrc     []string `env:"PORTAL_CONNECT_SRC" envSeparator:"," envDefault:"https://api.ghasi.io"`
	CSPMode        string   `env:"CSP_MODE" envDefault:"enforce"` // or "report-only"

	PlatformURL string `env:"PLATFORM_URL"` // remote platform's API origin; empty = embedded
	ClientID    string `env:"PLATFORM_CLIENT_ID" envDefault:"customer-portal"`
	// ServiceToken is the services' shared token: the staff side's calls carry it, and the embedded platform takes it.
	ServiceToken string `env:"PLATFORM_SERVICE_TOKEN" secret:"true"` // empty = kept in DataDir; with a remote platform: no staff pages
	DatabaseURL  string `env:"DATABASE_URL" secret:"true"`           // postgres://…; empty = SQLite in DataDir
	LogFormat    string `env:"PORTAL_LOG_FORMAT" envDefault:"text"`  // or "json"

	NATSURL string `env:"NATS_URL" secret:"true"` // nats://… or tls://…, several with commas; empty = a bus inside the process
	BlobURL string `env:"BLOB_URL" secret:"true"` // s3://ACCESS:SECRET@host/bucket?region=…&tls=…; empty = files in DataDir

	// The support desk that staff see tickets of: zendesk+https://example.zendesk.com with an agent's address and an API
	// token, or helpscout+https://api.helpscout.net with an application's id and secret. Empty = none; a demo has its own.
	// The key that signs quarterly reviews, at secret/cust/qbr-signing-key; without Vault one is made and kept in DataDir.
	VaultAddr      string `env:"VAULT_ADDR"` // https://vault.example.af:8200
	VaultToken     string `env:"VAULT_TOKEN" secret:"true"`
	VaultNamespace string `env:"VAULT_NAMESPACE"`

	SupportURL   string `env:"SUPPORT_URL"`
	SupportUser  string `env:"SUPPORT_USER"`
	SupportToken string `env:"SUPPORT_TOKEN" secret:"true"`

	// HealthWeights say how much each component of the health score counts; one that is not named does not.
	HealthWeights map[string]int `env:"HEALTH_WEIGHTS" envSeparator:"," envKeyValSeparator:"=" envDefault:"delivery=35,holds=20,payments=20,tickets=15,nps=10"`

	// WebhookLoopback lets webhooks reach this machine's own addresses: for development and tests.
	WebhookLoopback bool `env:"PLATFORM_WEBHOOK_ALLOW_LOOPBACK"`

	// Traces are sent when one of these two names a collector. The SDK reads the other OTEL_* variables itself.
	OTLPEndpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`        // base URL of the collector, http://collector:4318
	OTLPTracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"` // whole URL, in place of the one above
	OTelDisabled       bool   `env:"OTEL_SDK_DISABLED"`

	// People sign in at this OpenID provider, not at our own password page, when an issuer is named. A claim is a name
	// in its tokens, or a path of names with dots between them.
	OIDCIssuer        string   `env:"PLATFORM_OIDC_ISSUER"` // https://id.example.af/realms/ghasi
	OIDCClientID      string   `env:"PLATFORM_OIDC_CLIENT_ID"`
	OIDCClientSecret  string   `env:"PLATFORM_OIDC_CLIENT_SECRET" secret:"true"`
	OIDCScopes        []string `env:"PLATFORM_OIDC_SCOPES" envSeparator:" " envDefault:"openid profile email"`
	OIDCRolesClaim    string   `env:"PLATFORM_OIDC_ROLES_CLAIM" envDefault:"realm_access.roles"`
	OIDCTenantClaim   string   `env:"PLATFORM_OIDC_TENANT_CLAIM" envDefault:"tenant"` // a tenant's id or name
	OIDCLocaleClaim   string   `env:"PLATFORM_OIDC_LOCALE_CLAIM" envDefault:"locale"`
	OIDCNameClaim     string   `env:"PLATFORM_OIDC_NAME_CLAIM" envDefault:"name"`
	OIDCEmailClaim    string   `env:"PLATFORM_OIDC_EMAIL_CLAIM" envDefault:"email"`
	OIDCCreateTenants bool     `env:"PLATFORM_OIDC_CREATE_TENANTS"` // make a tenant for a tenant claim that is not known yet

	FirebaseLogin   bool   `env:"LEGACY_FIREBASE_LOGIN_ENABLED"` // the window in which accounts move from Firebase
	FirebaseProject string `env:"FIREBASE_PROJECT_ID"`
	FirebaseCerts   string `env:"FIREBASE_CERTS_URL" envDefault:"https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"`

	DrainTimeout time.Duration `env:"PORTAL_DRAIN_TIMEOUT" envDefault:"10s"` // how long SIGTERM waits for requests
}

// Load reads the environment and returns a valid Config, or one error that names every problem. A secret may come
// from a file named by <VARIABLE>_FILE instead.
func Load() (Config, error) {
	environ := env.ToMap(os.Environ())
	if err := readSecretFiles(environ); err != nil {
		return Config{}, err
	}
	return Parse(environ)
}

// Parse is [Load] on a given environment.
func Parse(environ map[string]string) (Config, error) {
	cfg, err := env.ParseAsWithOptions[Config](env.Options{Environment: environ})
	if err != nil {
		return Config{}, fmt.Errorf("read settings: %w", err)
	}
	if v, ok := environ["PORTAL_ADMIN_ADDR"]; ok && v == "" { // env takes an empty variable for an absent one
		cfg.AdminAddr = ""
	}
	return cfg, cfg.Validate()
}

// secretFiles are the settings that may be given as a file's path in <VARIABLE>_FILE.
var secretFiles = []string{
	"PORTAL_SESSION_KEYS", "DATABASE_URL", "PLATFORM_OIDC_CLIENT_SECRET", "PLATFORM_SERVICE_TOKEN", "SENTRY_DSN",
	"NATS_URL", "BLOB_URL", "SUPPORT_TOKEN", "VAULT_TOKEN",
}

func readSecretFiles(environ map[string]string) error {
	var errs []error
	for _, name := range secretFiles {
		path := environ[name+"_FILE"]
		if path == "" {
			continue
		}
		b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			errs = append(errs, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		environ[name] = strings.TrimSpace(string(b))
	}
	return errors.Join(errs...)
}

// Validate returns every problem of the settings in one error.
func (c Config) Validate() error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf(name+": "+format, args...))
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad("PORTAL_ADDR", "want host:port, got %q", c.Addr)
	}
	if c.AdminAddr != "" {
		if _, _, err := net.SplitHostPort(c.AdminAddr); err != nil {
			bad("PORTAL_ADMIN_ADDR", "want host:port or nothing, got %q", c.AdminAddr)
		}
	}
	if c.URL != "" && !isOrigin(c.URL) {
		bad("PORTAL_URL", "want an origin such as https://portal.example.af, got %q", c.URL)
	}
	if c.PlatformURL != "" && !isOrigin(c.PlatformURL) {
		bad("PLATFORM_URL", "want an origin such as https://api.example.af, got %q", c.PlatformURL)
	}
	if c.DataDir == "" {
		bad("PORTAL_DATA_DIR", "must name a folder")
	}
	if c.Demo != "" && c.Demo != "true" && c.Demo != "false" {
		bad("PORTAL_DEMO", "want true, false or nothing, got %q", c.Demo)
	}
	if c.Demo == "true" && !c.Loopback() {
		bad("PORTAL_DEMO", "the demo accounts' password is public, so they exist on loopback only; "+
			"set PORTAL_ADDR to 127.0.0.1:8080, or PORTAL_DEMO=false and create accounts of your own")
	}
	if c.CSPMode != "enforce" && c.CSPMode != "report-only" {
		bad("CSP_MODE", "want enforce or report-only, got %q", c.CSPMode)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		bad("PORTAL_LOG_FORMAT", "want text or json, got %q", c.LogFormat)
	}
	if c.DatabaseURL != "" && !strings.HasPrefix(c.DatabaseURL, "postgres://") && !strings.HasPrefix(c.DatabaseURL, "postgresql://") {
		bad("DATABASE_URL", "want postgres://…") // the value is a secret: not repeated
	}
	for name, endpoint := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": c.OTLPEndpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": c.OTLPTracesEndpoint,
	} {
		if endpoint != "" && !isURL(endpoint) {
			bad(name, "want a URL such as http://collector:4318, got %q", endpoint)
		}
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			bad("PORTAL_TRUSTED_PROXIES", "want CIDRs such as 10.0.0.0/8, got %q", p)
		}
	}
	if c.ServiceToken != "" && len(c.ServiceToken) < 32 {
		bad("PLATFORM_SERVICE_TOKEN", "is shorter than 32 characters")
	}
	for i, k := range c.SessionKeys {
		if len(k) < 32 {
			bad("PORTAL_SESSION_KEYS", "key %d is shorter than 32 characters", i+1)
		}
	}
	return errors.Join(slices.Concat(errs, c.validateVault(), c.validateTLS(), c.validateServices(), c.validateOIDC(), c.validateFirebase(), c.validateSuccess())...)
}

// Loopback reports whether the portal is for this machine alone: it listens on loopback, and its public address, if one
// is named, is no other. A listener on loopback behind a proxy is public.
func (c Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil || !isLoopback(host) || len(c.TrustedProxies) > 0 || len(c.TLSDomains) > 0 {
		return false
	}
	if c.URL == "" {
		return true
	}
	u, err := url.Parse(c.URL)
	return err == nil && isLoopback(u.Hostname())
}

// Traces returns the collector's address that spans are sent to: empty when tracing is off.
func (c Config) Traces() string {
	switch {
	case c.OTelDisabled:
		return ""
	case c.OTLPTracesEndpoint != "":
		return c.OTLPTracesEndpoint
	case c.OTLPEndpoint != "":
		return strings.TrimSuffix(c.OTLPEndpoint, "/") + "/v1/traces"
	}
	return ""
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.Path == "" && u.RawQuery == "" && u.Fragment == ""
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
