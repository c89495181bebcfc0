package platform_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform"
	"ghasi.io/portal/portal"
)

// TestDemo_Billing: who signs in to the demo finds invoices that the log confirms, as documents that open; a payment that
// Ghasi notes restores the credit.
func TestDemo_Billing(t *testing.T) {
	files, err := blob.NewFiles(t.TempDir(), issuer, []byte(strings.Repeat("k", 32)), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, dbtest.Open(t, nil), func(o *platform.Options) { o.Blob = files })
	if err := b.p.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := b.signIn("customer@demo.ghasi.test", "portal-demo")
	var page portal.InvoicePage
	b.call(200, "GET", "/v1/billing/invoices", token, nil, &page)
	if len(page.Items) < 2 {
		t.Fatalf("%d invoices", len(page.Items))
	}
	for _, item := range page.Items {
		var v portal.Invoice
		b.call(200, "GET", "/v1/billing/invoices/"+item.InvoiceID, token, nil, &v)
		for _, l := range v.Lines {
			q := url.Values{
				"operator": {l.Operator}, "submittedAfter": {l.SubmittedAfter.Format(time.RFC3339Nano)},
				"submittedBefore": {l.SubmittedBefore.Format(time.RFC3339Nano)}, "limit": {"1"},
			}
			var log portal.MessagePage
			b.call(200, "GET", "/v1/messages?"+q.Encode(), token, nil, &log)
			if log.Total == nil || *log.Total != l.Messages+l.Refunded {
				t.Errorf("%s: the log has %v messages for %+v", v.Number, log.Total, l)
			}
		}
		var link portal.SignedURL
		b.call(200, "GET", "/v1/billing/invoices/"+item.InvoiceID+"/pdf?locale=fa-AF", token, nil, &link)
		u, err := url.Parse(link.URL)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		files.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", u.RequestURI(), nil))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "%PDF-") {
			t.Errorf("%s: the document answers %d", v.Number, w.Code)
		}
	}

	newest := page.Items[0] // the demo leaves it unpaid
	var before, after portal.Usage
	b.call(200, "GET", "/v1/billing/usage", token, nil, &before)
	if err := errors.Join(b.p.PayInvoice(t.Context(), newest.Number), b.p.AddCredit(t.Context(), "Pamir Logistics", 5_000_000, "bank 1")); err != nil {
		t.Fatal(err)
	}
	b.call(200, "GET", "/v1/billing/usage", token, nil, &after)
	if got, want := after.BalanceMicros-before.BalanceMicros, newest.AmountMicros+5_000_000; got != want {
		t.Errorf("the balance grew by %d, want %d", got, want)
	}
	for name, err := range map[string]error{
		"paid again":     b.p.PayInvoice(t.Context(), newest.Number),
		"voided":         b.p.VoidInvoice(t.Context(), newest.Number),
		"the same bank":  b.p.AddCredit(t.Context(), "Pamir Logistics", 1, "bank 1"),
		"other currency": b.p.SetTerms(t.Context(), "Pamir Logistics", platform.Terms{Currency: portal.USD}),
	} {
		if portal.CodeOf(err) != portal.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.p.AddCredit(t.Context(), "Nobody", 1, "bank 2"); portal.CodeOf(err) != portal.NotFound {
		t.Errorf("credit for nobody: %v", err)
	}
}
