package billing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

// MessagesChanged implements [messages.Observer]: a message that comes in is charged, one that ends by [givesBack] is
// refunded. Errors: PaymentRequired when the credit does not cover it.
//
// Accounts are taken in the order of their tenants, so that two transactions cannot block each other crosswise.
func (s *Service) MessagesChanged(ctx context.Context, tx bun.Tx, changes []messages.Change) error {
	failed := map[string][]*messages.Record{}
	for i := range changes {
		c := &changes[i]
		switch {
		case c.Before == "":
			if err := s.charge(ctx, tx, &c.Record); err != nil {
				return err
			}
		case c.Status.Final() && !c.Before.Final() && givesBack(&c.Record):
			failed[c.TenantID] = append(failed[c.TenantID], &c.Record)
		}
	}
	for _, tenant := range slices.Sorted(maps.Keys(failed)) {
		if err := s.refund(ctx, tx, tenant, failed[tenant]); err != nil {
			return err
		}
	}
	return nil
}

// debit takes a message's price when the credit covers it, its month is not billed yet, and the account is still in the
// currency of the price. It also locks the account.
const debit = "UPDATE billing_accounts SET balance_micros = balance_micros - $1 " +
	"WHERE tenant_id = $2 AND balance_micros + credit_limit_micros >= $1 AND billed_until <= $3 AND currency = $4 RETURNING balance_micros"

func (s *Service) charge(ctx context.Context, tx bun.Tx, r *messages.Record) error {
	currency := cmpCurrency(r.Currency)
	args := []any{r.PriceMicros, r.TenantID, r.SubmittedAt, string(currency)}
	var balance int64
	err := tx.Tx.QueryRowContext(ctx, debit, args...).Scan(&balance)
	if errors.Is(err, sql.ErrNoRows) { // the first message of all, or one that is refused
		a, lerr := s.lock(ctx, tx, r.TenantID)
		if lerr != nil {
			return lerr
		}
		err = tx.Tx.QueryRowContext(ctx, debit, args...).Scan(&balance)
		if errors.Is(err, sql.ErrNoRows) {
			return refusal(a, r, currency)
		}
	}
	if err != nil {
		return err
	}
	e := entry{kind: Charge, amount: -r.PriceMicros, reference: r.ID, at: fromMicros(r.SubmittedAt)}
	if err := s.writeEntries(ctx, tx, r.TenantID, balance+r.PriceMicros, []entry{e}); err != nil {
		return err
	}
	return addDay(ctx, tx, r)
}

// refusal says why a's row was not debited.
func refusal(a *Account, r *messages.Record, currency portal.Currency) error {
	switch {
	case a.billedUntil > r.SubmittedAt:
		return portal.Fail(portal.Unavailable, fmt.Errorf("charge %s: its month has been billed", r.ID))
	case a.Currency != currency:
		return portal.Fail(portal.Unavailable, fmt.Errorf("charge %s: the account has changed to %s", r.ID, a.Currency))
	}
	return portal.Fail(portal.PaymentRequired, nil)
}

// cmpCurrency is a record's currency, which older ones lack.
func cmpCurrency(c portal.Currency) portal.Currency {
	if c == "" {
		return defaultCurrency
	}
	return c
}

// refund gives back what messages of one tenant were charged, each once.
func (s *Service) refund(ctx context.Context, tx bun.Tx, tenantID string, failed []*messages.Record) error {
	a, err := s.lock(ctx, tx, tenantID)
	if err != nil {
		return err
	}
	charged, err := chargedFor(ctx, tx, tenantID, failed)
	if err != nil {
		return err
	}
	voided, err := voidedMonths(ctx, tx, tenantID)
	if err != nil {
		return err
	}
	var entries []entry
	days := map[dayKey]refunds{}
	for _, r := range failed {
		amount, ok := charged[r.ID]
		if !ok || voided[monthOf(fromMicros(r.SubmittedAt)).String()] {
			continue // never charged, or given back before: by itself or with its whole invoice
		}
		entries = append(entries, entry{kind: Refund, amount: amount, reference: r.ID, at: fromMicros(r.DoneAt)})
		k := keyOf(r)
		u := days[k]
		u.messages, u.segments, u.micros = u.messages+1, u.segments+int64(r.Segments), u.micros+amount
		days[k] = u
	}
	if err := s.post(ctx, tx, a, entries...); err != nil {
		return err
	}
	return refundDays(ctx, tx, tenantID, days)
}

// voidedMonths are the months whose invoices were taken back, and with them all that they charged.
func voidedMonths(ctx context.Context, tx bun.Tx, tenantID string) (map[string]bool, error) {
	months := map[string]bool{}
	err := each(ctx, tx.Tx, "SELECT month FROM billing_invoices WHERE tenant_id = $1 AND voided_at <> 0", []any{tenantID}, func(scan func(...any) error) error {
		var m string
		err := scan(&m)
		months[m] = true
		return err
	})
	return months, err
}

// chargedFor returns what each message was charged and not yet given back.
func chargedFor(ctx context.Context, tx bun.Tx, tenantID string, failed []*messages.Record) (map[string]int64, error) {
	args := []any{tenantID}
	for _, r := range failed {
		args = append(args, r.ID)
	}
	list := marks(2, len(failed))
	charged := map[string]int64{}
	err := each(ctx, tx.Tx, "SELECT reference, -amount_micros FROM billing_entries AS charge WHERE tenant_id = $1 AND kind = 'charge' "+
		"AND reference IN ("+list+") AND NOT EXISTS (SELECT 1 FROM billing_entries AS refund WHERE refund.tenant_id = charge.tenant_id "+
		"AND refund.kind = 'refund' AND refund.reference = charge.reference)", args, func(scan func(...any) error) error {
		var id string
		var amount int64
		err := scan(&id, &amount)
		charged[id] = amount
		return err
	})
	return charged, err
}
