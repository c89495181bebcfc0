package billing

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/portal"
)

// billed gives a tenant an invoice for each of n months from September on; the last is still open.
func (s *site) billed(tenant string, n int) {
	s.t.Helper()
	for i := range n {
		month := monthOf(start).start.AddDate(0, i, 0)
		s.clock.set(month.AddDate(0, 0, 19))
		s.send(tenant, toAWCC)
		s.settle()
		s.clock.set(month.AddDate(0, 1, 0).Add(2 * drawAfter))
		s.drawUp(1)
	}
}

func TestInvoices_Pages(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.billed("ten_a", 5)
		s.must(s.Pay(t.Context(), "GH-2026-000002"))
		s.must(s.Void(t.Context(), "GH-2026-000003"))
		read := func(query string) (months []string, last portal.InvoicePage) {
			t.Helper()
			for cursor := ""; ; cursor = "&cursor=" + last.NextCursor {
				last = portal.InvoicePage{}
				s.call(200, "GET", "/v1/billing/invoices?"+query+cursor, "user:ten_a", nil, &last)
				for _, v := range last.Items {
					months = append(months, v.PeriodStart[:7])
					if len(v.Lines) > 0 {
						t.Errorf("the list has the lines of %s", v.Number)
					}
				}
				if last.NextCursor == "" {
					return months, last
				}
			}
		}
		for query, want := range map[string][]string{
			"limit=2":                {"2027-01", "2026-12", "2026-11", "2026-10", "2026-09"},
			"":                       {"2027-01", "2026-12", "2026-11", "2026-10", "2026-09"},
			"limit=1&status=open":    {"2027-01"},
			"limit=1&status=overdue": {"2026-12", "2026-09"},
			"status=paid":            {"2026-10"},
			"status=void":            {"2026-11"},
		} {
			got, page := read(query)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q: %s", query, diff)
			}
			if page.OutstandingMicros != 3*750_000 || page.OverdueCount != 2 || page.Currency != portal.AFN {
				t.Errorf("%q: owed %d, %d overdue, %s", query, page.OutstandingMicros, page.OverdueCount, page.Currency)
			}
		}
	})
}

func TestInvoices_OfNobody(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		var page portal.InvoicePage
		s.call(200, "GET", "/v1/billing/invoices", "user:ten_new", nil, &page)
		if page.Items == nil || len(page.Items) != 0 || page.NextCursor != "" {
			t.Errorf("%+v", page)
		}
	})
}

// TestTenantsApart: nothing of one tenant reaches another, whatever they ask with.
func TestTenantsApart(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.billed("ten_a", 2)
		mine := s.invoicesOf("ten_a")[0]
		var first portal.InvoicePage
		s.call(200, "GET", "/v1/billing/invoices?limit=1", "user:ten_a", nil, &first)
		for _, other := range []string{"user:ten_b", "ghasi_ten_b:billing.read"} {
			s.call(404, "GET", "/v1/billing/invoices/"+mine.InvoiceID, other, nil, nil)
			s.call(404, "GET", "/v1/billing/invoices/"+mine.InvoiceID+"/pdf", other, nil, nil)
			s.call(422, "GET", "/v1/billing/invoices?limit=1&cursor="+first.NextCursor, other, nil, nil)
			var page portal.InvoicePage
			s.call(200, "GET", "/v1/billing/invoices", other, nil, &page)
			var u portal.Usage
			s.call(200, "GET", "/v1/billing/usage?period=2026-09", other, nil, &u)
			if len(page.Items) != 0 || page.OutstandingMicros != 0 || u.Sent != 0 || u.SpendMicros != 0 || len(u.Operators) != 0 {
				t.Errorf("%s sees %+v and %+v", other, page, u)
			}
		}
	})
}

func TestScopes(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.billed("ten_a", 1)
		id := s.invoicesOf("ten_a")[0].InvoiceID
		for _, path := range []string{"", "/" + id} {
			s.call(200, "GET", "/v1/billing/invoices"+path, "ghasi_ten_a:billing.read", nil, nil)
			s.call(403, "GET", "/v1/billing/invoices"+path, "ghasi_ten_a:sms.send,sms.read", nil, nil)
			s.call(401, "GET", "/v1/billing/invoices"+path, "nobody", nil, nil)
		}
		s.call(200, "GET", "/v1/billing/usage", "ghasi_ten_a:billing.read", nil, nil)
		s.call(403, "GET", "/v1/billing/usage", "ghasi_ten_a:sms.read", nil, nil)
		s.call(403, "GET", "/v1/billing/invoices/"+id+"/pdf", "ghasi_ten_a:sms.read", nil, nil)
		s.call(403, "PUT", "/v1/billing/settings", "ghasi_ten_a:billing.read", portal.BillingSettings{}, nil)
	})
}

