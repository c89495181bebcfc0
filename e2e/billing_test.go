package e2e

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const invoices = "#invoice-list tbody tr:not(.more-row)"

// TestBilling_Tabs: each tab has an address of its own that works in another browser, with and without scripts.
func TestBilling_Tabs(t *testing.T) {
	for name, l := range map[string]look{"scripts": {}, "no scripts": {noJS: true}} {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, shared, l).as(someone(t, shared, customer))
			b.visit("/billing")
			b.seeText(`.tab[aria-current="page"]`, "Invoices")
			b.see(invoices)
			b.see(`.nav-item[href="/billing"][aria-current="page"]`)
			b.click(`.tab[href="/billing?tab=usage"]`)
			b.at("/billing?tab=usage")
			b.seeText(`.tab[aria-current="page"]`, "Usage")
			for _, label := range []string{"Messages sent", "Delivered", "Delivery rate", "Credit balance"} {
				b.seeText(".tile-label", label)
			}
			b.see(".chart-bar")
			b.see("#f-threshold")
			b.click(`.month-links a[rel="prev"]`)
			b.until("an earlier month in the address", `/^\d{4}-\d\d$/.test(new URLSearchParams(location.search).get("month"))`)
			b.see(`.month-links a[rel="next"]`)
			month := b.text(".month-label")
			other := newTab(t, shared, l).as(someone(t, shared, customer))
			other.do(chromedp.Navigate(b.url()))
			if got := other.text(".month-label"); got != month || month == "" {
				t.Errorf("the same address shows %q, and %q in another browser", month, got)
			}
			if l.noJS {
				b.click(`.month-links a[rel="next"]`)
				b.until("the month after it", `location.search.includes("month=")`)
				b.visit("/billing?tab=usage")
			} else {
				b.do(chromedp.NavigateBack())
			}
			b.at("/billing?tab=usage")
			b.gone(`.month-links a[rel="next"]`)
			b.click(`.tab[href="/billing?tab=invoices"]`)
			b.at("/billing?tab=invoices")
			b.see(invoices)
		})
	}
}

// TestBilling_Reconcile: every line of every invoice leads to a log that holds as many messages as the line says.
func TestBilling_Reconcile(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/billing")
	checked := 0
	for _, path := range eval[[]string](b, `[...document.querySelectorAll("#invoice-list a.row-link")].map(e => e.getAttribute("href"))`) {
		b.visit(path)
		b.see("tfoot")
		lines := eval[[][]string](b, `[...document.querySelectorAll("tbody a[href^='/messages?']")].map(a => [a.getAttribute("href"), a.textContent,
			a.closest("tr").cells[1].textContent, a.closest("tr").cells[2].textContent])`)
		if len(lines) == 0 {
			t.Errorf("%s has no lines", path)
		}
		for _, line := range lines {
			says := digits(line[1])
			if says != digits(line[2])+digits(line[3]) {
				t.Errorf("%s: %q beside %s messages and %s refunded", path, line[1], line[2], line[3])
			}
			b.visit(line[0])
			b.seeText("#message-count", "of")
			_, total, _ := strings.Cut(b.text("#message-count"), " of ")
			if got := digits(total); got != says || says == 0 {
				t.Errorf("%s: the line has %d messages, the log %d (%s)", path, says, got, line[0])
			}
			checked++
		}
	}
	if checked < 5 {
		t.Errorf("only %d lines were checked", checked)
	}
	b.seeText(".filter-chips", "Operator: ")
}

var digit = regexp.MustCompile(`\D`)

// digits reads the number in a text.
func digits(s string) int {
	n, _ := strconv.Atoi(digit.ReplaceAllString(s, ""))
	return n
}

// TestBilling_LoadMore needs more invoices than a demo has: fifty months of them are added to the database.
func TestBilling_LoadMore(t *testing.T) {
	dir := t.TempDir()
	s, err := start(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.stop() })
	addInvoices(t, dir, 50)
	b := newTab(t, s, look{}).as(someone(t, s, customer))
	b.visit("/billing?status=paid")
	for page := 2; page <= 3; page++ {
		b.click("#invoice-more a.btn")
		b.until("another 20 rows", `document.querySelectorAll(`+quote(invoices)+`).length >= `+number(min(20*page, 50)))
		b.until("the focus on the first new row", `document.activeElement === document.querySelectorAll(`+quote(invoices+" a.row-link")+`)[`+number(20*(page-1))+`]`)
	}
	b.gone("#invoice-more")
	numbers := map[string]bool{}
	for _, n := range b.texts(invoices + " .invoice-number") {
		numbers[n] = true
	}
	if all := b.count(invoices); all < 50 || len(numbers) != all {
		t.Errorf("%d rows, %d different invoices", all, len(numbers))
	}
	if !strings.HasSuffix(b.url(), "/billing?status=paid") {
		t.Errorf("the address is %s", b.url())
	}
	b.do(chromedp.SetValue(chromedp.CSS("#f-status"), "void"))
	b.click("#invoice-list form .btn")
	b.at("/billing?status=void&tab=invoices")
	b.seeText("#invoice-list .empty", "No invoice matches this filter")
}

