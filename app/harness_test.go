package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/app"
	"ghasi.io/portal/config"
	"ghasi.io/portal/handlers/web/webtest"
)

const (
	customer = "customer@demo.ghasi.test"
	staff    = "tam@demo.ghasi.test"
	password = "portal-demo"
)

// clock is the real time, moved on by the test.
type clock struct {
	mu  sync.Mutex
	add time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.add)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add += d
}

// lines is a log that tests read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// site is the whole app, serving on loopback.
type site struct {
	*app.App
	clock *clock
	log   *lines
	stop  func()
}

// settings are those of a demo below dir.
func settings(dir string) config.Config {
	return config.Config{
		Addr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0", DataDir: dir, ClientID: "customer-portal", CSPMode: "enforce",
		LogFormat: "json", DrainTimeout: 5 * time.Second,
	}
}

func start(t *testing.T, cfg config.Config, options ...func(*app.Options)) *site {
	t.Helper()
	if _, err := os.Stat(filepath.Join(cfg.DataDir, "platform.db")); os.IsNotExist(err) && cfg.PlatformURL == "" {
		app.WithDemo(t, cfg.DataDir)
	}
	s := &site{clock: &clock{}, log: &lines{}}
	o := app.Options{Log: slog.New(slog.NewJSONHandler(s.log, nil)), Now: s.clock.now, Build: "test"}
	for _, change := range options {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := app.New(ctx, cfg, o)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s.App = a
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

// person is a browser's cookies.
type person struct {
	t     *testing.T
	url   string
	agent string
	mu    sync.Mutex
	jar   map[string]string
}

// newPerson opens a browser at s.
func newPerson(t *testing.T, s *site) *person {
	return &person{t: t, url: s.URL(), jar: map[string]string{}, agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36"}
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

func (a answer) doc(t *testing.T) *webtest.Document { return webtest.Doc(t, a.body) }

func (p *person) get(path string, headers ...string) answer {
	p.t.Helper()
	return p.do(http.MethodGet, path, nil, headers)
}

func (p *person) post(path string, form url.Values, headers ...string) answer {
	p.t.Helper()
	return p.do(http.MethodPost, path, form, headers)
}

func (p *person) do(method, path string, form url.Values, headers []string) answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, p.url+strings.TrimPrefix(path, p.url), strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("User-Agent", p.agent)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	p.mu.Lock()
	for name, value := range p.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	p.mu.Unlock()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(p.jar, c.Name)
		} else {
			p.jar[c.Name] = c.Value
		}
	}
	return answer{res, string(body)}
}

// signIn does a whole sign-in from a link to the sign-in page, "/login/start", and returns the page that it leads to.
func (p *person) signIn(from, email string) string {
	p.t.Helper()
	form := p.get(p.get(from).Header.Get("Location")).doc(p.t)
	done := p.post(form.Attr("form.form", "action"), url.Values{
		"request": {form.Attr(`input[name="request"]`, "value")}, "email": {email}, "password": {password},
	})
	_, callback, found := strings.Cut(done.Header.Get("Refresh"), "url=")
	if !found {
		p.t.Fatalf("sign in as %s: %s\n%s", email, done.Status, done.body)
	}
	landed := p.get(callback)
	_, next, _ := strings.Cut(landed.Header.Get("Refresh"), "url=")
	if p.jar["__session"] == "" || next == "" {
		p.t.Fatalf("sign in as %s: no session after %s to %q", email, landed.Status, landed.Header.Get("Location"))
	}
	return next
}

// scrape reads the private listener's metrics.
func scrape(t *testing.T, s *site) string {
	t.Helper()
	admin := &person{t: t, url: s.AdminURL(), jar: map[string]string{}}
	res := admin.get("/metrics")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %s", res.Status)
	}
	return res.body
}

// valueOf reads one sample of a scrape.
func valueOf(t *testing.T, scraped, sample string) float64 {
	t.Helper()
	for line := range strings.Lines(scraped) {
		if rest, ok := strings.CutPrefix(line, sample+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no sample %s", sample)
	return 0
}
