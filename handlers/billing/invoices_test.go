package billing

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// plain folds the no-break spaces of amounts.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func texts(d *webtest.Document, sel string) (out []string) {
	for _, n := range d.All(sel) {
		out = append(out, plain(webtest.Text(n)))
	}
	return out
}

func TestInvoices(t *testing.T) {
	r := newTestSite(t, busy()).Get("/billing")
	d := r.Doc()
	if r.Code != http.StatusOK || d.Text("h1") != "Billing" {
		t.Fatalf("status %d, h1 %q", r.Code, d.Text("h1"))
	}
	if got, want := texts(d, ".tabs a"), []string{"Invoices", "Usage"}; !slices.Equal(got, want) {
		t.Errorf("tabs = %q", got)
	}
	if got := d.Text(`.tabs a[aria-current="page"]`); got != "Invoices" {
		t.Errorf("open tab = %q", got)
	}
	for i, want := range []string{
		"Credit balance AFN 8,000.00 AFN 18,000.00 left to spend, with a credit limit of AFN 10,000.00", "Outstanding AFN 2,003.00 1 invoice overdue", "Spent this month AFN 5,250.00 about AFN 7,000.00 by its end",
	} {
		if got := texts(d, ".tile"); i >= len(got) || got[i] != want {
			t.Errorf("tiles = %q, want %q at %d", got, want, i)
		}
	}
	if got := len(d.All("#invoice-list tbody tr:not(.more-row)")); got != pageSize {
		t.Errorf("%d rows, want %d", got, pageSize)
	}
	cells := texts(d, "#invoice-list tbody tr:nth-child(2) td")
	want := []string{"GH-2026-898", "September 2026", "AFN 1,002.00", "overdue", "16 October 2026 39 days late", "Download PDF GH-2026-898 (opens in a new tab)"}
	if !slices.Equal(cells, want) {
		t.Errorf("the overdue row = %q, want %q", cells, want)
	}
	d.One("tbody tr:nth-child(2) .badge-overdue")
	d.One("tbody tr:nth-child(3).row-off")
	if got := texts(d, "tbody tr:nth-child(4) td")[4]; got != "16 August 2026 paid on 10 August 2026" {
		t.Errorf("the due date of a paid invoice = %q", got)
	}
	if got := d.Text(".alert-title"); got != "1 invoice is overdue" {
		t.Errorf("notice = %q", got)
	}
	d.One(`.alert a[href="/billing?status=overdue&tab=invoices"]`)
	pdf := d.All("tbody a[href$='/pdf']")[0]
	for name, want := range map[string]string{"target": "_blank", "rel": "noopener", "hx-boost": "false", "href": "/billing/invoices/" + invoiceOf(1).InvoiceID + "/pdf"} {
		if got := webtest.Attr(pdf, name); got != want {
			t.Errorf("Download PDF: %s = %q, want %q", name, got, want)
		}
	}
	if got := d.Attr("#invoice-more a", "href"); got != "/billing?cursor=20&tab=invoices" {
		t.Errorf("Load more leads to %q", got)
	}
}

// TestInvoices_LoadMore walks all pages as htmx does and as a browser without scripts does.
func TestInvoices_LoadMore(t *testing.T) {
	s := newTestSite(t, busy())
	var numbers []string
	next := "/billing?tab=invoices"
	for pages := 0; next != ""; pages++ {
		if pages > 3 {
			t.Fatal("the list does not end")
		}
		full := s.Get(next).Doc()
		got := texts(full, "tbody .invoice-number")
		if pages > 0 {
			part := s.Get(next, webtest.HTMX())
			if rows := texts(part.Doc(), ".invoice-number"); !slices.Equal(rows, got) {
				t.Errorf("htmx gets %q, a full page %q", rows, got)
			}
			if strings.Contains(part.Body, "<html") || part.Doc().Attr("tr:first-child a.row-link", "data-focus") != "" {
				t.Error("the rows are no rows")
			}
			if n := len(part.Doc().All("[data-focus]")); n != 1 {
				t.Errorf("%d rows take the focus", n)
			}
			full.One(`a[href="/billing?tab=invoices"].btn`) // back to the newest
		}
		numbers = append(numbers, got...)
		next = ""
		if more := full.All("#invoice-more a"); len(more) == 1 {
			next = webtest.Attr(more[0], "href")
		}
	}
	if slices.Sort(numbers); len(slices.Compact(numbers)) != 45 {
		t.Errorf("%d different invoices, want 45", len(numbers))
	}
}

