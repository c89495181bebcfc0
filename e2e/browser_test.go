// Package e2e drives the real app in a real browser: what a person does, what they see, and what the browser's console
// says about it. Every tab fails its test on any console error or policy violation that the test did not expect.
package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ghasi.io/portal/app"
	"ghasi.io/portal/config"
)

// patience bounds every wait for the page to become as it should. It is long because CI machines are slow, not because
// pages are.
const patience = 20 * time.Second

var (
	browser context.Context // the one browser of the run; each tab has its own profile in it
	shared  *site           // demo data, started once, for tests that change nothing other tests look at
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	path, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e needs chromium (make test installs it):", err)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "en-US"),
		chromedp.Flag("force-device-scale-factor", "1"), chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("disable-lcd-text", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	defer stopAllocator()
	var stopBrowser context.CancelFunc
	browser, stopBrowser = chromedp.NewContext(allocator)
	defer stopBrowser()
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintln(os.Stderr, "start chromium:", err)
		return 1
	}
	dir, err := os.MkdirTemp("", "portal-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := trustReceivers(dir); err != nil {
		fmt.Fprintln(os.Stderr, "receivers:", err)
		return 1
	}
	shared, err = start(dir, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, "start app:", err)
		return 1
	}
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop app:", err)
		return 1
	}
	return code
}

// site is one running app.
type site struct {
	app  *app.App
	url  string
	stop func() error
}

// start runs an app on free loopback ports with demo data below dir.
func start(dir string, change func(*config.Config)) (*site, error) {
	return startWith(dir, change, app.Options{Now: time.Now})
}

// startAt is start with a clock of the test's own.
func startAt(dir string, change func(*config.Config), now func() time.Time) (*site, error) {
	return startWith(dir, change, app.Options{Now: now})
}

// startWith is start with what a test changes about the process.
func startWith(dir string, change func(*config.Config), o app.Options) (*site, error) {
	cfg := config.Config{
		Addr: "127.0.0.1:0", DataDir: filepath.Join(dir, "data"), ClientID: "customer-portal", CSPMode: "enforce",
		ConnectSrc: []string{"https://api.ghasi.io"}, LogFormat: "text", DrainTimeout: 5 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("E2E_LOG") != "" { //nolint:forbidigo // a switch for whoever debugs a test
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	o.Log, o.Build = log, "e2e"
	a, err := app.New(ctx, cfg, o)
	if err != nil {
		cancel()
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return &site{app: a, url: a.URL(), stop: func() error {
		cancel()
		err := <-done
		if closeErr := a.Close(); err == nil {
			err = closeErr
		}
		return err
	}}, nil
}

// newSite starts an app for one test alone.
func newSite(t *testing.T, change func(*config.Config)) *site {
	t.Helper()
	s, err := start(t.TempDir(), change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop app: %v", err)
		}
	})
	return s
}

// tab is one browser tab with a profile of its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site

	mu       sync.Mutex
	problems []string
	expected []string
}

// look is how a person's browser is set up.
type look struct {
	width  int64
	locale string // "" = en
	dark   bool
	noJS   bool
}

// newTab opens a tab on s. At the end of the test it must have no console errors but the expected ones.
func newTab(t *testing.T, s *site, l look) *tab {
	t.Helper()
	return openTab(t, s, l, chromedp.WithNewBrowserContext())
}

// second opens another tab with the same profile.
func (b *tab) second() *tab {
	b.t.Helper()
	return openTab(b.t, b.site, look{}, chromedp.WithExistingBrowserContext(chromedp.FromContext(b.ctx).BrowserContextID))
}

func openTab(t *testing.T, s *site, l look, profile chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, site: s}
	ctx, cancel := chromedp.NewContext(browser, profile, chromedp.WithListener(b.listen))
	t.Cleanup(func() {
		if t.Failed() {
			b.screenshot(strings.ReplaceAll(t.Name(), "/", "_") + ".png")
		}
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.problems {
			if !contains(b.expected, p) {
				t.Errorf("browser console: %s", p)
			}
		}
	})
	b.ctx = ctx
	if l.width == 0 {
		l.width = 1280
	}
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	b.do(chromedp.EmulateViewport(l.width, 900))
	b.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
	if l.locale != "" {
		b.call(func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
				UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156 Safari/537.36", AcceptLanguage: l.locale,
			})
			return err
		})
	}
	if l.noJS {
		b.call(func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			return err
		})
	}
	return b
}

// listen collects what the console shows in red or yellow.
func (b *tab) listen(event any) {
	var problem string
	switch e := event.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			problem = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		problem = "uncaught: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			for _, a := range e.Args {
				problem += string(a.Value) + " " + a.Description + " "
			}
		}
	}
	if problem != "" {
		b.mu.Lock()
		b.problems = append(b.problems, problem)
		b.mu.Unlock()
	}
}

// expect allows console messages that contain text: the browser logs every 4xx of a page under test.
func (b *tab) expect(text string) { b.expected = append(b.expected, text) }

func contains(parts []string, s string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
