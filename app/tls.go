package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"ghasi.io/portal/config"
	"ghasi.io/portal/handlers/web"
)

// ciphers are those of TLS 1.2 with forward secrecy and authenticated encryption; TLS 1.3 has no others.
var ciphers = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// secureTLS prepares the listener's TLS by the settings, and wraps the redirector's handler where ACME has to answer there.
// Both are nil when somebody before us ends TLS.
func secureTLS(cfg config.Config, log *slog.Logger) (conf *tls.Config, challenge func(http.Handler) http.Handler, err error) {
	conf = &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: ciphers, NextProtos: []string{"h2", "http/1.1"}}
	switch {
	case len(cfg.TLSDomains) > 0:
		m := &autocert.Manager{
			Prompt: autocert.AcceptTOS, Email: cfg.TLSEmail, HostPolicy: autocert.HostWhitelist(cfg.TLSDomains...),
			Cache: autocert.DirCache(filepath.Join(cfg.DataDir, "certificates")),
		}
		if cfg.TLSDirectory != "" {
			m.Client = &acme.Client{DirectoryURL: cfg.TLSDirectory}
		}
		conf.GetCertificate = m.GetCertificate
		conf.NextProtos = append(conf.NextProtos, acme.ALPNProto)
		return conf, m.HTTPHandler, nil
	case cfg.TLSCert != "":
		files := &certFiles{cert: cfg.TLSCert, key: cfg.TLSKey, log: log}
		if _, err := files.current(); err != nil {
			return nil, nil, fmt.Errorf("PORTAL_TLS_CERT: %w", err)
		}
		conf.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return files.current() }
		return conf, nil, nil
	}
	return nil, nil, nil
}

// certFiles is a certificate on disk, read again when its files change: whoever renews it need not restart us.
type certFiles struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	stamp  [2]time.Time // of the files that were tried last
}

// current returns the certificate of now. Files that do not fit leave the one before in use: they may be half written.
func (f *certFiles) current() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamp, err := modified(f.cert, f.key)
	if err == nil && f.loaded != nil && stamp == f.stamp {
		return f.loaded, nil
	}
	if err == nil {
		f.stamp = stamp
		var fresh tls.Certificate
		if fresh, err = tls.LoadX509KeyPair(f.cert, f.key); err == nil {
			f.loaded = &fresh
			return f.loaded, nil
		}
	}
	if f.loaded == nil {
		return nil, err
	}
	f.log.Error("certificate not renewed; the one before stays in use", "cause", err)
	return f.loaded, nil
}

func modified(names ...string) (stamp [2]time.Time, err error) {
	for i, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return stamp, err
		}
		stamp[i] = info.ModTime()
	}
	return stamp, nil
}

// listenHTTP opens the listener that leads to HTTPS.
func (a *App) listenHTTP(ctx context.Context) (err error) {
	if a.cfg.HTTPAddr == "" {
		return nil
	}
	var lc net.ListenConfig
	if a.plain, err = lc.Listen(ctx, "tcp", a.cfg.HTTPAddr); err != nil {
		return fmt.Errorf("PORTAL_HTTP_ADDR: %w", err)
	}
	return nil
}

// publicURL is the portal's origin by the settings, or by what it listens on.
func publicURL(cfg config.Config, l net.Listener) (string, error) {
	if cfg.URL != "" {
		return strings.TrimSuffix(cfg.URL, "/"), nil
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", fmt.Errorf("own address: %w", err)
	}
	if !cfg.TLS() {
		return "http://localhost:" + port, nil
	}
	host := "localhost"
	if len(cfg.TLSDomains) > 0 {
		host = cfg.TLSDomains[0]
	}
	if port != "443" {
		host = net.JoinHostPort(host, port)
	}
	return "https://" + host, nil
}

// toHTTPS leads every address to its like at the public origin, or at the same name when that is one of ours: only a name
// that the browser has asked for over HTTP can learn of HSTS there.
func toHTTPS(public string, names []string) (http.Handler, error) {
	u, err := url.Parse(public)
	if err != nil || u.Host == "" {
		return nil, errors.Join(fmt.Errorf("public origin %q", public), err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, name := u.Host, hostOf(r.Host)
		if name != u.Hostname() && slices.Contains(names, name) {
			host = name
			if u.Port() != "" {
				host = net.JoinHostPort(name, u.Port())
			}
		}
		status := http.StatusPermanentRedirect
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			status = http.StatusMovedPermanently
		}
		target := url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		w.Header().Set("Location", target.String())
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(status)
	}), nil
}

// plainHTTP is what becomes of requests without TLS, for the self-check on the security page.
func plainHTTP(cfg config.Config) string {
	switch {
	case !cfg.TLS():
		return web.PlainNotChecked
	case cfg.HTTPAddr != "":
		return web.PlainRedirects
	}
	return web.PlainRefused
}

func hostOf(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return hostPort
	}
	return host
}

// warnOfProxy tells what a deployment behind a proxy most often forgets.
func (a *App) warnOfProxy(ctx context.Context) {
	if strings.HasPrefix(a.url, "https://") && !a.cfg.TLS() && len(a.cfg.TrustedProxies) == 0 {
		a.log.WarnContext(ctx, "PORTAL_URL is https, but nobody here ends TLS and no proxy is trusted: visitors' addresses and "+
			"the security headers of TLS will be wrong; name the proxy's network in PORTAL_TRUSTED_PROXIES")
	}
}

// distrusted tells, once, of a proxy that the settings do not name.
func (a *App) distrusted(r *http.Request) {
	a.log.WarnContext(r.Context(), "X-Forwarded headers from a peer that is not in PORTAL_TRUSTED_PROXIES are ignored",
		"peer", hostOf(r.RemoteAddr))
}