func TestInvoices_Filter(t *testing.T) {
	s := newTestSite(t, busy())
	full := s.Get("/billing?tab=invoices&status=overdue")
	part := s.Get("/billing?tab=invoices&status=overdue", webtest.HTMX())
	for name, r := range map[string]*webtest.Response{"full": full, "part": part} {
		if got := texts(r.Doc(), "tbody .badge"); !slices.Equal(got, []string{"overdue"}) {
			t.Errorf("%s: badges %q", name, got)
		}
		if got := r.Doc().Text(`select option[selected]`); got != "overdue" {
			t.Errorf("%s: chosen %q", name, got)
		}
		r.Doc().One(`a[href="/billing/invoices.csv?status=overdue"]`)
	}
	if got := part.Header.Get("HX-Push-Url"); got != "/billing?status=overdue&tab=invoices" {
		t.Errorf("the address becomes %q", got)
	}
	if strings.Contains(part.Body, "<html") {
		t.Error("a fragment is a page")
	}
}

func TestInvoices_BadInput(t *testing.T) {
	s := newTestSite(t, busy())
	for _, query := range []string{
		"status=lost", "status=%3Cscript%3E", "cursor=nonsense", "cursor=" + strings.Repeat("9", 600), "cursor=a%20b", "cursor=%E2%80%AE", "status=lost&cursor=%0A",
	} {
		for _, how := range [][]webtest.Option{nil, {webtest.HTMX()}} {
			r := s.Get("/billing?"+query, how...)
			if r.Code != http.StatusUnprocessableEntity || len(r.Doc().All(".alert-error a")) == 0 {
				t.Errorf("%.40s: status %d without a way on", query, r.Code)
			}
			if strings.Contains(r.Body, "<script>") || len(r.Doc().All(".invoice-number")) > 0 {
				t.Errorf("%.40s: it is on the page, or rows are", query)
			}
		}
	}
	for path, want := range map[string]int{
		"/billing?tab=lost": http.StatusNotFound, "/billing?status=%00": http.StatusUnprocessableEntity, "/billing?tab=" + strings.Repeat("a", 5000): http.StatusRequestEntityTooLarge,
		"/billing/invoices/inv_1": http.StatusNotFound, "/billing/invoices/%2e%2e%2fadmin": http.StatusNotFound, "/billing/invoices/" + strings.Replace(invoiceOf(1).InvoiceID, "inv_01", "inv_02", 1): http.StatusNotFound,
	} {
		if r := s.Get(path); r.Code != want {
			t.Errorf("%.50s: status %d, want %d", path, r.Code, want)
		}
	}
}

func TestInvoices_Empty(t *testing.T) {
	api := busy()
	api.invoices = nil
	d := newTestSite(t, api).Get("/billing").Doc()
	if got := d.Text(".empty-title"); got != "No invoices yet" {
		t.Errorf("empty = %q", got)
	}
	d.None("table, .alert, a[href*='.csv']")
	d = newTestSite(t, busy()).Get("/billing?status=open&cursor=44").Doc()
	if got := d.Text(".empty-title"); got != "No invoice matches this filter" {
		t.Errorf("empty = %q", got)
	}
}

// TestInvoices_Down: what could be read is shown, and no cause is.
func TestInvoices_Down(t *testing.T) {
	api := busy()
	api.invoicesErr = down
	r := newTestSite(t, api).Get("/billing")
	if r.Code != http.StatusOK || r.Doc().Text("#invoice-list .alert-title") != "The invoices are not available" {
		t.Errorf("status %d, %s", r.Code, r.Body)
	}
	if got := len(r.Doc().All(".tile")); got != 2 {
		t.Errorf("%d tiles, want 2", got)
	}
	r.Doc().None(".empty, tbody")
	if part := newTestSite(t, api).Get("/billing?cursor=20", webtest.HTMX()); part.Code != http.StatusServiceUnavailable || part.Header.Get("HX-Retarget") != "#alerts" {
		t.Errorf("part: status %d, target %q", part.Code, part.Header.Get("HX-Retarget"))
	}

	api = busy()
	api.usageErr = down
	d := newTestSite(t, api).Get("/billing").Doc()
	if got := texts(d, ".alert-title"); !slices.Equal(got, []string{"1 invoice is overdue", "The usage figures are not available"}) {
		t.Errorf("alerts = %q", got)
	}
	if got := len(d.All(".tile")); got != 1 {
		t.Errorf("%d tiles, want 1", got)
	}

	api.invoicesErr = down
	if r := newTestSite(t, api).Get("/billing"); r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "10.0.0.1") {
		t.Errorf("status %d", r.Code)
	}
	for code, want := range map[portal.Code]int{portal.Unauthenticated: http.StatusSeeOther, portal.Forbidden: http.StatusForbidden} {
		api := busy()
		api.usageErr = portal.Fail(code, nil)
		for _, path := range []string{"/billing", "/billing?tab=usage"} {
			if r := newTestSite(t, api).Get(path); r.Code != want {
				t.Errorf("%s: %s: status %d, want %d", code, path, r.Code, want)
			}
		}
	}
	s := newTestSite(t, busy())
	s.User = nil
	for _, path := range []string{"/billing", "/billing?tab=usage", "/billing/invoices.csv", "/billing/usage.csv", "/billing/threshold", "/billing/invoices/x", "/billing/invoices/x/pdf"} {
		if r := s.Get(path); r.Code != http.StatusSeeOther {
			t.Errorf("nobody signed in: %s: status %d", path, r.Code)
		}
	}
}

