package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestWebhooks_GuideCode: the code that the guide shows verifies what the platform sends. Each sample runs as it is shown, but
// for its port, behind a proxy that brings HTTPS.
func TestWebhooks_GuideCode(t *testing.T) {
	for _, tt := range []struct {
		lang, file string
		program    func(t *testing.T, file string) *exec.Cmd
	}{
		{"go", "main.go", compiled},
		{"node", "receiver.mjs", func(t *testing.T, file string) *exec.Cmd { return exec.CommandContext(t.Context(), node(), file) }},
	} {
		t.Run(tt.lang, func(t *testing.T) {
			s := hookSite(t)
			b := newTab(t, s, look{}).as(someone(t, s, manager))
			b.visit("/webhooks/verify?lang=" + tt.lang)
			sample := eval[string](b, `document.querySelector("#code-verify").textContent`)
			address := freeAddress(t)
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			sample = strings.NewReplacer("127.0.0.1:8000", address, "listen(8000, '127.0.0.1')", fmt.Sprintf("listen(%s, '%s')", port, host)).Replace(sample)
			target, err := url.Parse("http://" + address)
			if err != nil {
				t.Fatal(err)
			}
			front := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(target))
			defer front.Close()
			b.visit("/webhooks")
			card, secret := b.addWebhook(front.URL + "/ghasi")
			out := runSample(t, tt.file, sample, secret, tt.program)
			waitFor(t, address)
			b.visit("/webhooks/" + strings.TrimPrefix(card, "#"))
			b.click(".page-actions button.btn-primary")
			b.seeText("#attempts tbody tr", "Accepted")
			if !strings.Contains(out(), "webhook.test") || !strings.Contains(out(), "dlv_") {
				t.Errorf("the sample printed %q", out())
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/ghasi", strings.NewReader(`{"type":"forged"}`))
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusUnauthorized {
				t.Errorf("what is not signed is answered with %d", res.StatusCode)
			}
		})
	}
}

// compiled is a Go program.
func compiled(t *testing.T, file string) *exec.Cmd {
	t.Helper()
	binary := strings.TrimSuffix(file, ".go")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, file).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", file, err, out)
	}
	return exec.CommandContext(t.Context(), binary)
}

// runSample runs a program until the test ends, and returns what it has printed so far.
func runSample(t *testing.T, file, code, secret string, program func(*testing.T, string) *exec.Cmd) func() string {
	t.Helper()
	if err := os.MkdirAll("out", 0o750); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("out", "sample-") // below node_modules, where the sample finds its library
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path, err := filepath.Abs(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	var out printed
	cmd := program(t, path)
	cmd.Env = append(os.Environ(), "GHASI_WEBHOOK_SECRET="+secret) //nolint:forbidigo // the sample needs what this test was started with
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's end kills it
	return out.String
}

// printed is what a program has printed.
type printed struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// waitFor waits until something listens. A Go sample has to be compiled first.
func waitFor(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(4 * patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return
		}
	}
	t.Fatalf("nothing listens on %s", address)
}
