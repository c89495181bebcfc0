package settings

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"

	"github.com/gin-gonic/gin"
)

const chromeLinux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

func (m *memory) Sessions(_ context.Context, token string) ([]portal.Session, error) {
	if token != webtest.Customer.Token {
		return nil, errors.New("sessions of somebody else")
	}
	return m.sessions, m.sessionsErr
}

func (m *memory) EndSession(_ context.Context, _, id string) error {
	m.ended = append(m.ended, id)
	return m.sessionsErr
}

func (m *memory) EndSessions(_ context.Context, _ string, exceptCurrent bool) error {
	m.ended = append(m.ended, map[bool]string{true: "others", false: "all"}[exceptCurrent])
	return m.sessionsErr
}

func someSessions() []portal.Session {
	return []portal.Session{
		{SessionID: "sid_1", UserAgent: chromeLinux, IP: "203.0.113.7", CreatedAt: webtest.Now.Add(-time.Hour), LastUsedAt: webtest.Now, Current: true},
		{SessionID: "sid_2", UserAgent: `<script>alert(1)</script>`, IP: "2001:db8::1", CreatedAt: webtest.Now.Add(-48 * time.Hour), LastUsedAt: webtest.Now.Add(-time.Hour)},
	}
}

func TestSessions_List(t *testing.T) {
	for _, locale := range []string{"en", "fa-AF", "ps", "ar"} {
		s, m := newSite(t)
		m.sessions = someSessions()
		res := s.Get("/settings", webtest.Locale(locale))
		rows := res.Doc().All("#sessions li")
		if res.Code != http.StatusOK || len(rows) != 2 {
			t.Fatalf("%s: %d, %d rows", locale, res.Code, len(rows))
		}
		if got := webtest.Text(rows[0]); !strings.Contains(got, "Chrome") || !strings.Contains(got, "Linux") || !strings.Contains(got, "203.0.113.7") {
			t.Errorf("%s: this device: %q", locale, got)
		}
		if n := len(res.Doc().All("#sessions .chip")); n != 1 {
			t.Errorf("%s: %d chips for this device", locale, n)
		}
		if got := res.Doc().All("#sessions form"); webtest.Attr(got[0], "action") != "/api/auth/logout" || webtest.Attr(got[1], "action") != "/settings/sessions/sid_2/end" {
			t.Errorf("%s: forms post to %q and %q", locale, webtest.Attr(got[0], "action"), webtest.Attr(got[1], "action"))
		}
		res.Doc().None("#sessions script")
	}
}

func TestSessions_ListDown(t *testing.T) {
	s, m := newSite(t)
	m.sessionsErr = portal.Fail(portal.Unavailable, errors.New("down"))
	res := s.Get("/settings")
	if res.Code != http.StatusOK || len(res.Doc().All("#sessions [role=alert], #sessions .alert")) == 0 {
		t.Errorf("%d: the page goes on, the list says why it is not there", res.Code)
	}
	m.sessionsErr = portal.Fail(portal.Unauthenticated, errors.New("ended"))
	if res := s.Get("/settings"); res.Code != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/login?reason=session_expired") {
		t.Errorf("session ended at the platform: %d to %q", res.Code, res.Header.Get("Location"))
	}
}

func TestSessions_EndOne(t *testing.T) {
	s, m := newSite(t)
	res := s.Post("/settings/sessions/sid_2/end", nil)
	if res.Code != http.StatusSeeOther || res.Header.Get("Location") != "/settings#sessions" || strings.Join(m.ended, " ") != "sid_2" {
		t.Fatalf("%d to %q, ended %q", res.Code, res.Header.Get("Location"), m.ended)
	}
	m.sessionsErr = portal.Fail(portal.NotFound, nil)
	if res := s.Post("/settings/sessions/sid_2/end", nil); res.Code != http.StatusSeeOther {
		t.Errorf("ended already: %d", res.Code)
	}
	m.sessionsErr = portal.Fail(portal.Unavailable, nil)
	if res := s.Post("/settings/sessions/sid_2/end", nil); res.Code != http.StatusServiceUnavailable {
		t.Errorf("platform down: %d", res.Code)
	}
}

func TestSessions_EndAll(t *testing.T) {
	s, m := newSite(t)
	if page := s.Get(endAllURL).Doc(); webtest.Attr(page.One("form.form, form[action='/settings/sessions/end']"), "method") != "post" {
		t.Error("the question has no form")
	}
	if dialog := s.Get(endAllURL, webtest.HTMX()).Doc(); len(dialog.All("dialog form")) != 1 {
		t.Error("the dialog has no form")
	}
	res := s.Post(endAllURL, url.Values{"stay": {"1"}})
	if res.Header.Get("Location") != listURL || strings.Join(m.ended, " ") != "others" {
		t.Errorf("to %q, ended %q", res.Header.Get("Location"), m.ended)
	}

	forgotten := false
	s, m = newSite(t)
	h := New(s.Kit, m, m)
	s.Engine.POST("/everywhere", func(c *gin.Context) { web.OnSessionEnd(c, func() string { forgotten = true; return "" }) }, s.Kit.Handle(h.endAll))
	res = s.Post("/everywhere", nil)
	if res.Header.Get("Location") != "/login?reason=signed_out" || strings.Join(m.ended, " ") != "all" || !forgotten {
		t.Errorf("to %q, ended %q, cookies removed %v", res.Header.Get("Location"), m.ended, forgotten)
	}
	if res.Header.Get("Clear-Site-Data") == "" {
		t.Error("what the browser kept stays")
	}
	m.sessionsErr = portal.Fail(portal.Unavailable, nil)
	if res := s.Post(endAllURL, nil); res.Code != http.StatusServiceUnavailable {
		t.Errorf("platform down: %d", res.Code)
	}
}

func TestDevice(t *testing.T) {
	for agent, want := range map[string]device{
		chromeLinux:                    {"Chrome", "Linux"},
		chromeLinux + " Edg/156.0.0.0": {"Edge", "Linux"},
		"Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36":          {"Samsung Internet", "Android"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1":        {"Safari", "iPhone"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0":               {"Firefox", "Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15": {"Safari", "macOS"},
		"":      {},
		"a bot": {},
	} {
		if got := parseDevice(agent); got != want {
			t.Errorf("%q: %v, want %v", agent, got, want)
		}
	}
}