func TestBadInput(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.billed("ten_a", 2)
		var page portal.InvoicePage
		s.call(200, "GET", "/v1/billing/invoices?limit=1", "user:ten_a", nil, &page)
		cursor := page.NextCursor
		for query, status := range map[string]int{
			"?limit=0": 422, "?limit=101": 422, "?limit=x": 422, "?limit=": 422, "?limit=1&limit=2": 422, "?status=late": 422, "?status=": 422,
			"?cursor=": 422, "?cursor=" + cursor[1:]: 422, "?cursor=" + cursor + "A": 422, "?status=paid&cursor=" + cursor: 422,
			"?cursor=" + strings.Repeat("A", 600): 422, "?cursor=%00": 422, "?page=2": 400, "?limit=%zz": 400,
		} {
			s.call(status, "GET", "/v1/billing/invoices"+query, "user:ten_a", nil, nil)
		}
		for _, id := range []string{"inv_", "msg_" + strings.Repeat("0", 26), "inv_" + strings.Repeat("0", 26), url.PathEscape("inv_' OR 1=1 --")} {
			s.call(404, "GET", "/v1/billing/invoices/"+id, "user:ten_a", nil, nil)
		}
		for period, status := range map[string]int{"2026-13": 422, "2030-01": 422, "": 422, "2026-11&period=2026-10": 422, "nov": 422, "2026-11&x=1": 400} {
			s.call(status, "GET", "/v1/billing/usage?period="+period, "user:ten_a", nil, nil)
		}
		for body, status := range map[string]int{
			`{"lowBalanceMicros": -1}`: 422, `{"lowBalanceMicros": 1000000000000001}`: 422, `{"lowBalanceMicros": "1"}`: 422, `{"lowBalanceMicros": 1.5}`: 422,
			`{"lowBalanceMicros": 99999999999999999999}`: 422, `{}`: 422, `{"lowBalanceMicros": null}`: 422, `{"low": 1}`: 400, `[]`: 400, ``: 400,
			`{"lowBalanceMicros": 1, "lowBalanceMicros": 2}`: 400, `{"lowBalanceMicros": 1}` + strings.Repeat(" ", maxBody): 413,
		} {
			s.call(status, "PUT", "/v1/billing/settings", "user:ten_a", body, nil)
		}
	})
}

func TestSettings(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		for _, want := range []int64{500_000_000, 0} {
			s.call(204, "PUT", "/v1/billing/settings", "user:ten_a", portal.BillingSettings{LowBalanceMicros: want}, nil)
			var u portal.Usage
			s.call(200, "GET", "/v1/billing/usage", "user:ten_a", nil, &u)
			if u.LowBalanceMicros != want {
				t.Errorf("the threshold is %d, want %d", u.LowBalanceMicros, want)
			}
		}
	})
}

func TestPriceList(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.must(s.Agree(t.Context(), "ten_usd", Terms{Currency: portal.USD}))
		for tenant, want := range map[string]portal.Currency{"ten_usd": portal.USD, "ten_new": portal.AFN} {
			var got portal.Prices
			s.call(200, "GET", "/v1/billing/prices", "user:"+tenant, nil, &got)
			charged, unit, err := s.Price(t.Context(), tenant, "awcc", s.clock.now())
			s.must(err)
			listed, ok := got.Of("awcc")
			if got.Currency != want || charged != want || listed != unit || !ok || len(got.Operators) != 6 || got.Operators[5].Operator != "other" {
				t.Errorf("%s: %+v, charged %d %s", tenant, got, unit, charged)
			}
		}
		s.call(403, "GET", "/v1/billing/prices", "ghasi_ten_a:sms.send", nil, nil)
		s.call(200, "GET", "/v1/billing/prices", "ghasi_ten_a:billing.read", nil, nil)
	})
}

// TestStatus: what SQL finds by a status is what the status is.
func TestStatus(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.billed("ten_a", 4)
		s.must(s.Pay(t.Context(), "GH-2026-000001"))
		s.must(s.Void(t.Context(), "GH-2026-000002"))
		found := 0
		for _, status := range portal.InvoiceStatuses {
			page, err := s.Invoices(t.Context(), "ten_a", portal.InvoiceFilter{Status: status})
			s.must(err)
			found += len(page.Items)
			if slices.ContainsFunc(page.Items, func(v portal.Invoice) bool { return v.Status != status }) || len(page.Items) == 0 {
				t.Errorf("%s finds %s", status, fmt.Sprint(page.Items))
			}
		}
		if found != 4 {
			t.Errorf("%d of 4 found", found)
		}
	})
}
