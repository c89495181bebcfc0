package app_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
)

// TestTenTabs: ten tabs wake up together with the same expired session.
func TestTenTabs(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	p := newPerson(t, s)
	p.signIn("/login/start", customer)
	s.clock.advance(time.Hour)
	var tabs sync.WaitGroup
	answers := make([]answer, 10)
	for i := range answers {
		tab := newPerson(t, s)
		for name, value := range p.jar {
			tab.jar[name] = value
		}
		tabs.Go(func() { answers[i] = tab.get("/messages") })
	}
	tabs.Wait()
	for i, a := range answers {
		if a.StatusCode != http.StatusOK {
			t.Errorf("tab %d: %s to %q", i, a.Status, a.Header.Get("Location"))
		}
	}
	if n := valueOf(t, scrape(t, s), `customer_portal_refresh_total{outcome="success"}`); n != 1 {
		t.Errorf("%v refreshes", n)
	}
	for _, c := range answers[9].Cookies() { // whichever answer came last, its cookies are good
		p.jar[c.Name] = c.Value
	}
	if res := p.get("/messages"); res.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %s", res.Status)
	}
}

// TestPlatformKeyRotation: a new signing key signs nobody out, neither old tokens nor new ones.
func TestPlatformKeyRotation(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	before := newPerson(t, s)
	before.signIn("/login/start", customer)
	if err := s.RotateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(11 * time.Second) // a key set is fetched again for an unknown key at most every ten seconds
	after := newPerson(t, s)
	after.signIn("/login/start", staff)
	for name, p := range map[string]*person{"before": before, "after": after} {
		if res := p.get("/settings"); res.StatusCode != http.StatusOK {
			t.Errorf("signed in %s the rotation: %s", name, res.Status)
		}
	}
	s.clock.advance(15 * time.Minute) // the token of the old key is replaced by one of the new
	if res := before.get("/messages"); res.StatusCode != http.StatusOK {
		t.Errorf("refreshed after the rotation: %s", res.Status)
	}
}

