package billing

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

func TestUsage(t *testing.T) {
	api := busy()
	r := newTestSite(t, api).Get("/billing?tab=usage")
	d := r.Doc()
	if r.Code != http.StatusOK || d.Text(`.tabs a[aria-current="page"]`) != "Usage" || api.month != "" {
		t.Fatalf("status %d, month %q", r.Code, api.month)
	}
	want := []string{
		"Messages sent 12,000 15,000 segments", "Delivered 11,400 400 failed", "Delivery rate 96.6% 11,800 of those that have arrived or failed",
		"Credit balance AFN 8,000.00 AFN 18,000.00 left to spend, with a credit limit of AFN 10,000.00",
	}
	if got := texts(d, ".tile"); !slices.Equal(got, want) {
		t.Errorf("tiles = %q", got)
	}
	want = []string{
		"So far AFN 5,250.00", "Projected month-end AFN 7,000.00 at the pace of the last 7 days",
		"Refunded AFN 20.00 for messages that failed through no fault of yours", "Month before AFN 4,000.00",
	}
	if got := texts(d, ".figures > div"); !slices.Equal(got, want) {
		t.Errorf("figures = %q", got)
	}
	if got := d.Text(".month-label"); got != "November 2026" {
		t.Errorf("month = %q", got)
	}
	d.One(`.month-links a[href="/billing?month=2026-10&tab=usage"][rel="prev"]`)
	d.None(`.month-links a[rel="next"]`)
	d.One(`a[href="/billing/usage.csv?month=2026-11"]`)
	if bars, rows := len(d.All(".chart-bar")), len(d.All(".chart-table tbody tr")); bars != 24 || rows != 24 {
		t.Errorf("%d bars and %d rows, want 24", bars, rows)
	}
	if got := plain(d.Text(".chart-summary")); got != "The dearest day was 24 Nov with AFN 123.00." {
		t.Errorf("summary = %q", got)
	}
	if got := d.Attr(".chart-plot", "viewbox") + d.Attr(".chart-plot", "viewBox"); got != "0 0 720 200" {
		t.Errorf("the chart is %q: it should have room for all 30 days", got)
	}
	d.One(".chart-bar:last-of-type rect.series-primary")
	if got := texts(d, "tbody td[data-label='Operator']"); !slices.Equal(got, []string{"Roshan", "Other numbers"}) {
		t.Errorf("operators = %q", got)
	}
	d.One(`a.row-link[href="/messages?after=2026-11-01&operator=roshan"]`)
	if got := d.Attr(".share meter[value='80']", "max"); got != "100" {
		t.Errorf("share of %q", got)
	}
}

func TestUsage_Months(t *testing.T) {
	api := busy()
	s := newTestSite(t, api)
	full := s.Get("/billing?tab=usage&month=2026-10")
	d := full.Doc()
	if full.Code != http.StatusOK || api.month != "2026-10" || d.Text(".month-label") != "October 2026" {
		t.Fatalf("status %d, month %q shows %q", full.Code, api.month, d.Text(".month-label"))
	}
	for _, want := range []string{"/billing?month=2026-09&tab=usage", "/billing?month=2026-11&tab=usage", "/billing?tab=usage"} {
		d.One(`.month-links a[href="` + want + `"]`)
	}
	want := []string{"In the month AFN 5,250.00", "Refunded AFN 20.00 for messages that failed through no fault of yours", "Month before AFN 4,000.00 this month is up 31.3%"}
	if got := texts(d, ".figures > div"); !slices.Equal(got, want) {
		t.Errorf("figures = %q", got)
	}
	d.One(`a.row-link[href="/messages?after=2026-10-01&before=2026-10-31&operator=roshan"]`)
	part := s.Get("/billing?tab=usage&month=2026-10", webtest.HTMX())
	if part.Doc().Text(".month-label") != "October 2026" || strings.Contains(part.Body, "<html") {
		t.Errorf("htmx gets %.200s", part.Body)
	}
	if got := plain(s.Get("/billing?tab=usage", webtest.Locale("fa-AF")).Doc().Text(".month-name")); got != "۱۰ عقرب – ۹ قوس ۱۴۰۵ (نومبر ۲۰۲۶)" {
		t.Errorf("in Dari the month is %q", got)
	}
	api.usage.Currency = portal.USD
	if got := plain(s.Get("/billing?tab=usage").Doc().Text(".figures > div:first-child .figure")); got != "USD 5,250.00" {
		t.Errorf("in dollars: %q", got)
	}
	for _, month := range []string{"2026-13", "2026-1", "x", "2026-11-01", "202611", "1999-12", "2026-12", "۲۰۲۶-۱۱", strings.Repeat("9", 3000)} {
		for _, how := range [][]webtest.Option{nil, {webtest.HTMX()}} {
			r := s.Get("/billing?tab=usage&month="+url.QueryEscape(month), how...)
			if r.Code != http.StatusUnprocessableEntity || !slices.Contains(texts(r.Doc(), ".alert-title"), "This is no month that can be shown") {
				t.Errorf("%.20s: status %d", month, r.Code)
			}
			r.Doc().One(`.alert a[href="/billing?tab=usage"]`)
		}
	}
}

