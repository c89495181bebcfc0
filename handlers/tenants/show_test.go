package tenants

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/success/health"
)

const at = home + "/" + pamir

func lacks(t *testing.T, where, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s lacks %q: %.1500s", where, p, text)
		}
	}
}

func TestShow(t *testing.T) {
	w := newWorld()
	r := site(t, w).Get(at)
	if r.Code != http.StatusOK {
		t.Fatalf("status %d", r.Code)
	}
	doc := r.Doc()
	if doc.Text("h1") != "Pamir Logistics" {
		t.Error("h1")
	}
	lacks(t, "page", doc.Text("main"), "Zahra Ahmadi", "AFN 5,000.00", "91", "up 1 point", "up 3 points", "AWCC", "90%", "25", "2.5%", "GH-2026-000008",
		"1 open ticket at Zendesk", "renew", "No review has been exported yet")
	ticket := doc.One(`a[target="_blank"][href="https://ghasi.zendesk.example/agent/tickets/2005"]`)
	lacks(t, "ticket", webtest.Text(ticket), "Messages to 079 <b>fail</b>", "(opens in a new tab)")
	if rel := webtest.Attr(ticket, "rel"); !strings.Contains(rel, "noopener") {
		t.Errorf("rel = %q", rel)
	}
	lacks(t, "ticket's line", doc.Text(".ticket p"), "2005", "Open", "High", "3 days ago")
	doc.One(".ticket .ticket-open")
	if n := len(doc.All("figure.chart .chart-bar, .chart .chart-bar")); n != 2 {
		t.Errorf("%d bars", n)
	}
	want := []portal.Event{{Type: portal.EventTenantViewed, TenantID: pamir, Subject: "tenant/" + pamir, Actor: zahra}}
	if d := cmp.Diff(want, w.events); d != "" {
		t.Error(d)
	}
	if !portal.EventTenantViewed.Valid() || portal.EventTenantViewed.StaffOnly() {
		t.Error("a look must stand in the tenant's own log")
	}
}

// TestShow_Unrecorded: a look that cannot be written down is not had.
func TestShow_Unrecorded(t *testing.T) {
	w := newWorld()
	w.recordErr = down
	if r := site(t, w).Get(at); r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "Pamir Logistics") {
		t.Errorf("status %d, or the tenant on the page", r.Code)
	}
}

// TestShow_Degraded: an upstream that does not answer leaves its own part empty, and the rest is there.
func TestShow_Degraded(t *testing.T) {
	for name, tc := range map[string]struct {
		set        func(*world)
		has, lacks string
	}{
		"desk":     {func(w *world) { w.ticketErr = down }, "Zendesk does not answer", "Messages to 079"},
		"traffic":  {func(w *world) { w.analyticsErr = down }, "GH-2026-000008", "AWCC"},
		"invoices": {func(w *world) { w.invoiceErr = down }, "AWCC", "GH-2026-000008"},
		"stale":    {func(w *world) { w.tickets.Stale = true }, "This is what it said 2 hours ago", "The rest of this page is complete"},
	} {
		w := newWorld()
		tc.set(w)
		r := site(t, w).Get(at)
		if r.Code != http.StatusOK || strings.Contains(r.Body, "10.0.0.9") {
			t.Fatalf("%s: status %d, or the cause on the page", name, r.Code)
		}
		text := r.Doc().Text("main")
		lacks(t, name, text, tc.has, "91", "renew", "Quarterly reviews")
		if strings.Contains(text, tc.lacks) {
			t.Errorf("%s: %q is on the page", name, tc.lacks)
		}
		r.Doc().One(".alert")
	}
	for name, set := range map[string]func(*world){
		"scores": func(w *world) { w.scoreErr = down }, "notes": func(w *world) { w.noteErr = down }, "reviews": func(w *world) { w.reviewErr = down },
	} {
		w := newWorld()
		set(w)
		if r := site(t, w).Get(at); r.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d: what the portal keeps itself must not be missing silently", name, r.Code)
		}
	}
}

