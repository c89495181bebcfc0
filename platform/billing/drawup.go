package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// drawAfter is how long after a month's end it is billed: longer than any message can take from its submission to the end
// of its transaction. One that comes later still is refused.
const drawAfter = 10 * time.Minute

// DrawUp draws up every invoice that is missing: for each account, month by month, up to the last that is over. It can be
// called at any time, by any number of replicas: what has been drawn up stays as it is. drawn counts the invoices made.
func (s *Service) DrawUp(ctx context.Context) (drawn int, err error) {
	until := monthOf(s.now().Add(-drawAfter)).start
	var tenants []string
	err = s.query(ctx, "SELECT tenant_id FROM billing_accounts WHERE billed_until < $1 ORDER BY tenant_id", []any{micros(until)},
		func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			tenants = append(tenants, id)
			return err
		})
	if err != nil {
		return 0, database.Map(err)
	}
	for _, tenant := range tenants {
		for more := true; more; {
			var made bool
			err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
				made, more, err = s.drawNext(ctx, tx, tenant, until, s.now())
				return err
			})
			if err != nil {
				return drawn, fmt.Errorf("draw up invoices of %s: %w", tenant, err)
			}
			if made {
				drawn++
			}
		}
	}
	return drawn, nil
}

// drawNext bills the first month of a tenant that is not billed yet and ends by until. made says whether that gave an
// invoice (a month without messages gives none), more whether there may be another month.
func (s *Service) drawNext(ctx context.Context, tx bun.Tx, tenantID string, until, now time.Time) (made, more bool, err error) {
	if err := s.db.LockTx(ctx, tx, "invoice numbers"); err != nil {
		return false, false, err
	}
	a, err := s.lock(ctx, tx, tenantID)
	if err != nil {
		return false, false, err
	}
	if a.billedUntil >= micros(until) {
		return false, false, nil
	}
	m, err := firstUnbilled(ctx, tx, a, until)
	if err != nil {
		return false, false, err
	}
	if m.start.Before(until) {
		if made, err = s.draw(ctx, tx, a, m, now); err != nil {
			return false, false, err
		}
		m = m.next()
	}
	_, err = tx.Tx.ExecContext(ctx, "UPDATE billing_accounts SET billed_until = $1 WHERE tenant_id = $2", micros(m.start), tenantID)
	return made, m.start.Before(until), err
}

// firstUnbilled is the month after the last that was billed, or that of the first message.
func firstUnbilled(ctx context.Context, tx bun.Tx, a *Account, until time.Time) (month, error) {
	if a.billedUntil != 0 {
		return monthOf(fromMicros(a.billedUntil)), nil
	}
	var first int64
	err := tx.Tx.QueryRowContext(ctx, "SELECT COALESCE(MIN(day), 0) FROM billing_days WHERE tenant_id = $1", a.TenantID).Scan(&first)
	if err != nil || first == 0 || first > micros(until) {
		return month{until}, err
	}
	return monthOf(fromMicros(first)), nil
}

// hundredth is what an invoice's amount is rounded to.
const hundredth = 10_000

// draw makes the invoice of a month. false means that there is nothing on it.
func (s *Service) draw(ctx context.Context, tx bun.Tx, a *Account, m month, now time.Time) (bool, error) {
	lines, billed, err := s.newLines(ctx, tx, a.TenantID, m)
	if err != nil || len(lines) == 0 {
		return false, err
	}
	var sum int64
	for _, l := range lines {
		sum += l.AmountMicros
	}
	v := invoice{
		id: portal.NewID("inv", now), tenantID: a.TenantID, month: m.String(), currency: a.Currency,
		amount: (sum + hundredth/2) / hundredth * hundredth, issuedAt: micros(now),
		dueAt: micros(dayOf(now).AddDate(0, 0, a.TermsDays+1).Add(-time.Second)), // the end of its last day
	}
	v.rounding = v.amount - sum
	if v.amount == 0 {
		v.paidAt = v.issuedAt // everything was given back
	}
	if v.number, err = nextNumber(ctx, tx, now); err != nil {
		return false, err
	}
	if err := s.insertInvoice(ctx, tx, &v, lines); err != nil {
		return false, err
	}
	if v.rounding != 0 {
		if err := s.post(ctx, tx, a, entry{Adjustment, -v.rounding, v.id + ":rounding", now}); err != nil {
			return false, err
		}
	}
	return true, markBilled(ctx, tx, a.TenantID, billed)
}

// nextNumber takes the next number of the year. LockTx has put those who do in a row, and a transaction that is undone
// gives its number back.
func nextNumber(ctx context.Context, tx bun.Tx, now time.Time) (string, error) {
	year, n := now.In(kabul).Year(), 0
	err := tx.Tx.QueryRowContext(ctx, "INSERT INTO billing_series (year, last) VALUES ($1, 1) "+
		"ON CONFLICT (year) DO UPDATE SET last = billing_series.last + 1 RETURNING last", year).Scan(&n)
	return fmt.Sprintf("GH-%04d-%06d", year, n), err
}

const insertRow = "INSERT INTO billing_invoices (" + invoiceColumns + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

func (s *Service) insertInvoice(ctx context.Context, tx bun.Tx, v *invoice, lines []portal.InvoiceLine) error {
	_, err := tx.Tx.ExecContext(ctx, insertRow,
		v.id, v.tenantID, v.number, v.month, string(v.currency), v.amount, v.rounding, v.issuedAt, v.dueAt, v.paidAt, v.voidedAt)
	if err != nil {
		return err
	}
	return s.db.InsertRows(ctx, tx, "billing_invoice_lines", []string{
		"invoice_id", "nth", "operator", "credit", "messages", "segments", "refunded", "unit_micros", "amount_micros", "submitted_after", "submitted_before",
	}, len(lines), func(i int, dst []any) {
		l, credit := lines[i], 0
		if l.Credit {
			credit = 1
		}
		copy(dst, []any{
			v.id, i, l.Operator, credit, l.Messages, l.Segments, l.Refunded, l.UnitMicros, l.AmountMicros, micros(l.SubmittedAfter), micros(l.SubmittedBefore),
		})
	})
}
