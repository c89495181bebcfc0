package billing

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

// Pay records that an invoice was paid, by its number: the credit that it charged can be spent again. Errors: NotFound;
// Conflict when it is paid or void already.
func (s *Service) Pay(ctx context.Context, number string) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.pay(ctx, tx, number, s.now()) })
}

func (s *Service) pay(ctx context.Context, tx bun.Tx, number string, at time.Time) error {
	return s.settle(ctx, tx, number, "UPDATE billing_invoices SET paid_at = $1 WHERE id = $2", at, func(v *invoice) entry { return entry{Payment, v.amount, v.id, at} })
}

// Void takes an invoice back that should not have been drawn up: nothing of it is owed any more. Its number stays taken.
// Errors as for [Service.Pay].
func (s *Service) Void(ctx context.Context, number string) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		at := s.now()
		return s.settle(ctx, tx, number, "UPDATE billing_invoices SET voided_at = $1 WHERE id = $2", at, func(v *invoice) entry { return entry{Adjustment, v.amount, v.id + ":void", at} })
	})
}

// settle ends an open invoice by an update, and posts what that means for the balance.
func (s *Service) settle(ctx context.Context, tx bun.Tx, number, update string, at time.Time, means func(*invoice) entry) error {
	var tenantID string
	if err := tx.Tx.QueryRowContext(ctx, "SELECT tenant_id FROM billing_invoices WHERE number = $1", number).Scan(&tenantID); err != nil {
		return err
	}
	a, err := s.lock(ctx, tx, tenantID) // before the invoice is read again: two payments come one after the other
	if err != nil {
		return err
	}
	var v invoice
	err = tx.Tx.QueryRowContext(ctx, "SELECT "+invoiceColumns+" FROM billing_invoices WHERE number = $1", number).Scan(v.fields()...)
	if err != nil {
		return err
	}
	if v.paidAt != 0 || v.voidedAt != 0 {
		return &portal.Error{Code: portal.Conflict, Detail: "The invoice " + v.number + " is " + string(v.status(micros(at))) + " already."}
	}
	if _, err := tx.Tx.ExecContext(ctx, update, micros(at), v.id); err != nil {
		return err
	}
	return s.post(ctx, tx, a, means(&v))
}
