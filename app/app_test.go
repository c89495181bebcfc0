package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/config"
)

// settings are a valid configuration on a free loopback port, with data below dir.
func settings(dir string) config.Config {
	return config.Config{
		Addr: "127.0.0.1:0", DataDir: dir, ClientID: "customer-portal", CSPMode: "enforce", LogFormat: "text",
		DrainTimeout: 2 * time.Second,
	}
}

// withoutDemo are the settings of a portal that nobody can sign in to: a demo takes long to make.
func withoutDemo(dir string) config.Config {
	cfg := settings(dir)
	cfg.Demo = "false"
	return cfg
}

func newApp(t *testing.T, cfg config.Config) (*App, error) {
	t.Helper()
	return New(t.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler), Now: time.Now, Build: "test"})
}

// run serves a and returns a function that stops it and fails the test when it did not end well.
func run(t *testing.T, a *App) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			t.Errorf("stop: %v", err)
		}
	}
}

// TestRun_StopsDespiteAHangingClient: a client that never finishes its request is cut off when the drain is over, and the
// stop is still a good one.
func TestRun_StopsDespiteAHangingClient(t *testing.T) {
	cfg := settings(t.TempDir())
	cfg.Demo, cfg.DrainTimeout = "false", 200*time.Millisecond
	a, err := newApp(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, a)
	conn, err := net.Dial("tcp", a.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the server has closed it
	if _, err := conn.Write([]byte("POST /csp-report HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	get(t, a.URL()+"/healthz") // by now the server has read what there is
	stop()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// head asks for the headers alone and returns the status.
func head(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err != nil || len(body) != 0 {
		t.Errorf("HEAD %s: %d bytes, %v", url, len(body), err)
	}
	return res.StatusCode
}

func TestApp_StartsServesStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	cfg := settings(dir)
	cfg.AdminAddr = "127.0.0.1:0"
	a, err := newApp(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, a)
	if !a.Demo() {
		t.Error("an empty store on loopback is not seeded")
	}
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/login": 200, "/nowhere": 404, "/v1/nowhere": 404,
		"/.well-known/jwks.json": 200, "/v1/openapi.yaml": 200, "/robots.txt": 200,
	} {
		if got, _ := get(t, a.URL()+path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/login": 200, "/nowhere": 404, "/.well-known/jwks.json": 200} {
		if got := head(t, a.URL()+path); got != want {
			t.Errorf("HEAD %s: %d, want %d", path, got, want)
		}
	}
	if _, body := get(t, a.AdminURL()+"/metrics"); !strings.Contains(body, "customer_portal_request_duration_seconds") {
		t.Error("no request figures on the private listener")
	}
	stop()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("data folder: %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Join(dir, "session.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("session key: %v, %v", info, err)
	}
}

func TestApp_LaterStartsKeepTheData(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		a, err := newApp(t, settings(dir))
		if err != nil {
			t.Fatal(err)
		}
		run(t, a)()
		if !a.Demo() {
			t.Error("the demo is not recognised again")
		}
	}
}

func TestApp_DemoStaysOnLoopback(t *testing.T) {
	t.Run("NotSeeded", func(t *testing.T) {
		cfg := settings(t.TempDir())
		cfg.Addr = ":0"
		a, err := newApp(t, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = a.Close() }()
		if a.Demo() {
			t.Error("demo accounts on every interface")
		}
		if empty, err := a.platform.Empty(t.Context()); err != nil || !empty {
			t.Errorf("empty %v, %v", empty, err)
		}
	})
	t.Run("NotServed", func(t *testing.T) {
		dir := t.TempDir()
		a, err := newApp(t, settings(dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		cfg := settings(dir)
		cfg.Addr = ":0"
		if _, err := newApp(t, cfg); !errors.Is(err, errDemoAbroad) {
			t.Errorf("a data folder with demo accounts is served on every interface: %v", err)
		}
	})
}

func TestApp_BadStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*config.Config){
		"port in use":     func(c *config.Config) { c.AdminAddr = "127.0.0.1:1"; c.Addr = "192.0.2.1:0" },
		"data is a file":  func(c *config.Config) { c.DataDir = file },
		"no database":     func(c *config.Config) { c.DatabaseURL = "postgres://127.0.0.1:1/none?connect_timeout=1" },
		"damaged key":     func(c *config.Config) { damage(t, c.DataDir) },
		"unreadable CIDR": func(c *config.Config) { c.TrustedProxies = []string{"everywhere"} },
	} {
		cfg := settings(t.TempDir())
		change(&cfg)
		if a, err := newApp(t, cfg); err == nil {
			t.Errorf("%s: started", name)
			_ = a.Close()
		}
	}
}

func damage(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "session.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCommand_AccountCreate(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PORTAL_DATA_DIR", dir)
	t.Setenv("PORTAL_ADMIN_ADDR", "")
	create := func(email, password string) (string, error) {
		var out bytes.Buffer
		cmd := Command("test")
		cmd.SetArgs([]string{"account", "create", "--email", email, "--name", "Ahmad", "--tenant", "Example Ltd"})
		cmd.SetIn(strings.NewReader(password + "\n"))
		cmd.SetOut(&out)
		return out.String(), cmd.ExecuteContext(t.Context())
	}
	if _, err := create("ahmad@example.af", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	if _, err := create("ahmad@example.af", "correct horse battery"); err == nil {
		t.Error("the same address twice")
	}
	if _, err := create("nabi@example.af", "short"); err == nil || strings.Contains(err.Error(), "short\n") {
		t.Errorf("a short password: %v", err)
	}
	cfg := settings(dir)
	a, err := newApp(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	if a.Demo() {
		t.Error("the demo is seeded beside real accounts")
	}
}

func TestGreet(t *testing.T) {
	var b bytes.Buffer
	(&App{url: "http://localhost:8080"}).greet(&b)
	if b.String() != "Ghasi customer portal on http://localhost:8080\n" {
		t.Errorf("%q", b.String())
	}
	(&App{url: "http://localhost:8080", demo: true}).greet(&b)
	for _, account := range []string{"customer", "manager", "norole", "tam", "admin"} {
		if !strings.Contains(b.String(), account+"@demo.ghasi.test") {
			t.Errorf("%s is not named", account)
		}
	}
}
