package billing

import (
	"fmt"
	"net/url"
	"time"

	"ghasi.io/portal/portal"
)

const sum = "SELECT CAST(COALESCE(SUM(%s), 0) AS BIGINT) FROM %s"

// check holds a tenant's books to everything that must always be true of them.
func (s *site) check(tenant string) {
	s.t.Helper()
	total := func(what, from string) int64 { s.t.Helper(); return s.number(fmt.Sprintf(sum, what, from), tenant) }
	equal := func(what string, got, want int64) {
		s.t.Helper()
		if got != want {
			s.t.Errorf("%s: %s is %d, want %d", tenant, what, got, want)
		}
	}
	balance := s.balance(tenant)
	equal("the balance", balance, total("amount_micros", "billing_entries WHERE tenant_id = $1"))
	equal("the balance by days", balance, total("amount_micros", "billing_entry_days WHERE tenant_id = $1"))

	charged := -total("amount_micros", "billing_entries WHERE kind = 'charge' AND tenant_id = $1")
	refunded := total("amount_micros", "billing_entries WHERE kind = 'refund' AND tenant_id = $1")
	equal("what the messages cost", charged, total("price_micros", "messages WHERE tenant_id = $1"))
	equal("the days' charges", charged, total("charged_micros", "billing_days WHERE tenant_id = $1"))
	equal("the days' refunds", refunded, total("refunded_micros", "billing_days WHERE tenant_id = $1"))
	equal("what failed for no fault of theirs", refunded, total("price_micros", "messages WHERE tenant_id = $1 AND (status = 'rejected' "+
		"OR status = 'failed' AND error_code IN ('operator_unavailable', 'system_failure')) AND NOT EXISTS (SELECT 1 FROM billing_invoices AS void "+
		"JOIN billing_invoice_lines AS line ON line.invoice_id = void.id WHERE void.tenant_id = $1 AND voided_at <> 0 AND voided_at < done_at "+
		"AND line.credit = 0 AND submitted_after <= submitted_at AND submitted_before > submitted_at)"))

	// Credit bought is what is left, what is owed by invoices, and what no invoice has shown yet.
	lines := "billing_invoice_lines AS l JOIN billing_invoices AS i ON i.id = l.invoice_id WHERE i.tenant_id = $1"
	bought := total("amount_micros", "billing_entries WHERE kind IN ('topup', 'sla_credit') AND tenant_id = $1")
	owed := total("amount_micros", "billing_invoices WHERE paid_at = 0 AND voided_at = 0 AND tenant_id = $1")
	unbilled := charged - refunded - total("l.amount_micros", lines)
	equal("the balance by the invoices", balance, bought-owed-unbilled)

	equal("an invoice's amount", total("amount_micros - rounding_micros", "billing_invoices WHERE tenant_id = $1"), total("l.amount_micros", lines))
	equal("half a cent or more of rounding", s.number("SELECT COUNT(*) FROM billing_invoices WHERE tenant_id = $1 AND "+
		"(ABS(rounding_micros) > 5000 OR amount_micros % 10000 <> 0)", tenant), 0)
	equal("invoices of lines that are not there", s.number("SELECT COUNT(*) FROM billing_invoices WHERE tenant_id = $1 AND "+
		"NOT EXISTS (SELECT 1 FROM billing_invoice_lines WHERE invoice_id = id)", tenant), 0)
}

// checkNumbers: the numbers of a year are 1, 2, 3 …, in the order of issue.
func (s *site) checkNumbers() {
	s.t.Helper()
	n, year := 0, 0
	s.must(s.query(s.t.Context(), "SELECT number, issued_at FROM billing_invoices ORDER BY number", nil, func(scan func(...any) error) error {
		var number string
		var issued int64
		if err := scan(&number, &issued); err != nil {
			return err
		}
		if y := time.UnixMicro(issued).In(kabul).Year(); y != year {
			n, year = 0, y
		}
		n++
		if want := fmt.Sprintf("GH-%d-%06d", year, n); number != want {
			s.t.Errorf("the invoice %s should be %s", number, want)
		}
		return nil
	}))
}

// reconcile: the log behind each line of an invoice has as many messages as the line says, and as many of them were given
// back as this line and the later credits for the same time say.
func (s *site) reconcile(tenant string) {
	s.t.Helper()
	type window struct{ operator, from string }
	credited := map[window]int{}
	invoices := s.invoicesOf(tenant)
	for _, v := range invoices {
		for _, l := range v.Lines {
			if l.Credit {
				credited[window{l.Operator, l.SubmittedAfter.String()}] += l.Refunded
				if l.Messages != 0 || l.AmountMicros != -int64(l.Segments)*l.UnitMicros {
					s.t.Errorf("%s: credit %+v", v.Number, l)
				}
				continue
			}
			if l.AmountMicros != int64(l.Segments)*l.UnitMicros {
				s.t.Errorf("%s: %d segments at %d are not %d", v.Number, l.Segments, l.UnitMicros, l.AmountMicros)
			}
			if n := s.logged(tenant, l); n != l.Messages+l.Refunded {
				s.t.Errorf("%s: the log has %d messages to %s, the line %d and %d refunded", v.Number, n, l.Operator, l.Messages, l.Refunded)
			}
		}
	}
	for _, v := range invoices {
		for _, l := range v.Lines {
			refunded := s.number("SELECT COUNT(*) FROM messages AS m WHERE m.tenant_id = $1 AND operator = $2 AND submitted_at >= $3 AND submitted_at < $4 "+
				"AND EXISTS (SELECT 1 FROM billing_entries WHERE kind = 'refund' AND reference = m.id AND tenant_id = $1)",
				tenant, l.Operator, l.SubmittedAfter.UnixMicro(), l.SubmittedBefore.UnixMicro())
			shown := int64(l.Refunded + credited[window{l.Operator, l.SubmittedAfter.String()}])
			if !l.Credit && shown > refunded {
				s.t.Errorf("%s to %s: %d shown as given back, %d were", v.Number, l.Operator, shown, refunded)
			}
		}
	}
}

// logged counts the messages behind a line as the portal would: by the message list's own filter.
func (s *site) logged(tenant string, l portal.InvoiceLine) int {
	s.t.Helper()
	q := url.Values{
		"operator": {l.Operator}, "submittedAfter": {l.SubmittedAfter.Format(time.RFC3339Nano)},
		"submittedBefore": {l.SubmittedBefore.Format(time.RFC3339Nano)}, "limit": {"1"},
	}
	var page portal.MessagePage
	s.call(200, "GET", "/v1/messages?"+q.Encode(), "user:"+tenant, nil, &page)
	if page.Total == nil {
		s.t.Fatalf("the log does not count the messages to %s", l.Operator)
	}
	return *page.Total
}
