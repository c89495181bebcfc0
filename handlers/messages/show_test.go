package messages

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

var testID = portal.NewID("msg", webtest.Now)

// journey is a whole message that went through these states, five seconds apart, beginning a minute ago.
func journey(states ...portal.MessageStatus) portal.Message {
	by := map[portal.MessageStatus]string{portal.StatusSent: "operator", portal.StatusDelivered: "handset", portal.StatusFailed: "operator"}
	m := portal.Message{
		MessageID: testID, To: "+93791234567", From: "PAMIR", Body: "سلام\nHello", Encoding: "UCS-2", Segments: 2,
		Operator: "roshan", PriceMicros: 700_000, SubmittedAt: webtest.Now.Add(-time.Minute),
		Source: &portal.MessageSource{Kind: "api_key", Name: "Billing export"},
	}
	for i, s := range states {
		e := portal.MessageEvent{Status: s, At: m.SubmittedAt.Add(time.Duration(5*i) * time.Second), By: "platform"}
		if who, ok := by[s]; ok {
			e.By = who
		}
		m.Events, m.Status = append(m.Events, e), s
	}
	return m
}

func TestShow_Delivered(t *testing.T) {
	api := &fakeAPI{one: journey(portal.StatusQueued, portal.StatusSent, portal.StatusDelivered)}
	r := newTestSite(t, api).Get("/messages/" + testID)
	d := r.Doc()
	if got := strings.ReplaceAll(d.Text("h1"), "\u00a0", " "); got != "Message to +93 79 123 4567" {
		t.Errorf("h1 = %q", got)
	}
	if got := d.Text("#message-id"); got != testID {
		t.Errorf("id = %q", got)
	}
	d.One(`button[data-copy="#message-id"]`)
	if got := d.Text(".bubble[dir=auto]"); got != "سلام Hello" {
		t.Errorf("body = %q", got)
	}
	facts := d.Text("dl.facts")
	for _, want := range []string{"+93 79 123 4567", "PAMIR", "probably Roshan", "API key Billing export", "AFN 0.70"} {
		if !strings.Contains(strings.ReplaceAll(facts, "\u00a0", " "), want) {
			t.Errorf("facts lack %q: %s", want, facts)
		}
	}
	if got := d.Text(".message-chips"); got != "UCS-2 2 segments" {
		t.Errorf("chips = %q", got)
	}
	steps := d.All(".timeline-item")
	if len(steps) != 3 {
		t.Fatalf("%d steps, want 3", len(steps))
	}
	for i, want := range []string{
		"Accepted and queued 24 November 2026, 09:29:00 · reported by Ghasi",
		"Taken by the operator 24 November 2026, 09:29:05 · 5 seconds later · reported by the operator",
		"Delivered to the handset 24 November 2026, 09:29:10 · 5 seconds later · confirmed by the handset",
	} {
		if got := webtest.Text(steps[i]); got != want {
			t.Errorf("step %d = %q, want %q", i, got, want)
		}
	}
	d.None("#message-status[hx-get], #message-status .alert")
}

// TestShow_Errors: every error code is explained in every language, with who can do something about it.
func TestShow_Errors(t *testing.T) {
	m := journey(portal.StatusQueued, portal.StatusSent, portal.StatusFailed)
	api := &fakeAPI{}
	s := newTestSite(t, api)
	for _, tag := range locales.Tags {
		words := map[string]bool{}
		for _, e := range portal.ErrorCodes {
			m.ErrorCode = e.Code
			api.one = m
			d := s.Get("/messages/"+testID, webtest.Locale(tag)).Doc()
			got := d.Text("#message-status .alert")
			if !strings.Contains(got, e.Code) || !strings.Contains(got, e.Raw) {
				t.Errorf("%s %s: %q lacks the codes", tag, e.Code, got)
			}
			title := d.Text("#message-status .alert-title")
			if title == "" || words[title] {
				t.Errorf("%s %s: title %q is empty or another code's", tag, e.Code, title)
			}
			words[title] = true
			if got := len(d.All("#message-status .alert strong")); got != 1 {
				t.Errorf("%s %s: who can fix it is said %d times", tag, e.Code, got)
			}
		}
	}
	m.ErrorCode = `new_<b>code`
	api.one = m
	d := s.Get("/messages/" + testID).Doc()
	if got := d.Text("#message-status .alert"); !strings.HasPrefix(got, "Reason not known") || !strings.Contains(got, "new_<b>code") {
		t.Errorf("an unknown code reads %q", got)
	}
}

func TestShow_Back(t *testing.T) {
	api := &fakeAPI{one: journey(portal.StatusQueued)}
	s := newTestSite(t, api)
	for name, tc := range map[string]struct{ path, referer, want string }{
		"no hint":          {"", "", "/messages"},
		"the link's":       {"?back=status%3Dfailed%26to%3D%252B9379", "", "/messages?status=failed&to=%2B9379"},
		"later page":       {"?back=cursor%3Dc%26shown%3D50", "", "/messages?cursor=c&shown=50"},
		"the browser's":    {"", "http://example.com/messages?status=held", "/messages?status=held"},
		"the link's first": {"?back=status%3Dfailed", "http://example.com/messages?status=held", "/messages?status=failed"},
		"another site":     {"", "https://evil.example/messages?status=held", "/messages"},
		"another page":     {"", "http://example.com/dashboard", "/messages"},
		"an address":       {"?back=https%3A%2F%2Fevil.example%2F", "", "/messages"},
		"a script":         {"?back=javascript%3Aalert(1)", "", "/messages"},
		"a wrong filter":   {"?back=status%3Dlost", "", "/messages"},
		"no query":         {"?back=%25zz", "", "/messages"},
		"very long":        {"?back=to%3D" + strings.Repeat("9", 9_000), "", "/messages"},
	} {
		t.Run(name, func(t *testing.T) {
			d := s.Get("/messages/"+testID+tc.path, webtest.Header("Referer", tc.referer)).Doc()
			if got := d.Attr(".page-actions a", "href"); got != tc.want {
				t.Errorf("back = %q, want %q", got, tc.want)
			}
			d.One(`.breadcrumb a[href="` + tc.want + `"]`)
		})
	}
}

