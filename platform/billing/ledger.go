package billing

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

// Kind says why a balance changed.
type Kind string

// The kinds of entry. What an entry refers to has at most one of each kind.
const (
	TopUp      Kind = "topup"      // credit bought; the reference is the payer's
	Charge     Kind = "charge"     // a message was accepted
	Refund     Kind = "refund"     // and failed for no fault of the customer's
	Payment    Kind = "payment"    // an invoice was paid: what it charged can be spent again
	Adjustment Kind = "adjustment" // the rounding of an invoice, or one that was voided
	SLACredit  Kind = "sla_credit" // for a month below the promised rate; the reference is the month
)

// entry is one change of a balance.
type entry struct {
	kind      Kind
	amount    int64 // what the balance grows by
	reference string
	at        time.Time
}

var entryColumns = []string{"id", "tenant_id", "kind", "amount_micros", "balance_micros", "reference", "created_at"}

// post changes a locked account's balance by the entries and writes them down. Errors: Conflict when a reference has an
// entry of that kind already.
func (s *Service) post(ctx context.Context, tx bun.Tx, a *Account, entries ...entry) error {
	if len(entries) == 0 {
		return nil
	}
	before := a.BalanceMicros
	for _, e := range entries {
		a.BalanceMicros += e.amount
	}
	_, err := tx.Tx.ExecContext(ctx, "UPDATE billing_accounts SET balance_micros = $1 WHERE tenant_id = $2", a.BalanceMicros, a.TenantID)
	if err != nil {
		return err
	}
	return s.writeEntries(ctx, tx, a.TenantID, before, entries)
}

// writeEntries writes down how a balance came from before to where it is.
func (s *Service) writeEntries(ctx context.Context, tx bun.Tx, tenantID string, before int64, entries []entry) error {
	balance := before
	days := map[int64]int64{}
	err := s.db.InsertRows(ctx, tx, "billing_entries", entryColumns, len(entries), func(i int, dst []any) {
		e := entries[i]
		balance += e.amount
		days[micros(dayOf(e.at))] += e.amount
		copy(dst, []any{portal.NewID("led", e.at), tenantID, string(e.kind), e.amount, balance, e.reference, micros(e.at)})
	})
	if err != nil {
		return err
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		_, err := tx.Tx.ExecContext(ctx, "INSERT INTO billing_entry_days (tenant_id, day, amount_micros) VALUES ($1, $2, $3) "+
			"ON CONFLICT (tenant_id, day) DO UPDATE SET amount_micros = billing_entry_days.amount_micros + excluded.amount_micros",
			tenantID, day, days[day])
		if err != nil {
			return err
		}
	}
	return nil
}

// Credit adds money to a tenant's account: a TopUp or an SLACredit, by a reference that is new for its kind. Errors:
// Invalid, Conflict when the reference is not new.
func (s *Service) Credit(ctx context.Context, tenantID string, kind Kind, amountMicros int64, reference string) error {
	switch {
	case kind != TopUp && kind != SLACredit:
		return portal.InvalidField("kind", "field.invalid")
	case amountMicros <= 0 || amountMicros > maxAmount:
		return portal.InvalidField("amount", "field.out_of_range")
	case strings.TrimSpace(reference) == "":
		return portal.InvalidField("reference", "field.required")
	case len(reference) > maxReference:
		return portal.InvalidField("reference", "field.too_long", "max", maxReference)
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.lock(ctx, tx, tenantID)
		if err != nil {
			return err
		}
		return s.post(ctx, tx, a, entry{kind, amountMicros, reference, s.now()})
	})
}

const maxReference = 200

// marks is "$3, $4, $5" for three arguments from the third on.
func marks(first, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(parts, ", ")
}
