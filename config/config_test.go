package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse_Defaults(t *testing.T) {
	cfg, err := Parse(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != "127.0.0.1:8080" || cfg.DataDir != "./data" || cfg.CSPMode != "enforce" || !cfg.Loopback() {
		t.Errorf("defaults: %+v", cfg)
	}
}

func TestParse_EmptyAdminAddressIsOff(t *testing.T) {
	cfg, err := Parse(map[string]string{"PORTAL_ADMIN_ADDR": ""})
	if err != nil || cfg.AdminAddr != "" {
		t.Errorf("admin listener on %q, %v", cfg.AdminAddr, err)
	}
	if cfg, _ := Parse(map[string]string{}); cfg.AdminAddr != "127.0.0.1:9090" {
		t.Errorf("default %q", cfg.AdminAddr)
	}
}

func TestParse_AllProblemsAtOnce(t *testing.T) {
	_, err := Parse(map[string]string{
		"PORTAL_ADDR": "8080", "PORTAL_URL": "https://u:p@portal.test/x", "PLATFORM_URL": "ftp://x", "PORTAL_DEMO": "yes",
		"CSP_MODE": "off", "DATABASE_URL": "mysql://secret", "PORTAL_SESSION_KEYS": "short", "PORTAL_TRUSTED_PROXIES": "10.0.0.1",
		"PORTAL_LOG_FORMAT": "xml", "PORTAL_ADMIN_ADDR": "nowhere", "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{
		"PORTAL_ADDR", "PORTAL_URL", "PLATFORM_URL", "PORTAL_DEMO", "CSP_MODE", "DATABASE_URL", "PORTAL_SESSION_KEYS",
		"PORTAL_TRUSTED_PROXIES", "PORTAL_LOG_FORMAT", "PORTAL_ADMIN_ADDR", "OTEL_EXPORTER_OTLP_ENDPOINT",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s", name)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("the error repeats a secret")
	}
}

func TestParse_DemoOnlyOnLoopback(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, "0.0.0.0:1": false, ":1": false, "192.0.2.1:1": false,
	} {
		_, err := Parse(map[string]string{"PORTAL_ADDR": addr, "PORTAL_DEMO": "true"})
		if (err == nil) != ok {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestLoopback_PublicAddressCounts(t *testing.T) {
	for url, want := range map[string]bool{
		"": true, "http://localhost:8080": true, "http://127.0.0.1": true, "https://portal.example.af": false,
	} {
		if got := (Config{Addr: "127.0.0.1:8080", URL: url}).Loopback(); got != want {
			t.Errorf("PORTAL_URL=%s: %v, want %v", url, got, want)
		}
	}
	if (Config{Addr: "127.0.0.1:8080", TrustedProxies: []string{"127.0.0.1/32"}}).Loopback() {
		t.Error("a portal behind a proxy counts as loopback")
	}
}

func TestSecretFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(path, []byte("postgres://file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := map[string]string{"DATABASE_URL_FILE": path}
	if err := readSecretFiles(environ); err != nil {
		t.Fatal(err)
	}
	if environ["DATABASE_URL"] != "postgres://file" {
		t.Errorf("got %q", environ["DATABASE_URL"])
	}
	if err := readSecretFiles(map[string]string{"DATABASE_URL_FILE": path + "x"}); err == nil {
		t.Error("an absent file is no error")
	}
}

func TestPrint_HidesSecrets(t *testing.T) {
	var b bytes.Buffer
	if err := Print(&b, Config{DatabaseURL: "postgres://s3cret", Addr: "127.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "s3cret") || !strings.Contains(b.String(), "127.0.0.1:1") {
		t.Errorf("printed:\n%s", b.String())
	}
}

func TestTraces(t *testing.T) {
	for _, tt := range []struct {
		environ map[string]string
		want    string
	}{
		{map[string]string{}, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "http://collector:4318/v1/traces"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/x/"}, "http://collector:4318/x/v1/traces"},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://traces:4318/here", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"},
			"http://traces:4318/here"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, ""},
	} {
		cfg, err := Parse(tt.environ)
		if err != nil || cfg.Traces() != tt.want {
			t.Errorf("%v: %q, %v", tt.environ, cfg.Traces(), err)
		}
	}
}

func TestFirebase(t *testing.T) {
	for _, tt := range []struct {
		project, certs, platform string
		ok                       bool
	}{
		{"ghasi-legacy", "", "", true}, {"", "", "", false}, {"ghasi-legacy", "certs", "", false}, {"", "", "https://api.example.af", true},
	} {
		environ := map[string]string{"LEGACY_FIREBASE_LOGIN_ENABLED": "true", "FIREBASE_PROJECT_ID": tt.project, "PLATFORM_URL": tt.platform}
		if tt.certs != "" {
			environ["FIREBASE_CERTS_URL"] = tt.certs
		}
		if _, err := Parse(environ); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	if cfg, err := Parse(nil); err != nil || cfg.FirebaseLogin {
		t.Errorf("the window is open by default, or %v", err)
	}
}