func TestShow_NoDesk(t *testing.T) {
	p := newWorld().parts()
	p.Desk = nil
	lacks(t, "page", siteOf(t, p).Get(at).Doc().Text("main"), "No support desk is connected", "AWCC")
	w := newWorld()
	w.tickets = desk.List{}
	lacks(t, "page", site(t, w).Get(at).Doc().Text("main"), "No tickets.")
}

// TestShow_Health: each component with its weight, what it costs and what would raise it; missing ones are named.
func TestShow_Health(t *testing.T) {
	w := newWorld()
	one := trend(78, -2, -5)
	one.Latest.Components = []portal.HealthComponent{
		{Name: portal.HealthDelivery, Points: 80, Share: 3889, Lost: 778},
		{Name: portal.HealthHolds, Points: 100, Share: 2222},
		{Name: portal.HealthNPS, Gap: portal.HealthNothing},
	}
	w.trends[pamir] = one
	doc := site(t, w).Get(at).Doc()
	rows := doc.All(".component")
	if len(rows) != 3 {
		t.Fatalf("%d components", len(rows))
	}
	lacks(t, "delivery", webtest.Text(rows[0]), "Delivery", "38.9%", "80 points", "7.8")
	lacks(t, "holds", webtest.Text(rows[1]), "Costs nothing")
	doc.One(".component-off")
	if n := len(doc.All(".component meter")); n != 2 {
		t.Errorf("%d meters", n)
	}
	doc.One(".score-amber")
	lacks(t, "line", doc.Attr(".score-chart svg", "aria-label"), "80", "78")
	w.trends[pamir] = health.Trend{}
	text := site(t, w).Get(at).Doc()
	text.None(".score-chart, .score-arc")
}

func TestShow_Others(t *testing.T) {
	for _, path := range []string{"", "/notes?cursor=1", "/reviews", "/notes/" + noteID + "/edit", "/notes/" + noteID + "/delete", "/notes/" + noteID + "/history", "/reviews/" + qbrID} {
		w := newWorld()
		r := site(t, w).Get(home + "/" + other + path)
		if r.Code != http.StatusForbidden || len(w.calls) != 0 {
			t.Errorf("%s: status %d, %q", path, r.Code, w.calls)
		}
		if len(w.events) != 1 || w.events[0].Type != portal.EventAccessDenied || w.events[0].Chain != portal.StaffChain || w.events[0].TenantID != other {
			t.Errorf("%s: recorded %+v", path, w.events)
		}
	}
	for _, path := range []string{"/health", "/reviews", "/notes", "/notes/preview", "/notes/" + noteID + "/edit", "/notes/" + noteID + "/preview", "/notes/" + noteID + "/delete"} {
		w := newWorld()
		r := site(t, w).Post(home+"/"+other+path, url.Values{"body_text": {"x"}, "version": {"2"}, "period": {"2026-Q1"}, "locale": {"en"}})
		if r.Code != http.StatusForbidden || len(w.calls) != 0 || len(w.events) != 1 || len(w.reviews) != 0 || len(w.notes) != 2 {
			t.Errorf("POST %s: status %d, %q, %+v", path, r.Code, w.calls, w.events)
		}
	}
	if r := site(t, newWorld()).Get(home + "/pamir"); r.Code != http.StatusNotFound {
		t.Errorf("a malformed id: %d", r.Code)
	}
}

func TestRecompute(t *testing.T) {
	w := newWorld()
	r := site(t, w).Post(at+"/health", nil)
	if r.Code != http.StatusSeeOther || r.Header.Get("Location") != at || !cmp.Equal(w.calls, []string{"recompute " + pamir + " 2026-11-24"}) {
		t.Errorf("status %d to %q, %q", r.Code, r.Header.Get("Location"), w.calls)
	}
	w.scoreErr = down
	if r := site(t, w).Post(at+"/health", nil); r.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", r.Code)
	}
}

// TestShow_Languages: the page stands in every language.
func TestShow_Languages(t *testing.T) {
	for _, tag := range []string{"fa-AF", "ps", "ar"} {
		r := site(t, newWorld()).Get(at, webtest.Locale(tag))
		if text := r.Doc().Text("main"); r.Code != http.StatusOK || strings.Contains(text, "Weight") || strings.Contains(text, "tenants.") {
			t.Errorf("%s: %d %.300s", tag, r.Code, text)
		}
	}
}
