package billing

import (
	"context"
	"strconv"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// invoice is a row of billing_invoices.
type invoice struct {
	id, tenantID, number, month string
	currency                    portal.Currency
	amount, rounding            int64
	issuedAt, dueAt             int64
	paidAt, voidedAt            int64
}

const invoiceColumns = "id, tenant_id, number, month, currency, amount_micros, rounding_micros, issued_at, due_at, paid_at, voided_at"

func (v *invoice) fields() []any {
	return []any{
		&v.id, &v.tenantID, &v.number, &v.month, &v.currency, &v.amount, &v.rounding, &v.issuedAt, &v.dueAt, &v.paidAt, &v.voidedAt,
	}
}

// status is how it stands at a time. Overdue is never stored: it needs no job to come true.
func (v *invoice) status(now int64) portal.InvoiceStatus {
	switch {
	case v.voidedAt != 0:
		return portal.InvoiceVoid
	case v.paidAt != 0:
		return portal.InvoicePaid
	case v.dueAt < now:
		return portal.InvoiceOverdue
	}
	return portal.InvoiceOpen
}

// statusIs are the conditions that say the same in SQL. Those that go by date compare with $3, now.
var statusIs = map[portal.InvoiceStatus]struct {
	condition string
	byDate    bool
}{
	"":                    {condition: "TRUE"},
	portal.InvoiceVoid:    {condition: "voided_at <> 0"},
	portal.InvoicePaid:    {condition: "voided_at = 0 AND paid_at <> 0"},
	portal.InvoiceOverdue: {condition: "voided_at = 0 AND paid_at = 0 AND due_at < $3", byDate: true},
	portal.InvoiceOpen:    {condition: "voided_at = 0 AND paid_at = 0 AND due_at >= $3", byDate: true},
}

func (v *invoice) portal(now int64) portal.Invoice {
	m, _ := parseMonth(v.month)
	out := portal.Invoice{
		InvoiceID: v.id, Number: v.number, PeriodStart: day(m.start), PeriodEnd: day(m.end()), Currency: v.currency,
		AmountMicros: v.amount, RoundingMicros: v.rounding, Status: v.status(now), IssuedAt: fromMicros(v.issuedAt), DueAt: fromMicros(v.dueAt),
	}
	if v.paidAt != 0 {
		at := fromMicros(v.paidAt)
		out.PaidAt = &at
	}
	return out
}

// Invoices lists a tenant's invoices, latest month first. Errors: Invalid.
func (s *Service) Invoices(ctx context.Context, tenantID string, f portal.InvoiceFilter) (portal.InvoicePage, error) {
	status, ok := statusIs[f.Status]
	if !ok {
		return portal.InvoicePage{}, portal.InvalidField("status", "field.unknown_status")
	}
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return portal.InvoicePage{}, portal.InvalidField("limit", "field.out_of_range")
	}
	now := micros(s.now())
	before := lastMonth
	if f.Cursor != "" {
		if before, ok = decodeCursor(f.Cursor, tenantID, f.Status); !ok {
			return portal.InvoicePage{}, portal.InvalidField("cursor", "field.invalid_cursor")
		}
	}
	page, err := s.summary(ctx, tenantID, now)
	if err != nil {
		return portal.InvoicePage{}, database.Map(err)
	}
	args := []any{tenantID, before}
	if status.byDate {
		args = append(args, now)
	}
	var last invoice
	err = s.query(ctx, "SELECT "+invoiceColumns+" FROM billing_invoices WHERE tenant_id = $1 AND "+status.condition+
		" AND month < $2 ORDER BY month DESC LIMIT "+strconv.Itoa(f.Limit+1),
		args, func(scan func(...any) error) error {
			if len(page.Items) == f.Limit {
				page.NextCursor = encodeCursor(last.month, tenantID, f.Status)
				return nil
			}
			if err := scan(last.fields()...); err != nil {
				return err
			}
			page.Items = append(page.Items, last.portal(now))
			return nil
		})
	return page, database.Map(err)
}

// summary is a page without items: what is owed in all.
func (s *Service) summary(ctx context.Context, tenantID string, now int64) (portal.InvoicePage, error) {
	a, err := s.Account(ctx, tenantID)
	if err != nil {
		return portal.InvoicePage{}, err
	}
	page := portal.InvoicePage{Items: []portal.Invoice{}, Currency: a.Currency}
	err = s.db.Read.DB.QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(amount_micros), 0) AS BIGINT), "+
		"CAST(COALESCE(SUM(CASE WHEN due_at < $2 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM billing_invoices "+
		"WHERE tenant_id = $1 AND paid_at = 0 AND voided_at = 0", tenantID, now).Scan(&page.OutstandingMicros, &page.OverdueCount)
	return page, err
}

// Invoice returns one of a tenant's invoices with its lines. Errors: NotFound, also for another tenant's.
func (s *Service) Invoice(ctx context.Context, tenantID, id string) (portal.Invoice, error) {
	v, err := s.find(ctx, tenantID, id)
	if err != nil {
		return portal.Invoice{}, err
	}
	out := v.portal(micros(s.now()))
	out.Lines, err = s.lines(ctx, id)
	return out, database.Map(err)
}

func (s *Service) find(ctx context.Context, tenantID, id string) (invoice, error) {
	var v invoice
	if !portal.ValidID("inv", id) {
		return v, portal.Fail(portal.NotFound, nil)
	}
	err := s.db.Read.DB.QueryRowContext(ctx, "SELECT "+invoiceColumns+" FROM billing_invoices WHERE id = $1 AND tenant_id = $2", id, tenantID).
		Scan(v.fields()...)
	return v, database.Map(err)
}

func (s *Service) lines(ctx context.Context, id string) ([]portal.InvoiceLine, error) {
	var lines []portal.InvoiceLine
	err := s.query(ctx, "SELECT operator, credit, messages, segments, refunded, unit_micros, amount_micros, submitted_after, submitted_before "+
		"FROM billing_invoice_lines WHERE invoice_id = $1 ORDER BY nth", []any{id}, func(scan func(...any) error) error {
		var l portal.InvoiceLine
		var credit int
		var after, before int64
		err := scan(&l.Operator, &credit, &l.Messages, &l.Segments, &l.Refunded, &l.UnitMicros, &l.AmountMicros, &after, &before)
		l.Credit, l.SubmittedAfter, l.SubmittedBefore = credit != 0, fromMicros(after), fromMicros(before)
		lines = append(lines, l)
		return err
	})
	return lines, err
}
