package audit

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
)

const herat = "ten_herat"

// logs are logs in memory. What they are asked for goes to asked.
type logs struct {
	events []portal.AuditEvent
	next   string
	check  portal.AuditCheck
	err    error
	cut    bool // exports break off after the first event

	asked  []string
	filter portal.AuditFilter
	staff  []portal.Tenant
}

func (l *logs) AuditEvents(_ context.Context, chain string, f portal.AuditFilter) (portal.AuditPage, error) {
	l.asked, l.filter = append(l.asked, chain), f
	return portal.AuditPage{Items: l.events, NextCursor: l.next}, l.err
}

func (l *logs) ExportAudit(_ context.Context, chain string, f portal.AuditFilter) iter.Seq2[portal.AuditEvent, error] {
	l.asked, l.filter = append(l.asked, "export "+chain), f
	return func(yield func(portal.AuditEvent, error) bool) {
		for i, e := range l.events {
			if l.cut && i == 1 {
				yield(portal.AuditEvent{}, errors.New("connection lost"))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (l *logs) VerifyAudit(_ context.Context, chain string) (portal.AuditCheck, error) {
	l.asked = append(l.asked, "verify "+chain)
	return l.check, l.err
}

func (l *logs) Tenants(context.Context, success.Viewer) ([]portal.Tenant, error) {
	return l.staff, l.err
}

func newLogs() *logs {
	hash := strings.Repeat("ab12", 16)
	return &logs{
		events: []portal.AuditEvent{
			{Seq: 2, Type: portal.EventTenantViewed, At: webtest.Now.Add(-time.Hour), Subject: "tenant/ten_test", Actor: portal.Actor{Name: "Zahra <b>", Role: "tam"}, Hash: hash},
			{Seq: 1, Type: portal.EventAPIKeyCreated, At: webtest.Now.Add(-2 * time.Hour), Subject: "apikey/key_1", Actor: portal.Actor{Name: "=cmd()", Role: "customer"},
				Data: map[string]string{"scopes": "sms:send", "name": "Billing"}, Hash: hash},
		},
		check: portal.AuditCheck{Events: 2, Head: hash},
		staff: []portal.Tenant{{TenantID: "ten_test", Name: "Pamir Logistics"}, {TenantID: herat, Name: "Herat Pharmacy"}},
	}
}

// site has a customer signed in, or somebody of the staff with role.
func site(t *testing.T, l *logs, role string) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	if role != "" {
		s.User = &auth.User{ID: "usr_staff", Name: "Zahra", Roles: []string{role}}
	}
	New(s.Kit, l, l).Register(s.Engine)
	return s
}

func TestList_Customer(t *testing.T) {
	l := newLogs()
	r := site(t, l, "").Get(home)
	doc := r.Doc()
	rows := doc.All("#audit-log tbody tr")
	if r.Code != http.StatusOK || len(rows) != 2 || !cmp.Equal(l.asked, []string{"ten_test"}) {
		t.Fatalf("status %d, %d rows, asked for %q", r.Code, len(rows), l.asked)
	}
	for i, want := range [][]string{
		{"Account viewed by staff", "Zahra <b>", "Ghasi staff", "1 hour ago", "No. 2", "tenant/ten_test", "ab12ab12ab12"},
		{"API key created", "=cmd()", "Your team", "Name: Billing", "Scopes: sms:send"},
	} {
		for _, text := range want {
			if got := webtest.Text(rows[i]); !strings.Contains(got, text) {
				t.Errorf("row %d lacks %q: %s", i, text, got)
			}
		}
	}
	doc.None("select[name=log], tbody b")
	for _, o := range doc.All("select[name=type] option") {
		if portal.EventType(webtest.Attr(o, "value")).StaffOnly() {
			t.Errorf("a customer is told of %s", webtest.Attr(o, "value"))
		}
	}
	doc.One(`[aria-current][href="/settings/audit"]`)
}

// TestList_CustomersSeeTheirOwn: naming another log is refused, whatever way it is asked for, and nothing is read.
func TestList_CustomersSeeTheirOwn(t *testing.T) {
	l := newLogs()
	s := site(t, l, "")
	for _, log := range []string{"staff", herat, "x"} {
		for _, path := range []string{"", "/export.csv", "/export.json"} {
			if r := s.Get(home + path + "?log=" + log); r.Code != http.StatusForbidden {
				t.Errorf("%s of %s: %d", path, log, r.Code)
			}
		}
		if r := s.Post(home+"/verify", url.Values{"log": {log}}); r.Code != http.StatusForbidden {
			t.Errorf("verify %s: %d", log, r.Code)
		}
	}
	if len(l.asked) != 0 {
		t.Errorf("asked for %q", l.asked)
	}
	if r := s.Get(home + "?log=ten_test"); r.Code != http.StatusOK {
		t.Errorf("their own by name: %d", r.Code)
	}
}

func TestList_Staff(t *testing.T) {
	l := newLogs()
	s := site(t, l, "tam")
	doc := s.Get(home + "?log=" + herat).Doc()
	var chains []string
	for _, o := range doc.All("select[name=log] option") {
		chains = append(chains, webtest.Attr(o, "value"))
	}
	if d := cmp.Diff([]string{"ten_test", herat}, chains); d != "" {
		t.Error(d)
	}
	if got := doc.Attr("select[name=log] option[selected]", "value"); got != herat {
		t.Errorf("shown: %q", got)
	}
	for _, log := range []string{"staff", "ten_other"} {
		if r := s.Get(home + "?log=" + log); r.Code != http.StatusForbidden {
			t.Errorf("a TAM reads %s: %d", log, r.Code)
		}
	}
	admin := site(t, l, "platform_admin").Get(home).Doc()
	if got := admin.Attr("select[name=log] option[selected]", "value"); got != portal.StaffChain {
		t.Errorf("an administrator begins with %q", got)
	}
	admin.One(`select[name=type] option[value="` + string(portal.EventNoteDeleted) + `"]`)
	l.staff = nil
	if r := s.Get(home); r.Code != http.StatusNotFound {
		t.Errorf("a TAM without tenants: %d", r.Code)
	}
}

func TestList_Filter(t *testing.T) {
	l := newLogs()
	l.next = "41"
	s := site(t, l, "")
	query := "?type=" + string(portal.EventAPIKeyCreated) + "&from=2026-11-01&until=2026-11-02"
	doc := s.Get(home + query).Doc()
	want := portal.AuditFilter{
		Type: portal.EventAPIKeyCreated, From: time.Date(2026, 11, 1, 0, 0, 0, 0, locales.Kabul), Until: time.Date(2026, 11, 3, 0, 0, 0, 0, locales.Kabul),
	}
	if d := cmp.Diff(want, l.filter); d != "" {
		t.Error(d)
	}
	if doc.Attr("#f-from", "value") != "2026-11-01" || doc.Attr("#f-until", "value") != "2026-11-02" {
		t.Error("the form does not keep the days")
	}
	for sel, path := range map[string]string{"#audit-more a": home, `a[href*="csv"]`: home + "/export.csv", `a[href*="json"]`: home + "/export.json"} {
		u, err := url.Parse(doc.Attr(sel, "href"))
		if err != nil || u.Path != path || u.Query().Get("from") != "2026-11-01" || u.Query().Get("type") != string(portal.EventAPIKeyCreated) {
			t.Errorf("%s leads to %v", sel, u)
		}
	}
	more := s.Get(home+query+"&cursor=41", webtest.HTMX())
	if l.filter.Cursor != "41" || !strings.HasPrefix(strings.TrimSpace(more.Body), "<tr") {
		t.Errorf("the next page is asked for by %q: %.100s", l.filter.Cursor, more.Body)
	}
	s.Get(home+query, webtest.HTMX()).Doc().None("h1")
	s.Get(home + "?type=unknown")
	if l.filter.Type != "" {
		t.Errorf("an unknown type asks for %q", l.filter.Type)
	}
}

// TestList_Calendar: days are typed and shown in the person's calendar.
func TestList_Calendar(t *testing.T) {
	l := newLogs()
	doc := site(t, l, "").Get(home+"?from=1405-09-01", webtest.Locale("fa-AF")).Doc()
	if got := l.filter.From.Format(time.DateOnly); got != "2026-11-22" {
		t.Errorf("1405-09-01 is %s", got)
	}
	if got := doc.Attr("#f-from", "value"); !strings.Contains(got, "۱۴۰۵") {
		t.Errorf("shown as %q", got)
	}
}

func TestList_Refused(t *testing.T) {
	for _, query := range []string{"?from=yesterday", "?until=2026-13-01", "?cursor=" + strings.Repeat("9", maxCursor+1)} {
		l := newLogs()
		r := site(t, l, "").Get(home + query)
		if r.Code != http.StatusUnprocessableEntity || len(l.asked) != 0 {
			t.Errorf("%s: %d, asked for %q", query, r.Code, l.asked)
		}
		r.Doc().One("#audit-log .alert")
		r.Doc().None("#audit-log table")
		if r := site(t, l, "").Get(home + "/export.csv" + query); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("export %s: %d", query, r.Code)
		}
	}
}

func TestList_EmptyAndDown(t *testing.T) {
	l := newLogs()
	l.events = nil
	doc := site(t, l, "").Get(home).Doc()
	doc.One("#audit-log .empty")
	doc.None("#audit-log table")
	l.err = portal.Fail(portal.Unavailable, errors.New("10.0.0.9: refused"))
	if r := site(t, l, "").Get(home); r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "10.0.0.9") {
		t.Errorf("down: %d", r.Code)
	}
}

func TestVerify(t *testing.T) {
	for name, tc := range map[string]struct {
		check portal.AuditCheck
		want  []string
	}{
		"whole":  {portal.AuditCheck{Events: 2, Head: strings.Repeat("c", 64)}, []string{"The log is whole", "2 events", strings.Repeat("c", 64)}},
		"broken": {portal.AuditCheck{Events: 6, BrokenSeq: 7}, []string{"The log is not whole", "number 7"}},
		"empty":  {portal.AuditCheck{}, []string{"nothing to verify"}},
	} {
		l := newLogs()
		l.check = tc.check
		s := site(t, l, "")
		fragment := s.Post(home+"/verify", nil, webtest.HTMX()).Doc()
		fragment.None("h1")
		page := s.Post(home+"/verify", nil).Doc()
		page.One("h1")
		page.One("#audit-log tbody")
		for _, d := range []*webtest.Document{fragment, page} {
			for _, text := range tc.want {
				if got := d.Text("#audit-check"); !strings.Contains(got, text) {
					t.Errorf("%s lacks %q: %s", name, text, got)
				}
			}
		}
		if l.asked[0] != "verify ten_test" {
			t.Errorf("%s: asked for %q", name, l.asked)
		}
	}
	l := newLogs()
	site(t, l, "platform_admin").Post(home+"/verify", url.Values{"log": {"staff"}})
	if l.asked[0] != "verify staff" {
		t.Errorf("asked for %q", l.asked)
	}
	l.err = portal.Fail(portal.Unavailable, nil)
	if r := site(t, l, "").Post(home+"/verify", nil); r.Code != http.StatusServiceUnavailable {
		t.Errorf("down: %d", r.Code)
	}
}

func TestExport_CSV(t *testing.T) {
	l := newLogs()
	r := site(t, l, "").Get(home + "/export.csv?from=2026-11-01")
	if r.Code != http.StatusOK || !strings.Contains(r.Header.Get("Content-Type"), "text/csv") || !strings.Contains(r.Header.Get("Content-Disposition"), "audit.csv") {
		t.Errorf("%d %q", r.Code, r.Header)
	}
	if l.asked[0] != "export ten_test" || l.filter.From.IsZero() {
		t.Errorf("asked for %q, %+v", l.asked, l.filter)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.Body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if d := cmp.Diff([]string{"seq", "time", "type", "actor", "role", "subject", "data", "hash"}, rows[0]); d != "" {
		t.Error(d)
	}
	if rows[2][6] != "name=Billing; scopes=sms:send" || rows[1][0] != "2" || strings.HasPrefix(rows[2][3], "=") {
		t.Errorf("rows: %q", rows)
	}
}

func TestExport_JSON(t *testing.T) {
	l := newLogs()
	r := site(t, l, "tam").Get(home + "/export.json?log=" + herat)
	if r.Code != http.StatusOK || r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Cache-Control") != "no-store" || l.asked[0] != "export "+herat {
		t.Errorf("%d %q, asked for %q", r.Code, r.Header, l.asked)
	}
	var got []portal.AuditEvent
	for lines := bufio.NewScanner(strings.NewReader(r.Body)); lines.Scan(); {
		var e portal.AuditEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if d := cmp.Diff(l.events, got); d != "" {
		t.Error(d)
	}
}

// TestExport_Cut: a file that breaks off must not end like a whole one.
func TestExport_Cut(t *testing.T) {
	for _, path := range []string{"/export.csv", "/export.json"} {
		l := newLogs()
		l.cut = true
		s := site(t, l, "")
		func() {
			defer func() {
				if r := recover(); r != http.ErrAbortHandler { //nolint:errorlint // the very value
					t.Errorf("%s: %v", path, r)
				}
			}()
			s.Get(home + path)
			t.Errorf("%s ended as if whole", path)
		}()
	}
}
