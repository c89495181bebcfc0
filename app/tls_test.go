package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/config"
)

// issue writes a self-signed certificate for localhost named by serial, and returns its files.
func issue(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		stamp := time.Unix(1_700_000_000+serial, 0) // file systems may not tell two writes in one instant apart
		if err := os.Chtimes(name, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// tlsApp is a portal that ends TLS itself, with its redirector.
func tlsApp(t *testing.T, dir string) *App {
	t.Helper()
	cfg := settings(filepath.Join(dir, "data"))
	cfg.TLSCert, cfg.TLSKey = issue(t, dir, 1)
	cfg.HTTPAddr, cfg.Demo = "127.0.0.1:0", "false"
	a, err := newApp(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(run(t, a))
	return a
}

// dial makes one handshake with the portal.
func dial(t *testing.T, a *App, conf *tls.Config) (*tls.ConnectionState, error) {
	t.Helper()
	conf.InsecureSkipVerify, conf.ServerName = true, "localhost"
	conn, err := tls.Dial("tcp", a.listener.Addr().String(), conf)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	state := conn.ConnectionState()
	return &state, nil
}

func TestTLS_CertificateFiles(t *testing.T) {
	dir := t.TempDir()
	a := tlsApp(t, dir)
	if !strings.HasPrefix(a.URL(), "https://localhost:") {
		t.Fatalf("public origin %s", a.URL())
	}
	serial := func() int64 {
		state, err := dial(t, a, &tls.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("certificate %d", got)
	}
	issue(t, dir, 2) // renewed by somebody else
	if got := serial(); got != 2 {
		t.Errorf("after the renewal: certificate %d", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("half writ"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 2 {
		t.Errorf("with a damaged file: certificate %d", got)
	}

	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := client.Get(a.URL() + "/login")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Errorf("%s by %s", res.Status, res.Proto)
	}
	for name, part := range map[string]string{
		"Content-Security-Policy": "upgrade-insecure-requests", "Content-Security-Policy-Report-Only": "report-to csp",
		"Strict-Transport-Security": "max-age=31536000", "Reporting-Endpoints": "/csp-report",
	} {
		if !strings.Contains(res.Header.Get(name), part) {
			t.Errorf("%s is %q", name, res.Header.Get(name))
		}
	}
}

func TestTLS_OldAndWeakIsRefused(t *testing.T) {
	a := tlsApp(t, t.TempDir())
	for name, conf := range map[string]*tls.Config{
		"TLS 1.1":        {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"CBC":            {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}},
		"no forward sec": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}},
	} {
		if state, err := dial(t, a, conf); err == nil {
			t.Errorf("%s: connected with %s", name, tls.CipherSuiteName(state.CipherSuite))
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if _, err := dial(t, a, &tls.Config{MinVersion: version, MaxVersion: version}); err != nil {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}

func TestTLS_Redirector(t *testing.T) {
	a := tlsApp(t, t.TempDir())
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, tt := range []struct {
		method, host string
		status       int
	}{
		{http.MethodGet, "localhost", 301}, {http.MethodHead, "localhost", 301}, {http.MethodPost, "localhost", 308}, {http.MethodGet, "evil.test", 301},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, "http://"+a.plain.Addr().String()+"/messages?q=%2B93", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = tt.host
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if want := a.URL() + "/messages?q=%2B93"; res.StatusCode != tt.status || res.Header.Get("Location") != want {
			t.Errorf("%s to %s: %s to %q, want %q", tt.method, tt.host, res.Status, res.Header.Get("Location"), want)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Error("the redirector has not the headers of the table")
		}
	}
}

// TestTLS_ACME: names of ours are asked for at the directory, others are not, and challenges are answered over HTTP.
func TestTLS_ACME(t *testing.T) {
	asked := make(chan string, 10)
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer directory.Close()
	cfg := settings(t.TempDir())
	cfg.TLSDomains, cfg.TLSDirectory, cfg.HTTPAddr, cfg.Demo = []string{"portal.example.af", "www.example.af"}, directory.URL+"/dir", "127.0.0.1:0", "false"
	a, err := newApp(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(run(t, a))
	if !strings.HasPrefix(a.URL(), "https://portal.example.af:") {
		t.Errorf("public origin %s", a.URL())
	}
	shake := func(name string) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		d := tls.Dialer{Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}
		if conn, err := d.DialContext(ctx, "tcp", a.listener.Addr().String()); err == nil {
			_ = conn.Close()
			t.Errorf("%s: a certificate out of nothing", name)
		}
	}
	shake("evil.test")
	if len(asked) != 0 {
		t.Error("a certificate for somebody else's name is asked for")
	}
	shake("portal.example.af")
	if len(asked) == 0 || <-asked != "/dir" {
		t.Error("the directory is not asked for our own name")
	}
	r := httptest.NewRequest(http.MethodGet, "http://www.example.af/.well-known/acme-challenge/none", nil)
	w := httptest.NewRecorder()
	a.redirector.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("a challenge that is none: %d", w.Code)
	}
	r = httptest.NewRequest(http.MethodGet, "http://www.example.af/login", nil)
	w = httptest.NewRecorder()
	a.redirector.Handler.ServeHTTP(w, r)
	_, port, _ := net.SplitHostPort(a.listener.Addr().String())
	if want := "https://www.example.af:" + port + "/login"; w.Header().Get("Location") != want {
		t.Errorf("a second name of ours leads to %q, want %q", w.Header().Get("Location"), want)
	}
}

func TestTLS_BadFiles(t *testing.T) {
	cfg := settings(t.TempDir())
	cfg.TLSCert, cfg.TLSKey, cfg.Demo = "/nowhere/cert.pem", "/nowhere/key.pem", "false"
	a, err := newApp(t, cfg)
	if err == nil {
		_ = a.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "PORTAL_TLS_CERT") {
		t.Errorf("started without its certificate: %v", err)
	}
}

// TestProxy_IsMissedAtStart: behind a proxy that nobody has named, addresses and headers are wrong; the log says so.
func TestProxy_IsMissedAtStart(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*config.Config)
		want   bool
	}{
		"https without a proxy": {func(c *config.Config) { c.URL = "https://portal.example.af" }, true},
		"proxy named": {func(c *config.Config) {
			c.URL = "https://portal.example.af"
			c.TrustedProxies = []string{"127.0.0.1/32"}
		}, false},
		"loopback": {func(*config.Config) {}, false},
	} {
		cfg := settings(t.TempDir())
		cfg.Demo = "false"
		tt.change(&cfg)
		var log strings.Builder
		a, err := New(t.Context(), cfg, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Build: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "PORTAL_TRUSTED_PROXIES"); got != tt.want {
			t.Errorf("%s: warned %v\n%s", name, got, log.String())
		}
		_ = a.Close()
	}
}
