package app_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/app"
	"ghasi.io/portal/handlers/web/webtest"
)

// params are the parts of a route that stand for a value, in gin's spelling and in net/http's.
var params = regexp.MustCompile(`[:*][A-Za-z]+|\{[A-Za-z]+\}`)

// TestHeaders_EveryRoute walks every route of the router and of the embedded platform, signed in and not, and what no
// route takes: each answer carries the whole table, with a nonce of its own.
func TestHeaders_EveryRoute(t *testing.T) {
	cfg := settings(t.TempDir())
	cfg.FirebaseLogin, cfg.FirebaseProject, cfg.FirebaseCerts = true, "ghasi-legacy", "http://127.0.0.1:1/certs"
	s := start(t, cfg)
	seen := map[string]string{}
	check := func(name string, res answer) {
		t.Helper()
		nonce := webtest.CheckHardening(t, name, res.Header)
		if before, used := seen[nonce]; used && nonce != "" {
			t.Errorf("%s has the nonce of %s", name, before)
		}
		seen[nonce] = name
	}
	routes := append(s.Routes(), s.PlatformRoutes()...)
	routes = append(routes, "GET /nowhere", "GET /v1/nowhere", "GET /assets/nothing.js", "POST /dashboard", "PUT /v1/messages",
		"DELETE /login", "OPTIONS /dashboard", "PROPFIND /", "GET /v1/../x", "GET //x", "GET /objects/nothing")
	if len(routes) < 60 {
		t.Fatalf("%d routes: that is not the portal", len(routes))
	}
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route, " ")
		path := params.ReplaceAllString(pattern, "none")
		if strings.HasSuffix(path, "/logout") || strings.HasSuffix(path, "/sessions/end") && method == http.MethodPost {
			continue // they end the session that the rest needs; below
		}
		nobody := newPerson(t, s)
		check(route+" by nobody", nobody.do(method, path, nil, nil))
		check(route+" by htmx", nobody.do(method, path, nil, []string{"HX-Request", "true", "HX-Request-Type", "partial"}))
		check(route+" from another site", nobody.do(method, path, nil, []string{"Sec-Fetch-Site", "cross-site"}))
	}
	p := newPerson(t, s)
	p.signIn("/login/start", customer)
	for _, path := range []string{"/", "/login", "/dashboard", "/messages", "/settings", "/nowhere", "/admin/tenants"} {
		check(path+" by a customer", p.get(path))
	}
	check("too long an address", p.get("/messages?q="+strings.Repeat("a", 9<<10)))
	check("too long headers", p.get("/messages", "X-Long", strings.Repeat("a", 17<<10)))
	check("too long a body", p.post("/settings", map[string][]string{"a": {strings.Repeat("a", 2<<20)}}))
	check("sign-out everywhere", p.post("/settings/sessions/end", nil))
	check("sign-out", p.post("/api/auth/logout", nil))

	admin := &person{t: t, url: s.AdminURL(), jar: map[string]string{}}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/cmdline", "/nowhere"} {
		check("private "+path, admin.get(path))
	}
	check("private by name", admin.get("/metrics", "Host", "evil.test"))
}

// raw speaks to the portal byte by byte and returns the status line of what comes back, "" when the connection just ends.
func raw(t *testing.T, address string, patience time.Duration, say func(net.Conn)) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	say(conn)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if nerr, ok := err.(net.Error); ok && nerr.Timeout() { //nolint:errorlint // a connection's own error is not wrapped
		t.Errorf("the connection is held open for %v", patience)
	}
	return strings.TrimSpace(line)
}

// TestSlowClients_AreDropped: headers that drip, bodies that never come and connections that say nothing hold nothing for long.
func TestSlowClients_AreDropped(t *testing.T) {
	s := start(t, settings(t.TempDir()), func(o *app.Options) {
		o.Timeouts = app.Timeouts{Header: 300 * time.Millisecond, Read: 600 * time.Millisecond, Write: 5 * time.Second, Idle: 400 * time.Millisecond}
	})
	address := s.Listener().Addr().String()
	for name, say := range map[string]func(net.Conn){
		"nothing": func(net.Conn) {},
		"headers that drip": func(c net.Conn) {
			_, _ = fmt.Fprint(c, "GET /login HTTP/1.1\r\nHost: localhost\r\n")
			for i := range 20 {
				if _, err := fmt.Fprintf(c, "X-%d: 1\r\n", i); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		},
		"a body that does not come": func(c net.Conn) {
			_, _ = fmt.Fprint(c, "POST /preferences HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlocale=")
		},
		"an idle connection": func(c net.Conn) {
			_, _ = fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || res.StatusCode != http.StatusOK {
				t.Errorf("healthz: %v", err)
			}
		},
	} {
		started := time.Now()
		line := raw(t, address, 30*time.Second, say)
		if took := time.Since(started); took > 25*time.Second { // seconds, on a busy machine too
			t.Errorf("%s: held for %v", name, took)
		}
		if strings.Contains(line, " 200 ") {
			t.Errorf("%s: answered with %s", name, line)
		}
	}
	for _, d := range []time.Duration{app.DefaultTimeouts.Header, app.DefaultTimeouts.Read, app.DefaultTimeouts.Write, app.DefaultTimeouts.Idle} {
		if d <= 0 || d > 2*time.Minute {
			t.Errorf("a default of %v", d)
		}
	}
}

// TestRawRequests: what is no honest HTTP is refused, and what is too large for net/http as well.
func TestRawRequests(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	for name, tt := range map[string]struct{ request, want string }{
		"smuggled length":   {"POST /preferences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", " 400 "},
		"both lengths":      {"POST /preferences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n", " 501 "},
		"no host":           {"GET /login HTTP/1.1\r\n\r\n", " 400 "},
		"split header":      {"GET /login HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", " 400 "},
		"headers of 100 KB": {"GET /login HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 100<<10) + "\r\n\r\n", " 431 "},
		"not HTTP":          {"\x16\x03\x01\x02\x00\x01\x00", " 400 "},
	} {
		line := raw(t, s.Listener().Addr().String(), 10*time.Second, func(c net.Conn) {
			_, _ = fmt.Fprint(c, tt.request)
			if tcp, ok := c.(*net.TCPConn); ok && name == "not HTTP" {
				_ = tcp.CloseWrite()
			}
		})
		if !strings.Contains(line, tt.want) && line != "" {
			t.Errorf("%s: %q, want %s", name, line, tt.want)
		}
	}
}