// TestBalanceTile: what is owed within the limit is no alarm, unless the customer has asked for one.
func TestBalanceTile(t *testing.T) {
	p := webtest.New(t).Kit.Bundle.Locale("en").Printer(webtest.Now, "", "")
	for name, tc := range map[string]struct {
		usage      portal.Usage
		note, tone string
	}{
		"plenty":           {portal.Usage{BalanceMicros: 5 * afn}, "", ""},
		"owed":             {portal.Usage{BalanceMicros: -5 * afn, CreditLimitMicros: 8 * afn}, "AFN 3.00 left to spend, with a credit limit of AFN 8.00", ""},
		"owed and watched": {portal.Usage{BalanceMicros: -5 * afn, CreditLimitMicros: 8 * afn, LowBalanceMicros: afn}, "below AFN 1.00", "bad"},
		"at the threshold": {portal.Usage{BalanceMicros: afn, LowBalanceMicros: afn}, "", ""},
		"used up":          {portal.Usage{BalanceMicros: -8 * afn, CreditLimitMicros: 8 * afn}, "used up: new messages are refused", "bad"},
	} {
		if got := balanceTile(p, tc.usage); plain(string(got.Note)) != tc.note || got.Tone != tc.tone {
			t.Errorf("%s: note %q, tone %q", name, got.Note, got.Tone)
		}
	}
}

// TestUsage_Nothing: a month without a message is shown, not an error.
func TestUsage_Nothing(t *testing.T) {
	api := &fakeAPI{usage: portal.Usage{PeriodStart: "2026-11-01", PeriodEnd: "2026-12-01", Currency: portal.AFN}}
	d := newTestSite(t, api).Get("/billing?tab=usage").Doc()
	if got := d.Text(".chart-summary"); got != "Nothing was spent in this month." {
		t.Errorf("summary = %q", got)
	}
	want := []string{"Messages sent 0 0 segments", "Delivered 0 0 failed", "Delivery rate – nothing has arrived or failed yet", "Credit balance AFN 0.00 used up: new messages are refused"}
	if got := texts(d, ".tile"); !slices.Equal(got, want) {
		t.Errorf("tiles = %q", got)
	}
	if !strings.Contains(d.Text("main"), "Nothing was sent in this month.") {
		t.Error("the table of operators says nothing")
	}
}

func TestUsage_Down(t *testing.T) {
	api := busy()
	api.usageErr = down
	r := newTestSite(t, api).Get("/billing?tab=usage")
	if r.Code != http.StatusOK || !slices.Contains(texts(r.Doc(), ".alert-title"), "The usage figures are not available") || strings.Contains(r.Body, "10.0.0.1") {
		t.Errorf("status %d", r.Code)
	}
	r.Doc().None(".tile, .chart, form[action='/billing/threshold']")
	api = busy()
	api.invoicesErr = down // only the notice is missing
	r = newTestSite(t, api).Get("/billing?tab=usage")
	if r.Code != http.StatusOK || len(r.Doc().All(".tile")) != 4 {
		t.Errorf("status %d", r.Code)
	}
	r.Doc().None(".alert")
}

func TestThreshold(t *testing.T) {
	for typed, want := range map[string]int64{
		"5000": 5000 * afn, "2,500.50": 2_500_500_000, "۵٬۰۰۰": 5000 * afn, "٥٠٠٫٥": 500_500_000, "": 0, "  ": 0, "0": 0,
	} {
		api := busy()
		s := newTestSite(t, api)
		r := s.Post("/billing/threshold", url.Values{"threshold": {typed}})
		if r.Code != http.StatusSeeOther || r.Header.Get("Location") != "/billing?tab=usage" || api.set == nil || api.set.LowBalanceMicros != want {
			t.Errorf("%q: status %d to %q, stored %v, want %d", typed, r.Code, r.Header.Get("Location"), api.set, want)
		}
		part := s.Post("/billing/threshold", url.Values{"threshold": {typed}}, webtest.HTMX())
		state := "There is no warning yet."
		if want > 0 {
			state = "You are warned below AFN "
		}
		if part.Code != http.StatusOK || !strings.Contains(plain(part.Doc().Text("#threshold")), state) || !strings.Contains(part.Body, "Warning saved.") {
			t.Errorf("%q: htmx gets %d, %s", typed, part.Code, part.Body)
		}
	}
	// What holds is shown in the person's own digits.
	api := busy()
	api.usage.LowBalanceMicros = 12_500 * afn
	d := newTestSite(t, api).Get("/billing?tab=usage", webtest.Locale("ps")).Doc()
	if got := d.Attr("#f-threshold", "value"); got != "۱۲٬۵۰۰" {
		t.Errorf("the field shows %q", got)
	}
	if got := plain(d.Text(".tile:last-child .tile-note")); got != "له ؋ ۱۲٬۵۰۰٫۰۰ کم" {
		t.Errorf("the balance's tile says %q", got)
	}
}