// addInvoices gives the customer n paid invoices of months long gone.
func addInvoices(t *testing.T, dir string, n int) {
	t.Helper()
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{File: filepath.Join(dir, "data", "platform.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the test's own handle
	for i := range n {
		at := time.Date(2020, time.Month(1+i), 1, 0, 0, 0, 0, time.UTC)
		_, err := db.Write.DB.ExecContext(ctx, "INSERT INTO billing_invoices (id, tenant_id, number, month, currency, amount_micros, rounding_micros, issued_at, due_at, paid_at, voided_at) "+
			"SELECT $1, tenant_id, $2, $3, currency, 1000000, 0, $4, $4, $4, 0 FROM billing_invoices WHERE tenant_id = (SELECT tenant_id FROM users WHERE email = $5) LIMIT 1",
			portal.NewID("inv", at), fmt.Sprintf("GH-2020-%06d", i), at.Format("2006-01"), at.AddDate(0, 1, 0).UnixMicro(), customer)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBilling_DownloadPDF: the button opens a tab of its own, which can't reach the page that opened it, with a PDF whose
// link needs no session. A link that has been kept too long says so and gives a fresh one.
func TestBilling_DownloadPDF(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/billing")
	opened := chromedp.WaitNewTarget(b.ctx, func(i *target.Info) bool { return i.Type == "page" })
	requests := b.record()
	b.click(invoices + " a[href$='/pdf']")
	var tab target.ID
	select {
	case tab = <-opened:
	case <-time.After(patience):
		t.Fatal("no tab was opened")
	}
	if got := requests.of("GET", "/billing/invoices/"); len(got) > 0 {
		t.Errorf("the page itself went to %q", got)
	}
	b.seeText("h1", "Billing")
	info := b.targetOf(tab)
	if info.OpenerID != "" && info.CanAccessOpener {
		t.Error("the new tab can reach its opener")
	}

	link := signedLink(t, someone(t, shared, customer), eval[string](b, `document.querySelector("a[href$='/pdf']").getAttribute("href")`))
	pdf, body := anonymous(t, link)
	if pdf.StatusCode != http.StatusOK || pdf.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(body, "%PDF-") {
		t.Errorf("the link leads to %d %q: %.20q", pdf.StatusCode, pdf.Header.Get("Content-Type"), body)
	}

	kept := newTab(t, shared, look{}).as(someone(t, shared, customer))
	kept.expect("410")
	kept.do(chromedp.Navigate(regexp.MustCompile(`expires=\d+`).ReplaceAllString(link, "expires=1700000000")))
	kept.seeText("h1", "This link has expired")
	kept.audit("expired link")
	fresh := eval[string](kept, `document.querySelector(".error-actions a").getAttribute("href")`)
	if again, _ := anonymous(t, signedLink(t, someone(t, shared, customer), fresh)); again.StatusCode != http.StatusOK {
		t.Errorf("the fresh link is answered with %d", again.StatusCode)
	}
}

func (b *tab) targetOf(id target.ID) *target.Info {
	b.t.Helper()
	all, err := chromedp.Targets(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, i := range all {
		if i.TargetID == id {
			return i
		}
	}
	b.t.Fatalf("no target %s", id)
	return nil
}

// signedLink asks the portal for the link of a document.
func signedLink(t *testing.T, p *person, path string) string {
	t.Helper()
	res := p.get(t, path)
	link := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || link == "" {
		t.Fatalf("%s: %d to %q", path, res.StatusCode, link)
	}
	return link
}

// anonymous gets an address as somebody with no session does.
func anonymous(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// TestBilling_Threshold: what the customer types, in their own digits, warns them on the dashboard.
func TestBilling_Threshold(t *testing.T) {
	s := newSite(t, nil)
	b := newTab(t, s, look{}).as(someone(t, s, customer))
	b.expect("422")
	b.visit("/dashboard")
	b.seeText(".tile-label", "Credit balance")
	b.gone(".alert-warning")
	b.visit("/billing?tab=usage")
	b.fill("#f-threshold", "12,50")
	b.click("#threshold .btn")
	b.seeText("#f-threshold-error", "Enter an amount such as")
	if got := b.value("#f-threshold"); got != "12,50" {
		t.Errorf("what was typed is lost: %q", got)
	}
	b.fill("#f-threshold", "۹۰۰٬۰۰۰")
	b.click("#threshold .btn")
	b.seeText("#threshold", "You are warned below AFN 900,000.00")
	b.seeText("#status", "Warning saved")
	b.visit("/dashboard")
	b.seeText(".alert-warning", "Your credit balance is low")
	b.seeText(".alert-warning", "below the AFN 900,000.00")
	b.audit("dashboard with a warning")
	b.click(".alert-warning a")
	b.at("/billing?tab=usage")
	b.seeText(".tile-note", "below AFN 900,000.00")

	plain := newTab(t, s, look{noJS: true}).as(someone(t, s, customer))
	plain.visit("/billing?tab=usage")
	plain.fill("#f-threshold", "")
	plain.click("#threshold .btn")
	plain.at("/billing?tab=usage")
	plain.seeText("#status", "Warning saved")
	plain.seeText("#threshold", "There is no warning yet")
	b.visit("/dashboard")
	b.gone(".alert-warning")
}

// TestBilling_Export: the files arrive whole, in the person's language, and a spreadsheet can tell their script.
func TestBilling_Export(t *testing.T) {
	b := newTab(t, shared, look{locale: "fa-AF"}).as(someone(t, shared, customer))
	b.setCookie(&http.Cookie{Name: "__locale", Value: "fa-AF"})
	dir := t.TempDir()
	b.call(func(ctx context.Context) error {
		_, err := chromedp.CallBrowser(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
			Behavior: "allow", DownloadPath: dir, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return err
	})
	b.visit("/billing")
	shown := b.texts(invoices + " .invoice-number")
	b.click(`a[href="/billing/invoices.csv"]`)
	rows := csvRows(t, dir, "invoices.csv")
	if len(rows) != len(shown)+1 || rows[0][0] != "بل" || rows[1][0] != shown[0] || rows[1][4] != "AFN" {
		t.Errorf("invoices.csv = %q beside %q on the page", rows, shown)
	}
	b.visit("/billing?tab=usage")
	b.click(`a[href^="/billing/usage.csv"]`)
	month := time.Now().UTC().Add(4*time.Hour + 30*time.Minute) // Kabul's
	rows = csvRows(t, dir, "usage-"+month.Format("2006-01")+".csv")
	if len(rows) < 2 || rows[0][0] != "روز" || rows[1][0] != month.Format("2006-01")+"-01" {
		t.Errorf("usage.csv = %q", rows)
	}
	b.seeText("h1", "بل و پرداخت") // and the page is still there
}

// csvRows waits for a download and reads it.
func csvRows(t *testing.T, dir, name string) [][]string {
	t.Helper()
	var raw []byte
	for end := time.Now().Add(patience); len(raw) == 0; time.Sleep(25 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s has not arrived", name)
		}
		raw, _ = os.ReadFile(filepath.Join(dir, name))
	}
	text, marked := strings.CutPrefix(string(raw), "\ufeff")
	if !marked {
		t.Errorf("%s has no byte order mark", name)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestBilling_Overdue: two months later the invoice that was open is overdue, and a new one has been drawn up.
func TestBilling_Overdue(t *testing.T) {
	dir := t.TempDir()
	s, err := start(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s, err = startAt(dir, nil, func() time.Time { return time.Now().AddDate(0, 2, 0) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop app: %v", err)
		}
	})
	b := newTab(t, s, look{}).as(someone(t, s, customer))
	b.visit("/billing")
	b.seeText(".alert-error", "overdue")
	b.seeText(".alert-error", "is outstanding in all")
	b.seeText(invoices+" .badge-overdue", "overdue")
	b.seeText(invoices, "late")
	b.audit("overdue invoices")
	b.look(320, "dark")
	if wide := eval[string](b, tooWide); wide != "" {
		t.Errorf("scrolls sideways: %s", wide)
	}
	b.click(".alert-error a")
	b.at("/billing?status=overdue&tab=invoices")
	b.until("only overdue ones", `[...document.querySelectorAll(`+quote(invoices)+`)].every(e => e.querySelector(".badge-overdue"))`)
}
