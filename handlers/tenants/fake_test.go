package tenants

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/success/health"
)

const (
	pamir  = "ten_00000000000000000000000001"
	herat  = "ten_00000000000000000000000002"
	kabul  = "ten_00000000000000000000000003"
	nova   = "ten_00000000000000000000000004"
	other  = "ten_00000000000000000000000009" // somebody else's
	noteID = "note_00000000000000000000000001"
	qbrID  = "qbr_00000000000000000000000001"
)

var (
	tam   = auth.User{ID: "usr_tam", Name: "Zahra Ahmadi", Email: "tam@demo.ghasi.test", Roles: []string{"tam"}}
	admin = auth.User{ID: "usr_admin", Name: "Latifa", Roles: []string{"platform_admin"}}
	zahra = portal.Actor{UserID: "usr_tam", Name: "Zahra Ahmadi", Role: "tam"}
	nabi  = portal.Actor{UserID: "usr_tam2", Name: "Nabi", Role: "tam"}
	down  = portal.Fail(portal.Unavailable, errors.New("dial tcp 10.0.0.9: refused"))
)

// world is everything that the pages stand on, in memory. What it is told goes to calls, in order.
type world struct {
	tenants []portal.Tenant
	trends  map[string]health.Trend
	latest  portal.HealthScore
	contact map[string]time.Time

	analytics portal.Analytics
	invoices  portal.InvoicePage
	glance    map[string]desk.List
	tickets   desk.List

	notes    []portal.Note
	versions []portal.NoteVersion
	reviews  []portal.QBR
	link     portal.SignedURL

	calls  []string
	events []portal.Event

	accessErr, scoreErr, noteErr, recordErr, reviewErr, exportErr, analyticsErr, invoiceErr, ticketErr, contactErr error
}

func (w *world) say(call string) { w.calls = append(w.calls, call) }

func (w *world) Tenants(context.Context, success.Viewer) ([]portal.Tenant, error) {
	return slices.Clone(w.tenants), w.accessErr
}

func (w *world) Tenant(_ context.Context, _ success.Viewer, id string) (portal.Tenant, error) {
	for _, t := range w.tenants {
		if t.TenantID == id {
			return t, w.accessErr
		}
	}
	return portal.Tenant{}, portal.Fail(portal.Forbidden, errors.New("not assigned"))
}

func (w *world) Assigned(context.Context, string) ([]portal.TAMAssignment, error) {
	return []portal.TAMAssignment{{UserID: zahra.UserID, Name: zahra.Name}}, nil
}

func (w *world) Trends(context.Context) (map[string]health.Trend, error) { return w.trends, w.scoreErr }

func (w *world) Trend(_ context.Context, id string) (health.Trend, portal.HealthScore, error) {
	return w.trends[id], w.latest, w.scoreErr
}

func (w *world) Recompute(_ context.Context, id, day string) (portal.HealthScore, error) {
	w.say("recompute " + id + " " + day)
	return portal.HealthScore{}, w.scoreErr
}

func (w *world) Today() string { return "2026-11-24" }

func (w *world) Glance(_ context.Context, id string) (desk.List, bool) {
	l, ok := w.glance[id]
	return l, ok
}

func (w *world) Tickets(context.Context, string) (desk.List, error) { return w.tickets, w.ticketErr }
func (w *world) Name() string                                       { return "Zendesk" }

func (w *world) Analytics(context.Context, string, string) (portal.Analytics, error) {
	return w.analytics, w.analyticsErr
}

func (w *world) TenantInvoices(context.Context, string, portal.InvoiceFilter) (portal.InvoicePage, error) {
	return w.invoices, w.invoiceErr
}

func (w *world) Notes(_ context.Context, _ string, _ int, cursor string) (portal.NotePage, error) {
	if cursor != "" {
		return portal.NotePage{Items: w.notes[len(w.notes)-1:]}, w.noteErr
	}
	return portal.NotePage{Items: w.notes}, w.noteErr
}

func (w *world) find(id string) *portal.Note {
	for i := range w.notes {
		if w.notes[i].NoteID == id {
			return &w.notes[i]
		}
	}
	return nil
}

func (w *world) Note(_ context.Context, _, id string) (portal.Note, error) {
	if n := w.find(id); n != nil {
		return *n, nil
	}
	return portal.Note{}, portal.Fail(portal.NotFound, nil)
}

func (w *world) CreateNote(_ context.Context, tenantID string, by portal.Actor, body string) (portal.Note, error) {
	if strings.TrimSpace(body) == "" {
		return portal.Note{}, portal.InvalidField("body", "field.required")
	}
	n := portal.Note{NoteID: noteID, TenantID: tenantID, Author: by, Body: body, Version: 1, CreatedAt: webtest.Now, UpdatedAt: webtest.Now}
	w.notes = append([]portal.Note{n}, w.notes...)
	return n, w.noteErr
}

func (w *world) ChangeNote(_ context.Context, _, id string, by portal.Actor, body string, version int) (portal.Note, error) {
	n := w.find(id)
	switch {
	case n.Version != version:
		return portal.Note{}, portal.Fail(portal.Conflict, nil)
	case strings.TrimSpace(body) == "":
		return portal.Note{}, portal.InvalidField("body", "field.required")
	}
	n.Body, n.Version = body, n.Version+1
	w.say("changed by " + by.UserID)
	return *n, nil
}

