package e2e

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"ghasi.io/portal/config"
)

// fault is what is wrong with the way to the platform.
type fault func(http.ResponseWriter, *http.Request)

// down breaks the connection off, as a dead host does.
func down(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// broken answers as a proxy does whose upstream has a fault.
func broken(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write([]byte("<h1>panic: goroutine 1 [running]</h1>"))
}

// silent takes the request and never answers.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// busy asks for patience.
func busy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "30")
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(`{"type":"about:blank","title":"Too many requests","status":429,"code":"rate_limited"}`))
}

// split is a portal and a platform in two apps behind one address, as a gateway in front of a deployment shows them, with a
// switch on the way to the platform.
type split struct {
	*site
	fault atomic.Pointer[fault]
}

func (s *split) set(f fault) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

func newSplit(t *testing.T) *split {
	t.Helper()
	s := &split{}
	var portal, platform atomic.Pointer[httputil.ReverseProxy]
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1/") && !strings.HasPrefix(r.URL.Path, "/.well-known/") {
			portal.Load().ServeHTTP(w, r)
			return
		}
		if f := s.fault.Load(); f != nil {
			(*f)(w, r)
			return
		}
		platform.Load().ServeHTTP(w, r)
	}))
	t.Cleanup(gateway.Close)
	address := strings.Replace(gateway.URL, "127.0.0.1", "localhost", 1)
	behind, front := freeAddress(t), freeAddress(t)
	newSite(t, func(c *config.Config) { c.Addr, c.URL = behind, address })
	platform.Store(proxy(behind))
	newSite(t, func(c *config.Config) { c.Addr, c.URL, c.PlatformURL = front, address, address })
	portal.Store(proxy(front))
	s.site = &site{url: address}
	return s
}

// freeAddress is a loopback address that nothing listens on: an app behind the gateway says another one of itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func proxy(address string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.Out.Host = r.In.Host
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

func TestFaults(t *testing.T) {
	s := newSplit(t)
	p := someone(t, s.site, customer)
	b := newTab(t, s.site, look{}).as(p)
	for _, status := range []string{"500", "503", "429"} {
		b.expect("status of " + status)
	}
	b.visit("/dashboard")
	b.seeText(".tenant-name", "Pamir Logistics")
	for _, tt := range []struct {
		name  string
		fault fault
		text  string
	}{
		{"down", down, "not answering right now"}, {"broken", broken, "Try again"}, {"busy", busy, "Try again in 30 seconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parent := b.t
			b.t = t
			defer func() { b.t = parent }()
			defer s.set(nil)
			for _, path := range []string{"/dashboard", "/messages?status=failed", "/api-keys"} {
				s.set(tt.fault)
				b.visit(path)
				b.clearError(tt.text)
				s.set(nil)
				b.recovers(path)
			}
		})
	}
}

// clearError checks that the page says what is the matter, offers to try again, and tells nothing of the inside.
func (b *tab) clearError(text string) {
	b.t.Helper()
	b.see("h1")
	b.seeText("main", text)
	b.see(`main a.btn[href]`)
	b.see("main .request-id code") // what to tell support
	page := eval[string](b, `document.documentElement.textContent`)
	for _, inside := range []string{"goroutine", "panic", "connection refused", "EOF", "dial tcp", "localhost:", "127.0.0.1", ".go:"} {
		if strings.Contains(page, inside) {
			b.t.Errorf("the page says %q", inside)
		}
	}
}

// recovers tries again as the page offers, until the circuit breaker lets calls through.
func (b *tab) recovers(path string) {
	b.t.Helper()
	b.until("the page after trying again", `(() => {
		if (document.readyState !== "complete") return false;
		if (!document.querySelector(".error-page, main .alert-error")) return document.querySelector("table") !== null;
		[...document.querySelectorAll("main a.btn")].find(e => e.getAttribute("href") === `+quote(path)+`)?.click();
		return false;
	})()`)
}

// TestFaults_TypedStays sends while the platform is away: what was typed is still there, and sending again works.
func TestFaults_TypedStays(t *testing.T) {
	s := newSplit(t)
	p := someone(t, s.site, manager)
	for name, l := range map[string]look{"with JavaScript": {}, "without": {noJS: true}} {
		t.Run(name, func(t *testing.T) {
			defer s.set(nil)
			b := newTab(t, s.site, l).as(p)
			b.expect("status of 503")
			b.visit("/send-test")
			b.compose("+93700000001", "Herat", "Kept: "+name)
			s.set(down)
			b.click(sendButton)
			b.seeText(`#send-test-form [role="alert"]`, "not answering right now")
			if to, body := b.value("#f-to"), b.value("#f-body"); to != "+93700000001" || body != "Kept: "+name {
				t.Errorf("what was typed became %q %q", to, body)
			}
			s.set(nil)
			b.click(sendButton)
			b.seeText("#send-test", "Message accepted")

			b.visit("/api-keys/new")
			b.fill("#f-key_name", "Kept "+name)
			b.click(`input[value="sms:read"]`)
			s.set(down)
			b.click(".modal-page .btn-primary")
			b.seeText(`.modal-page [role="alert"]`, "not answering right now")
			if got := b.value("#f-key_name"); got != "Kept "+name || b.count(`input[value="sms:read"]:checked`) != 1 {
				t.Errorf("what was typed became %q", got)
			}
			s.set(nil)
			b.click(".modal-page .btn-primary")
			b.seeText("main", "Key Created")
		})
	}
}

// TestFaults_InPlace is a platform that goes away under an open page: the page stays and says so.
func TestFaults_InPlace(t *testing.T) {
	s := newSplit(t)
	b := newTab(t, s.site, look{}).as(someone(t, s.site, manager))
	b.expect("status of 503")
	b.visit("/messages")
	s.set(down)
	b.click("#message-more a.btn")
	b.seeText("#alerts", "not answering right now")
	if n := b.count(rows); n != 50 {
		t.Errorf("%d rows are left", n)
	}
	s.set(nil)
	b.click("#message-more a.btn")
	b.until("the next rows", `document.querySelectorAll(`+quote(rows)+`).length === 100`)

	b.visit("/api-keys")
	b.createKey("Stays", "sms:read")
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")
	b.click(b.row("Stays") + ` a[href$="/revoke"]`)
	b.see("dialog .btn-danger")
	s.set(down)
	b.click("dialog .btn-danger")
	b.seeText(`dialog [role="alert"]`, "The key was not revoked")
	s.set(nil)
	b.click("dialog .btn-danger")
	b.gone("dialog")
	b.seeText(b.row("Stays"), "Revoked")
}

func TestFaults_Silent(t *testing.T) {
	s := newSplit(t)
	b := newTab(t, s.site, look{}).as(someone(t, s.site, customer))
	b.expect("status of 503")
	b.visit("/settings")
	s.set(silent)
	b.visit("/messages") // it waits, and then says so
	b.clearError("not answering right now")
	s.set(nil)
	b.recovers("/messages")
}