func TestThreshold_BadInput(t *testing.T) {
	for _, typed := range []string{"-5", "12,50", "five", "1e9", "1.005", "99999999999", `"><script>alert(1)</script>`, strings.Repeat("9", 5000)} {
		api := busy()
		s := newTestSite(t, api)
		for _, how := range [][]webtest.Option{nil, {webtest.HTMX()}} {
			r := s.Post("/billing/threshold", url.Values{"threshold": {typed}}, how...)
			if r.Code != http.StatusUnprocessableEntity || api.set != nil {
				t.Errorf("%.30q: status %d, stored %v", typed, r.Code, api.set)
			}
			if got := r.Doc().Text("#f-threshold-error"); !strings.Contains(got, "Enter an amount such as") {
				t.Errorf("%.30q: the field says %q", typed, got)
			}
			if got := r.Doc().Attr("#f-threshold", "value"); !strings.HasPrefix(typed, got) || got == "" || len(got) > 128 {
				t.Errorf("%.30q: what was typed is %.50q", typed, got)
			}
			if strings.Contains(r.Body, "<script>") {
				t.Error("markup got through")
			}
		}
	}
}

func TestThreshold_Refused(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want int
	}{
		"down":       {down, http.StatusServiceUnavailable},
		"signed out": {portal.Fail(portal.Unauthenticated, nil), http.StatusSeeOther},
		"forbidden":  {portal.Fail(portal.Forbidden, nil), http.StatusForbidden},
		"invalid":    {portal.InvalidField("lowBalanceMicros", "field.out_of_range"), http.StatusUnprocessableEntity},
	} {
		t.Run(name, func(t *testing.T) {
			api := busy()
			api.setErr = tc.err
			r := newTestSite(t, api).Post("/billing/threshold", url.Values{"threshold": {"777"}})
			if r.Code != tc.want {
				t.Errorf("status %d, want %d", r.Code, tc.want)
			}
			if tc.want == http.StatusServiceUnavailable || tc.want == http.StatusUnprocessableEntity {
				if got := r.Doc().Attr("#f-threshold", "value"); got != "777" {
					t.Errorf("what was typed is lost: %q", got)
				}
			}
		})
	}
	// The form answers even when the figures around it cannot be read.
	api := busy()
	api.usageErr = errors.New("broken")
	if r := newTestSite(t, api).Post("/billing/threshold", url.Values{"threshold": {"5"}}, webtest.HTMX()); r.Code != http.StatusOK || len(r.Doc().All("#f-threshold")) != 1 {
		t.Errorf("status %d: %s", r.Code, r.Body)
	}
	if d := newTestSite(t, busy()).Get("/billing/threshold").Doc(); d.Attr("#f-threshold", "value") != "" {
		t.Error("the form's address, loaded as a page, is not the form")
	}
}