// TestInvoices_Languages: the month of an invoice is Gregorian, whatever calendar people count in.
func TestInvoices_Languages(t *testing.T) {
	s := newTestSite(t, busy())
	for tag, want := range map[string][2]string{
		"en": {"September 2026", "overdue"}, "fa-AF": {"۱۰ سنبله – ۸ میزان ۱۴۰۵ سپتمبر ۲۰۲۶", "معوق"}, "ps": {"۱۰ وږی – ۸ تله ۱۴۰۵ سپتمبر ۲۰۲۶", "ځنډېدلی"},
		"ar": {"سبتمبر 2026", "متأخرة"},
	} {
		cells := texts(s.Get("/billing", webtest.Locale(tag)).Doc(), "tbody tr:nth-child(2) td")
		if cells[1] != want[0] || cells[3] != want[1] {
			t.Errorf("%s: %q", tag, cells)
		}
	}
}

// TestInvoice: every line leads to its messages in the log, and says how many they are.
func TestInvoice(t *testing.T) {
	r := newTestSite(t, busy()).Get("/billing/invoices/" + invoiceOf(1).InvoiceID)
	d := r.Doc()
	if got := d.Text("h1"); r.Code != http.StatusOK || got != "Invoice GH-2026-899" {
		t.Fatalf("status %d, h1 %q", r.Code, got)
	}
	for i, want := range []string{
		"AWCC 1 Oct – 14 October 2026|1,200|34|1,300|AFN 0.35|AFN 455.00|See 1,234 messages (AWCC)",
		"AWCC 15 Oct – 31 October 2026|100|0|100|AFN 0.3625|AFN 36.25|See 100 messages (AWCC)",
		"Other numbers|1|0|2|AFN 5.00|AFN 10.00|See 1 message (Other numbers)",
		"brand_new Refunded after the invoice for September 2026|0|7|7|AFN 0.35|-AFN 2.45|See the log (brand_new)",
		"Rounding|-AFN 0.0025|",
	} {
		row := d.All("tbody tr")[i]
		var cells []string
		for n := range row.ChildNodes() {
			if n.Data == "td" || n.Data == "th" {
				cells = append(cells, plain(webtest.Text(n)))
			}
		}
		if got := strings.Join(cells, "|"); got != want {
			t.Errorf("line %d = %q, want %q", i, got, want)
		}
	}
	if got := plain(d.Text("tfoot .amount")); got != "AFN 1,001.00" {
		t.Errorf("total = %q", got)
	}
	var links []string
	for _, a := range d.All("tbody a") {
		links = append(links, webtest.Attr(a, "href"))
	}
	want := []string{
		"/messages?after=2026-10-01&before=2026-10-14&operator=awcc", "/messages?after=2026-10-15&before=2026-10-31&operator=awcc",
		"/messages?after=2026-10-01&before=2026-10-31&operator=other", "/messages?after=2026-09-01&before=2026-09-30&operator=brand_new",
	}
	if !slices.Equal(links, want) {
		t.Errorf("links = %q, want %q", links, want)
	}
	d.One(`.page-actions a[href$="/pdf"][target="_blank"][rel="noopener"]`)

	// Whoever lives in another zone still pays for Kabul's days.
	s := newTestSite(t, busy())
	west := s.Get("/billing/invoices/"+invoiceOf(1).InvoiceID, webtest.Header("Cookie", "__format="+url.QueryEscape("zone=America/Los_Angeles")))
	if got := plain(west.Doc().Text("tbody tr:first-child .small")); got != "1 Oct – 14 October 2026" {
		t.Errorf("seen from the west: %q", got)
	}
}