// TestCookieKeyRotation: PORTAL_SESSION_KEYS=new,old signs nobody out, and the old key can go once they have been back.
func TestCookieKeyRotation(t *testing.T) {
	const oldKey, newKey = "old-session-key-0123456789abcdefghij", "new-session-key-0123456789abcdefghij"
	cfg := settings(t.TempDir())
	cfg.Addr = freeAddr(t) // the address is the issuer: it must stay
	cfg.SessionKeys = []string{oldKey}
	s := start(t, cfg)
	p := newPerson(t, s)
	p.signIn("/login/start", customer)
	s.stop()

	cfg.SessionKeys = []string{newKey, oldKey}
	s = start(t, cfg)
	before := p.jar["__session"]
	if res := p.get("/messages"); res.StatusCode != http.StatusOK || p.jar["__session"] == before {
		t.Fatalf("with both keys: %s, sealed again %v", res.Status, p.jar["__session"] != before)
	}
	s.stop()

	cfg.SessionKeys = []string{newKey}
	start(t, cfg)
	if res := p.get("/messages"); res.StatusCode != http.StatusOK {
		t.Errorf("with the new key alone: %s", res.Status)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// TestSessions: two browsers of one person see each other, and one can end the other at once.
func TestSessions(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	here, there := newPerson(t, s), newPerson(t, s)
	there.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1"
	here.signIn("/login/start", customer)
	there.signIn("/login/start", customer)
	page := here.get("/settings").doc(t)
	rows := page.All("#sessions li")
	if len(rows) != 2 || !strings.Contains(webtest.Text(rows[0]), "Chrome on Linux This device") ||
		!strings.Contains(webtest.Text(rows[1]), "Safari on iPhone") || !strings.Contains(webtest.Text(rows[1]), "127.0.0.1") {
		t.Fatalf("sessions: %q", webtest.Text(page.One("#sessions")))
	}
	if there.get("/messages").StatusCode != http.StatusOK {
		t.Fatal("the other browser is not in")
	}
	if res := here.post(webtest.Attr(page.All("#sessions form")[1], "action"), nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("end it: %s", res.Status)
	}
	if n := len(here.get("/settings").doc(t).All("#sessions li")); n != 1 {
		t.Errorf("%d sessions left", n)
	}
	res := there.get("/messages") // its access token has minutes left, yet the platform refuses it
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/login?reason=session_expired") {
		t.Errorf("the ended session: %s to %q", res.Status, res.Header.Get("Location"))
	}
	if there.jar["__session"] != "" || there.jar["__refresh"] != "" {
		t.Error("the ended session leaves cookies")
	}
}

func TestSignOutEverywhere(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	here, there, other := newPerson(t, s), newPerson(t, s), newPerson(t, s)
	here.signIn("/login/start", staff) // staff too have sessions
	there.signIn("/login/start", staff)
	other.signIn("/login/start", customer)
	if res := here.post("/settings/sessions/end", url.Values{"stay": {"1"}}); res.Header.Get("Location") != "/settings#sessions" {
		t.Fatalf("everywhere else: %s to %q", res.Status, res.Header.Get("Location"))
	}
	if here.get("/settings").StatusCode != http.StatusOK || other.get("/messages").StatusCode != http.StatusOK {
		t.Error("it ended this session, or another person's")
	}
	if res := there.get("/settings"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the other browser is still in: %s", res.Status)
	}
	res := here.post("/settings/sessions/end", nil)
	if res.Header.Get("Location") != "/login?reason=signed_out" || here.jar["__session"] != "" {
		t.Errorf("everywhere: %s to %q", res.Status, res.Header.Get("Location"))
	}
}

// TestDraft: what somebody sends after their session has ended is kept, and never sent by itself.
func TestDraft(t *testing.T) {
	form := url.Values{"to": {"+93700000001"}, "from": {"GHASI"}, "body": {"سلام، پیام شما رسید"}}
	for _, htmx := range []bool{false, true} {
		s := start(t, settings(t.TempDir()))
		p, other := newPerson(t, s), newPerson(t, s)
		p.signIn("/login/start", customer)
		other.signIn("/login/start", customer)
		if res := other.post("/settings/sessions/end", url.Values{"stay": {"1"}}); res.StatusCode != http.StatusSeeOther {
			t.Fatal(res.Status)
		}
		headers, where := []string{}, "Location"
		if htmx {
			headers, where = []string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-Current-URL", s.URL() + "/send-test"}, "HX-Redirect"
		}
		res := p.post("/send-test", form, headers...)
		if got := res.Header.Get(where); got != "/login?reason=session_expired&return=%2Fsend-test" {
			t.Fatalf("htmx %v: %s to %q", htmx, res.Status, got)
		}
		if strings.Contains(p.jar["__draft"], "93700000001") || p.jar["__draft"] == "" {
			t.Fatalf("htmx %v: draft cookie %q", htmx, p.jar["__draft"])
		}
		start := p.get(res.Header.Get(where)).doc(t).Attr("a.btn-primary", "href")
		next := p.signIn(start, customer)
		page := p.get(next).doc(t)
		if next != "/send-test" || page.Attr(`input[name="to"]`, "value") != "+93700000001" || page.Text(`textarea[name="body"]`) != form.Get("body") {
			t.Errorf("htmx %v: %s shows to %q, body %q", htmx, next, page.Attr(`input[name="to"]`, "value"), page.Text(`textarea[name="body"]`))
		}
		if got := page.Text("#alerts"); !strings.Contains(got, "You were signed out before this was sent. Check it and send it again.") {
			t.Errorf("htmx %v: notice %q", htmx, got)
		}
		if log := p.get("/messages").body; strings.Contains(log, form.Get("body")) {
			t.Error("it was sent by itself")
		}
		if again := p.get("/send-test").doc(t); again.Attr(`input[name="to"]`, "value") != "" {
			t.Error("it is restored twice")
		}
	}
}

// TestDraft_OfSomebodyElse: whoever signs in next at the same computer does not see it.
func TestDraft_OfSomebodyElse(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	p, other := newPerson(t, s), newPerson(t, s)
	p.signIn("/login/start", customer)
	other.signIn("/login/start", customer)
	other.post("/settings/sessions/end", nil)
	p.post("/send-test", url.Values{"to": {"+93700000001"}, "body": {"private"}})
	p.signIn("/login/start", "manager@demo.ghasi.test")
	if body := p.get("/send-test").body; strings.Contains(body, "private") || strings.Contains(body, "signed out before") {
		t.Error("the next person sees the draft")
	}
	if p.jar["__draft"] != "" {
		t.Error("and it stays")
	}
}

// TestDraft_OtherForms: the key dialog and the settings come back filled in too; what is no form of these leaves nothing.
func TestDraft_OtherForms(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	p, other := newPerson(t, s), newPerson(t, s)
	other.signIn("/login/start", customer)
	for path, tt := range map[string]struct {
		form      url.Values
		page, sel string
	}{
		"/api-keys": {url.Values{"key_name": {"Order service"}, "scope": {"sms:send"}}, "/api-keys/new", `input[name="key_name"][value="Order service"]`},
		"/settings": {url.Values{"locale": {"en"}, "theme": {"dark"}, "zone": {"UTC"}, "calendar": {"shamsi"}}, "/settings", `input[name="calendar"][value="shamsi"][checked]`},
	} {
		p.signIn("/login/start", customer)
		other.post("/settings/sessions/end", url.Values{"stay": {"1"}})
		s.clock.advance(10 * time.Minute) // the portal's own look at the token sends the form away, not the platform's
		if res := p.post(path, tt.form); !strings.HasPrefix(res.Header.Get("Location"), "/login?reason=session_expired") {
			t.Fatalf("%s: %s to %q", path, res.Status, res.Header.Get("Location"))
		}
		next := p.signIn("/login/start?return="+url.QueryEscape(tt.page), customer)
		if next != tt.page || len(p.get(next).doc(t).All(tt.sel)) != 1 {
			t.Errorf("%s: the form at %s is not filled in", path, next)
		}
		other.get("/settings") // keeps its own session young
	}
	other.post("/settings/sessions/end", url.Values{"stay": {"1"}})
	if p.post("/api-keys/key_x/revoke", url.Values{"password": {"secret"}}); p.jar["__draft"] != "" {
		t.Error("a form that is not on the list is kept")
	}
}