// file parses a CSV answer.
func file(t *testing.T, r *webtest.Response, name string) [][]string {
	t.Helper()
	if r.Code != http.StatusOK || r.Header.Get("Content-Disposition") != `attachment; filename="`+name+`"` {
		t.Fatalf("status %d, %q: %.200s", r.Code, r.Header.Get("Content-Disposition"), r.Body)
	}
	body, marked := strings.CutPrefix(r.Body, "\ufeff")
	if !marked || strings.Count(body, "\n") != strings.Count(body, "\r\n") {
		t.Errorf("mark %t, or bare line ends", marked)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestExportInvoices(t *testing.T) {
	api := busy()
	for n := 46; n <= 250; n++ { // three pages
		api.invoices = append(api.invoices, invoiceOf(n))
	}
	api.invoices[1].Number = "=cmd|' /C calc'!A0"
	rows := file(t, newTestSite(t, api).Get("/billing/invoices.csv"), "invoices.csv")
	want := [][]string{
		{"Invoice", "Period from", "Period to", "Amount", "Currency", "Status", "Issued", "Due", "Paid on"},
		{"GH-2026-899", "2026-10-01", "2026-10-31", "1001.00", "AFN", "open", "2026-11-01", "2026-11-27", ""},
		{"'=cmd|' /C calc'!A0", "2026-09-01", "2026-09-30", "1002.00", "AFN", "overdue", "2026-10-01", "2026-10-16", ""},
		{"GH-2026-897", "2026-08-01", "2026-08-31", "1003.00", "AFN", "void", "2026-09-01", "2026-09-16", ""},
		{"GH-2026-896", "2026-07-01", "2026-07-31", "1004.00", "AFN", "paid", "2026-08-01", "2026-08-16", "2026-08-10"},
	}
	if diff := cmp.Diff(want, rows[:5]); diff != "" {
		t.Error(diff)
	}
	if len(rows) != 251 {
		t.Errorf("%d rows, want the heads and 250", len(rows))
	}
	rows = file(t, newTestSite(t, busy()).Get("/billing/invoices.csv?status=overdue", webtest.Locale("ps")), "invoices.csv")
	if len(rows) != 2 || rows[0][3] != "مبلغ" || rows[1][3] != "1002.00" || rows[1][5] != "ځنډېدلی" {
		t.Errorf("in Pashto: %q", rows)
	}
	for query, want := range map[string]int{"status=lost": http.StatusUnprocessableEntity, "status=%00": http.StatusUnprocessableEntity} {
		if r := newTestSite(t, busy()).Get("/billing/invoices.csv?" + query); r.Code != want {
			t.Errorf("%s: status %d", query, r.Code)
		}
	}
}

// TestExportInvoices_Broken: a failure before the first row is an error page, one after it a failed download.
func TestExportInvoices_Broken(t *testing.T) {
	api := busy()
	api.invoicesErr = down
	if r := newTestSite(t, api).Get("/billing/invoices.csv"); r.Code != http.StatusServiceUnavailable || r.Header.Get("Content-Disposition") != "" {
		t.Errorf("status %d, %q", r.Code, r.Header.Get("Content-Disposition"))
	}
	api = busy()
	for n := 46; n <= 150; n++ {
		api.invoices = append(api.invoices, invoiceOf(n))
	}
	api.invoicesErr, api.failAfter = down, 1
	defer func() {
		if p, ok := recover().(error); !ok || !errors.Is(p, http.ErrAbortHandler) {
			t.Errorf("the download ended with %v, as if it were whole", p)
		}
	}()
	newTestSite(t, api).Get("/billing/invoices.csv")
}

func TestExportUsage(t *testing.T) {
	rows := file(t, newTestSite(t, busy()).Get("/billing/usage.csv?month=2026-11"), "usage-2026-11.csv")
	want := [][]string{{"Day", "Messages sent", "Delivered", "Spend", "Currency"}, {"2026-11-01", "500", "475", "100.00", "AFN"}}
	if diff := cmp.Diff(want, rows[:2]); diff != "" || len(rows) != 25 {
		t.Errorf("%d rows; %s", len(rows), diff)
	}
	if rows := file(t, newTestSite(t, busy()).Get("/billing/usage.csv", webtest.Locale("fa-AF")), "usage-2026-11.csv"); rows[0][0] != "روز" {
		t.Errorf("in Dari: %q", rows[0])
	}
	for month, want := range map[string]int{"2026-12": http.StatusUnprocessableEntity, "x": http.StatusUnprocessableEntity} {
		if r := newTestSite(t, busy()).Get("/billing/usage.csv?month=" + month); r.Code != want {
			t.Errorf("%s: status %d", month, r.Code)
		}
	}
}

// TestChart_Scale: the axis has a few round figures and every bar fits under the topmost.
func TestChart_Scale(t *testing.T) {
	site := webtest.New(t)
	p := site.Kit.Bundle.Locale("en").Printer(webtest.Now, "", "")
	for _, spend := range []int64{0, 1, afn / 2, 3 * afn, 7 * afn, 99 * afn, 123_456 * afn, 9_000_000_000 * afn} {
		u := portal.Usage{Days: []portal.UsageDay{{Day: "2026-11-01", SpendMicros: spend}, {Day: "no day", SpendMicros: spend / 3}}}
		c := spendChart(p, u, time.Time{}, time.Time{})
		if len(c.Ticks) < 2 || len(c.Ticks) > 5 {
			t.Errorf("%d: %d figures on the axis", spend, len(c.Ticks))
		}
		if c.Ticks[len(c.Ticks)-1].Pos != 0 {
			t.Errorf("%d: the topmost figure is at %d", spend, c.Ticks[len(c.Ticks)-1].Pos)
		}
		for _, b := range c.Bars {
			for _, r := range b.Stack {
				if r.Y < 0 || r.Height < 1 || r.Y+r.Height != chartHeight {
					t.Errorf("%d: bar %+v", spend, r)
				}
			}
		}
	}
}