// TestInvoice_Hostile: what a platform sends is shown as text.
func TestInvoice_Hostile(t *testing.T) {
	api := busy()
	v := &api.invoices[0]
	v.Number, v.Status, v.PeriodStart, v.PeriodEnd, v.Currency = `"><script>alert(1)</script>`, "<b>", "2026-99-99", "x", "X<Y"
	v.Lines[0].Operator = "awcc&before=1\"><img src=x>"
	for _, path := range []string{"/billing", "/billing/invoices/" + v.InvoiceID} {
		r := newTestSite(t, api).Get(path)
		if r.Code != http.StatusOK || strings.Contains(r.Body, "<script>alert") || strings.Contains(r.Body, "<img src=x>") || strings.Contains(r.Body, "X<Y") {
			t.Errorf("%s: status %d, or markup got through", path, r.Code)
		}
	}
}

func TestDocument(t *testing.T) {
	api := busy()
	path := "/billing/invoices/" + invoiceOf(1).InvoiceID + "/pdf"
	r := newTestSite(t, api).Get(path, webtest.Locale("ps"))
	if r.Code != http.StatusSeeOther || r.Header.Get("Location") != api.link.URL || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("status %d to %q, %q", r.Code, r.Header.Get("Location"), r.Header.Get("Cache-Control"))
	}
	if api.locale != "ps" {
		t.Errorf("the document is in %q", api.locale)
	}
	for name, tc := range map[string]struct {
		err  error
		link string
		want int
	}{
		"the store is down":   {down, "", http.StatusServiceUnavailable},
		"the object is gone":  {portal.Fail(portal.NotFound, nil), "", http.StatusNotFound},
		"too many":            {portal.Fail(portal.RateLimited, nil), "", http.StatusTooManyRequests},
		"not an address":      {nil, "javascript:alert(1)", http.StatusServiceUnavailable},
		"a path":              {nil, "/objects/x", http.StatusServiceUnavailable},
		"a broken address":    {nil, "https://exa mple/%zz", http.StatusServiceUnavailable},
		"nobody is signed in": {portal.Fail(portal.Unauthenticated, nil), "", http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			api := busy()
			api.pdfErr, api.link.URL = tc.err, tc.link
			r := newTestSite(t, api).Get(path)
			if r.Code != tc.want || strings.Contains(r.Body, "10.0.0.1") || r.Header.Get("Location") == tc.link && tc.link != "" {
				t.Errorf("status %d to %q, want %d", r.Code, r.Header.Get("Location"), tc.want)
			}
			if tc.want == http.StatusServiceUnavailable && !strings.Contains(r.Doc().Text("main"), "The PDF cannot be made right now") {
				t.Errorf("the page says %q", r.Doc().Text("main"))
			}
		})
	}
	if r := newTestSite(t, busy()).Get("/billing/invoices/inv_x/pdf"); r.Code != http.StatusNotFound {
		t.Errorf("a malformed id: status %d", r.Code)
	}
}

// TestExpired: a link that has ended says so and leads to a fresh one, without telling anything about the document.
func TestExpired(t *testing.T) {
	s := webtest.New(t)
	s.Engine.GET("/objects/*key", Expired(s.Kit))
	id := invoiceOf(1).InvoiceID
	for path, want := range map[string]string{
		"/objects/invoices/ten_x/" + id + "-ps.pdf": "/billing/invoices/" + id + "/pdf", "/objects/" + id + ".pdf": "/billing/invoices/" + id + "/pdf",
		"/objects/invoices/ten_x/" + id + "/en.pdf": "/billing/invoices/" + id + "/pdf", "/objects/qbr/2026-Q1.pdf": "/billing",
	} {
		r := s.Get(path)
		if r.Code != http.StatusGone || r.Doc().Text("h1") != "This link has expired" {
			t.Errorf("%s: status %d, %q", path, r.Code, r.Doc().Text("h1"))
		}
		if got := r.Doc().Attr(".error-actions a", "href"); got != want {
			t.Errorf("%s leads to %q, want %q", path, got, want)
		}
	}
}