func TestShow_NotFound(t *testing.T) {
	api := &fakeAPI{err: portal.Fail(portal.NotFound, nil)}
	s := newTestSite(t, api)
	for _, id := range []string{testID, "msg_short", "key_" + testID[4:], "..%5c..%5cetc", "%3Cscript%3E", "%00", strings.Repeat("a", 10_000), testID + "'"} {
		for _, path := range []string{"/messages/" + id, "/messages/" + id + "/status"} {
			r := s.Get(path, webtest.HTMX())
			if r.Code != http.StatusNotFound {
				t.Errorf("%.60s: status %d", path, r.Code)
			}
		}
		if r := s.Get("/messages/" + id); r.Code != http.StatusNotFound || len(r.Doc().All("h1")) != 1 {
			t.Errorf("%.60s: page status %d", id, r.Code)
		}
	}
	for _, id := range api.ids {
		if id != testID {
			t.Errorf("the platform was asked for %q", id)
		}
	}
}

func TestShow_Markup(t *testing.T) {
	m := journey(portal.StatusQueued)
	evil := `</p><script>alert(1)</script>"'`
	m.Body, m.From, m.To, m.Operator, m.Encoding, m.Source.Name = evil, evil, evil, evil, evil, evil
	m.Events[0].By, m.Source.Kind = evil, evil
	d := newTestSite(t, &fakeAPI{one: m}).Get("/messages/" + testID).Doc()
	d.None("script:not([src])")
	if got := d.Text(".bubble"); got != evil {
		t.Errorf("body = %q", got)
	}
}

func TestStatus_Polls(t *testing.T) {
	api := &fakeAPI{one: journey(portal.StatusQueued)}
	s := newTestSite(t, api)
	path := "/messages/" + testID + "/status"

	d := s.Get(path, webtest.HTMX()).Doc()
	if got := d.Attr("#message-status", "hx-get"); got != path+"?seen=queued&pace=1" {
		t.Errorf("asks again at %q", got)
	}
	if got := d.Attr("#message-status", "hx-trigger"); got != "every 1s" {
		t.Errorf("trigger = %q", got)
	}
	d.One(`#message-status a[href="/messages/` + testID + `"]`)
	d.None("[hx-swap-oob]") // nothing has changed since the page saw it: nothing to say

	if r := s.Get(path+"?seen=queued&pace=1", webtest.HTMX()); r.Code != http.StatusNoContent || r.Body != "" {
		t.Errorf("no news: status %d, body %q", r.Code, r.Body)
	}

	api.one = journey(portal.StatusQueued, portal.StatusSent, portal.StatusDelivered)
	d = s.Get(path+"?seen=queued&pace=1&here=1", webtest.HTMX()).Doc()
	if got := d.Text("#announcer[hx-swap-oob]"); got != "Message status: Delivered" {
		t.Errorf("announced %q", got)
	}
	d.None("#message-status[hx-get], #message-status a")

	if r := s.Get(path); r.Code != http.StatusSeeOther || r.Header.Get("Location") != "/messages/"+testID {
		t.Errorf("as a page: %d to %q", r.Code, r.Header.Get("Location"))
	}
}

// TestStatus_Slows: a message that is stuck is asked about ever more seldom.
func TestStatus_Slows(t *testing.T) {
	m := journey(portal.StatusQueued, portal.StatusHeld)
	for age, want := range map[time.Duration]string{time.Minute: "every 1s", 10 * time.Minute: "every 5s", 24 * time.Hour: "every 30s"} {
		m.SubmittedAt = webtest.Now.Add(-age)
		d := newTestSite(t, &fakeAPI{one: m}).Get("/messages/"+testID+"/status?seen=held&pace=2", webtest.HTMX()).Doc()
		if got := d.Attr("#message-status", "hx-trigger"); got != want {
			t.Errorf("after %v: %q, want %q", age, got, want)
		}
	}
}

// TestStatus_Upstream: while the platform is away the page keeps what it shows and asks again; a first question is answered
// with the error.
func TestStatus_Upstream(t *testing.T) {
	s := newTestSite(t, &fakeAPI{err: portal.Fail(portal.Unavailable, nil)})
	path := "/messages/" + testID + "/status"
	if r := s.Get(path+"?seen=sent&pace=1", webtest.HTMX()); r.Code != http.StatusNoContent {
		t.Errorf("status %d, want 204", r.Code)
	}
	if r := s.Get(path, webtest.HTMX()); r.Code != http.StatusServiceUnavailable || r.Header.Get("HX-Retarget") != "#alerts" {
		t.Errorf("status %d to %q", r.Code, r.Header.Get("HX-Retarget"))
	}
	if r := s.Get("/messages/" + testID); r.Code != http.StatusServiceUnavailable {
		t.Errorf("page: status %d", r.Code)
	}
}

// TestShow_Currency: a price is in what the account was charged in.
func TestShow_Currency(t *testing.T) {
	m := journey(portal.StatusQueued)
	m.Currency, m.PriceMicros = portal.USD, 12_500
	d := newTestSite(t, &fakeAPI{one: m}).Get("/messages/" + testID).Doc()
	if got := strings.ReplaceAll(d.Text("dl.facts"), "\u00a0", " "); !strings.Contains(got, "USD 0.0125") {
		t.Errorf("facts = %q", got)
	}
}
