package client_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/portal"
)

const invoiceID = "inv_01jdex4v5m8y2k6r3t9w0b7c1d"

func sampleInvoice(lines ...portal.InvoiceLine) portal.Invoice {
	return portal.Invoice{
		InvoiceID: invoiceID, Number: "GH-2026-000123", PeriodStart: "2026-02-01", PeriodEnd: "2026-03-01", Currency: portal.USD,
		AmountMicros: 12_340_000, RoundingMicros: -4_900, Status: portal.InvoicePaid, IssuedAt: at, DueAt: at.AddDate(0, 0, 15), PaidAt: &at, Lines: lines,
	}
}

func TestInvoices(t *testing.T) {
	want := portal.InvoicePage{
		Items: []portal.Invoice{sampleInvoice()}, NextCursor: "abc", OutstandingMicros: 1, OverdueCount: 2, Currency: portal.USD,
	}
	c, up := overNetwork(t, answer(http.StatusOK, want))
	for query, f := range map[string]portal.InvoiceFilter{
		"": {}, "cursor=abc&limit=50&status=overdue": {Status: portal.InvoiceOverdue, Limit: 50, Cursor: "abc"},
	} {
		got, err := c.Invoices(t.Context(), token, f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the page (-want +got):\n%s", diff)
		}
		r := up.seen[up.calls()-1]
		if r.URL.Path != "/v1/billing/invoices" || r.URL.RawQuery != query || r.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("called %s as %q", r.URL, r.Header.Get("Authorization"))
		}
	}
}

func TestInvoice(t *testing.T) {
	want := sampleInvoice(
		portal.InvoiceLine{Operator: "awcc", Messages: 7, Segments: 9, Refunded: 1, UnitMicros: 10_800, AmountMicros: 97_200, SubmittedAfter: at, SubmittedBefore: at.AddDate(0, 1, 0)},
		portal.InvoiceLine{Operator: "awcc", Credit: true, Segments: 1, Refunded: 1, UnitMicros: 10_800, AmountMicros: -10_800, SubmittedAfter: at, SubmittedBefore: at.AddDate(0, 1, 0)},
	)
	c, _ := overNetwork(t, answer(http.StatusOK, want))
	got, err := c.Invoice(t.Context(), token, invoiceID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the invoice (-want +got):\n%s", diff)
	}
	other := strings.Replace(invoiceID, "01", "02", 1)
	if _, err := c.Invoice(t.Context(), token, other); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("another invoice than was asked for: %v", err)
	}
}

func TestInvoicePDF(t *testing.T) {
	want := portal.SignedURL{URL: "https://objects.example.af/invoices/x.pdf?signature=1", ExpiresAt: at}
	c, up := overNetwork(t, answer(http.StatusOK, want))
	for locale, query := range map[string]string{"ps": "locale=ps", "": ""} {
		got, err := c.InvoicePDF(t.Context(), token, invoiceID, locale)
		if err != nil || got != want {
			t.Errorf("the link is %+v: %v", got, err)
		}
		if r := up.seen[up.calls()-1]; r.URL.Path != "/v1/billing/invoices/"+invoiceID+"/pdf" || r.URL.RawQuery != query {
			t.Errorf("called %s", r.URL)
		}
	}
}

func TestUsage(t *testing.T) {
	want := portal.Usage{
		PeriodStart: "2026-03-01", PeriodEnd: "2026-04-01", Currency: portal.AFN, Sent: 3, Delivered: 2, Failed: 1, Segments: 4, SpendMicros: 2_250_000,
		RefundedMicros: 750_000, BalanceMicros: -5, CreditLimitMicros: 10, LowBalanceMicros: 1, ProjectedMicros: 9, PreviousSpendMicros: 8,
		Days:      []portal.UsageDay{{Day: "2026-03-01", Sent: 3, Delivered: 2, SpendMicros: 2_250_000}},
		Operators: []portal.UsageOperator{{Operator: "awcc", Messages: 3, Segments: 4, SpendMicros: 2_250_000}},
	}
	c, up := overNetwork(t, answer(http.StatusOK, want))
	for month, query := range map[string]string{"2026-03": "period=2026-03", "": ""} {
		got, err := c.Usage(t.Context(), token, month)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("usage (-want +got):\n%s", diff)
		}
		if got := up.seen[up.calls()-1].URL.RawQuery; got != query {
			t.Errorf("asked with %q, want %q", got, query)
		}
	}
}

func TestPrices(t *testing.T) {
	want := portal.Prices{Currency: portal.USD, Operators: []portal.OperatorPrice{{Operator: "awcc", UnitMicros: 10_800}}}
	c, _ := overNetwork(t, answer(http.StatusOK, want))
	got, err := c.Prices(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("prices (-want +got):\n%s", diff)
	}
}

func TestSetBilling(t *testing.T) {
	c, up := overNetwork(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if err := c.SetBilling(t.Context(), token, portal.BillingSettings{LowBalanceMicros: 5_000_000}); err != nil {
		t.Fatal(err)
	}
	if up.seen[0].Method != http.MethodPut || up.bodies[0] != `{"lowBalanceMicros":5000000}` {
		t.Errorf("sent %s %s", up.seen[0].Method, up.bodies[0])
	}
}

func TestBilling_Malformed(t *testing.T) {
	c, up := overNetwork(t, answer(http.StatusOK, map[string]any{}))
	for _, id := range []string{"", "inv_1", messageID, "../" + invoiceID} {
		if _, err := c.Invoice(t.Context(), token, id); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("%q: %v", id, err)
		}
		if _, err := c.InvoicePDF(t.Context(), token, id, "en"); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("%q as a PDF: %v", id, err)
		}
	}
	if n := up.calls(); n != 0 {
		t.Errorf("%d calls for ids that are none", n)
	}
}