func (w *world) DeleteNote(_ context.Context, _, id string, by portal.Actor, version int) error {
	if w.find(id).Version != version {
		return portal.Fail(portal.Conflict, nil)
	}
	w.notes = slices.DeleteFunc(w.notes, func(n portal.Note) bool { return n.NoteID == id })
	w.say("deleted by " + by.UserID)
	return nil
}

func (w *world) NoteHistory(context.Context, string, string) ([]portal.NoteVersion, error) {
	return w.versions, w.noteErr
}

func (w *world) LastContacts(context.Context) (map[string]time.Time, error) {
	return w.contact, w.contactErr
}

func (w *world) Record(_ context.Context, e portal.Event) error {
	if w.recordErr == nil {
		w.events = append(w.events, e)
	}
	return w.recordErr
}

func (w *world) Export(_ context.Context, by portal.Actor, tenantID, period, locale string) (portal.QBR, error) {
	if w.exportErr != nil {
		return portal.QBR{}, w.exportErr
	}
	q := portal.QBR{QBRID: qbrID, TenantID: tenantID, Period: period, Locale: locale, By: by, State: portal.QBRQueued, CreatedAt: webtest.Now}
	w.reviews = append(w.reviews, q)
	return q, nil
}

func (w *world) Get(_ context.Context, _, id string) (portal.QBR, error) {
	for _, q := range w.reviews {
		if q.QBRID == id {
			return q, nil
		}
	}
	return portal.QBR{}, portal.Fail(portal.NotFound, nil)
}

func (w *world) List(context.Context, string) ([]portal.QBR, error) { return w.reviews, w.reviewErr }

func (w *world) Link(_ context.Context, q portal.QBR, filename string) (portal.SignedURL, error) {
	if q.State != portal.QBRDone {
		return portal.SignedURL{}, portal.Fail(portal.Conflict, nil)
	}
	w.say("link " + filename)
	return w.link, nil
}

func trend(score int, week, month int) health.Trend {
	days := []portal.HealthScore{{Day: "2026-11-22", Known: true, Score: score - week}, {Day: "2026-11-23", Known: true, Score: score, Formula: 1}}
	return health.Trend{Known: true, Latest: days[1], Change7: &week, Change30: &month, Days: days}
}

func newWorld() *world {
	since := webtest.Now.AddDate(-1, 0, 0)
	return &world{
		tenants: []portal.Tenant{
			{TenantID: pamir, Name: "Pamir Logistics", CreatedAt: since, Currency: portal.AFN, BalanceMicros: 5_000_000_000},
			{TenantID: herat, Name: "Herat Pharmacy", CreatedAt: since, Currency: portal.AFN, BalanceMicros: -250_000_000},
			{TenantID: kabul, Name: "Kabul Courier", CreatedAt: since, Currency: portal.USD, BalanceMicros: 90_000_000},
			{TenantID: nova, Name: "Nova Bank", CreatedAt: since, Currency: portal.AFN},
		},
		trends: map[string]health.Trend{pamir: trend(91, 1, 3), herat: trend(58, -4, -9), kabul: trend(72, -12, -20)},
		glance: map[string]desk.List{pamir: {Snapshot: desk.Snapshot{Open: 3}}, herat: {Snapshot: desk.Snapshot{Open: 0}}},
		analytics: portal.Analytics{
			Currency: portal.AFN, Totals: portal.AnalyticsTotals{Submitted: 1000, Held: 25, Released: 20},
			Months:    []portal.AnalyticsMonth{{Month: "2026-10", Submitted: 600, Delivered: 580, Failed: 20}, {Month: "2026-11", Submitted: 400, Delivered: 390}},
			Operators: []portal.AnalyticsOperator{{Operator: "awcc", Submitted: 700, Delivered: 630, Failed: 70}, {Operator: "new one", Submitted: 300}},
		},
		invoices: portal.InvoicePage{Items: []portal.Invoice{{
			Number: "GH-2026-000008", PeriodStart: "2026-10-01", PeriodEnd: "2026-11-01", Currency: portal.AFN, AmountMicros: 3_401_500_000,
			DueAt: webtest.Now, Status: portal.InvoicePaid,
		}}},
		tickets: desk.List{FetchedAt: webtest.Now.Add(-2 * time.Hour), Snapshot: desk.Snapshot{Open: 1, Tickets: []desk.Ticket{{
			ID: "2005", Subject: "Messages to 079 <b>fail</b>", Status: desk.StatusOpen, Priority: "high",
			CreatedAt: webtest.Now.Add(-72 * time.Hour), URL: "https://ghasi.zendesk.example/agent/tickets/2005",
		}}}},
		notes: []portal.Note{
			{NoteID: noteID, TenantID: pamir, Author: zahra, Body: "They **renew** in March.", Version: 2, CreatedAt: webtest.Now.Add(-time.Hour), UpdatedAt: webtest.Now},
			{NoteID: "note_00000000000000000000000002", TenantID: pamir, Author: nabi, Body: "Nabi's own", Version: 1, CreatedAt: webtest.Now.Add(-time.Hour)},
		},
		link: portal.SignedURL{URL: "https://objects.example/x?signature=1", ExpiresAt: webtest.Now.Add(10 * time.Minute)},
	}
}

func (w *world) parts() Parts {
	return Parts{Access: w, Scores: w, Desk: w, Platform: w, Records: w, Reviews: w}
}

// site is a portal with the TAM signed in.
func site(t *testing.T, w *world) *webtest.Site {
	t.Helper()
	return siteOf(t, w.parts())
}

func siteOf(t *testing.T, p Parts) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	user := tam
	s.User = &user
	New(s.Kit, p).Register(s.Engine)
	return s
}
