package billing

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/messages"
)

// History is what became of a tenant's account before it came here: how demo data comes in.
type History struct {
	TenantID         string
	Terms            Terms
	LowBalanceMicros int64
	TopUps           []PastTopUp
	// PaidAfter is how long after its issue each invoice was paid, oldest first; 0, or none, is not yet.
	PaidAfter []time.Duration
	Messages  []messages.Record // oldest first
}

// PastTopUp is credit bought before.
type PastTopUp struct {
	At           time.Time
	AmountMicros int64
	Reference    string
}

// Replay charges the messages of several tenants day by day, draws up their invoices as each month ends and pays those
// that were. Messages that have ended are charged and refunded by one entry a day and operator; those still under way by
// one each, so that they can be refunded.
func (s *Service) Replay(ctx context.Context, tx bun.Tx, histories []History, now time.Time) error {
	first := dayOf(now)
	past := make([]*replay, len(histories))
	for i, h := range histories {
		if err := s.agree(ctx, tx, h.TenantID, h.Terms); err != nil {
			return err
		}
		_, err := tx.Tx.ExecContext(ctx, "UPDATE billing_accounts SET low_balance_micros = $1 WHERE tenant_id = $2", h.LowBalanceMicros, h.TenantID)
		if err != nil {
			return err
		}
		past[i] = &replay{Service: s, tx: tx, h: h}
		for _, t := range h.TopUps {
			first = earlier(first, dayOf(t.At))
		}
		if len(h.Messages) > 0 {
			first = earlier(first, dayOf(fromMicros(h.Messages[0].SubmittedAt)))
		}
	}
	for d := first; !d.After(now); d = d.AddDate(0, 0, 1) {
		for _, r := range past {
			if err := r.day(ctx, d, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// replay is a History under way.
type replay struct {
	*Service

	tx   bun.Tx
	h    History
	done int // messages
	paid int // invoices that were drawn up
	pay  []duePayment
}

type duePayment struct {
	number string
	at     time.Time
}

// day goes through one day of it, up to now.
func (r *replay) day(ctx context.Context, d, now time.Time) error {
	end := earlier(d.AddDate(0, 0, 1), now)
	if d.Equal(monthOf(d).start) {
		if err := r.drawAt(ctx, d, now); err != nil {
			return err
		}
	}
	a, err := r.lock(ctx, r.tx, r.h.TenantID)
	if err != nil {
		return err
	}
	var entries []entry
	for _, t := range r.h.TopUps {
		if !t.At.Before(d) && t.At.Before(end) {
			entries = append(entries, entry{TopUp, t.AmountMicros, t.Reference, t.At})
		}
	}
	charges, err := r.charges(ctx, d, end)
	if err != nil {
		return err
	}
	if err := r.post(ctx, r.tx, a, append(entries, charges...)...); err != nil {
		return err
	}
	for _, p := range r.pay {
		if !p.at.Before(d) && p.at.Before(end) {
			if err := r.Service.pay(ctx, r.tx, p.number, p.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawAt makes the invoice of the month that ends at a midnight.
func (r *replay) drawAt(ctx context.Context, midnight, now time.Time) error {
	issued := midnight.Add(drawAfter)
	if issued.After(now) {
		return nil // the job will
	}
	for more := true; more; {
		made, again, err := r.drawNext(ctx, r.tx, r.h.TenantID, midnight, issued)
		if err != nil {
			return err
		}
		if more = again; !made {
			continue
		}
		var number string
		err = r.tx.Tx.QueryRowContext(ctx, "SELECT number FROM billing_invoices WHERE tenant_id = $1 ORDER BY month DESC LIMIT 1", r.h.TenantID).Scan(&number)
		if err != nil {
			return err
		}
		if r.paid < len(r.h.PaidAfter) && r.h.PaidAfter[r.paid] > 0 {
			r.pay = append(r.pay, duePayment{number, issued.Add(r.h.PaidAfter[r.paid])})
		}
		r.paid++
	}
	return nil
}

// charges counts the messages from d up to end and returns the entries of what they cost.
func (r *replay) charges(ctx context.Context, d, end time.Time) ([]entry, error) {
	sums := map[string]*dayRow{}
	var entries []entry
	for ; r.done < len(r.h.Messages) && r.h.Messages[r.done].SubmittedAt < micros(end); r.done++ {
		m := &r.h.Messages[r.done]
		u := sums[m.Operator]
		if u == nil {
			u = &dayRow{dayKey: keyOf(m), unit: m.PriceMicros / int64(max(m.Segments, 1))}
			sums[m.Operator] = u
		}
		u.messages, u.segments, u.charged = u.messages+1, u.segments+int64(m.Segments), u.charged+m.PriceMicros
		switch {
		case !m.Status.Final():
			entries = append(entries, entry{Charge, -m.PriceMicros, m.ID, fromMicros(m.SubmittedAt)})
			u.single += m.PriceMicros
		case givesBack(m):
			u.back.messages, u.back.segments, u.back.micros = u.back.messages+1, u.back.segments+int64(m.Segments), u.back.micros+m.PriceMicros
		}
	}
	rows := make([]*dayRow, 0, len(sums))
	for _, u := range sums {
		rows = append(rows, u)
	}
	slices.SortFunc(rows, func(a, b *dayRow) int { return byRank(a.operator, b.operator) })
	for _, u := range rows {
		reference := day(d) + "/" + u.operator
		if whole := u.charged - u.single; whole > 0 {
			entries = append(entries, entry{Charge, -whole, reference, end.Add(-time.Microsecond)})
		}
		if u.back.micros > 0 {
			entries = append(entries, entry{Refund, u.back.micros, reference, end.Add(-time.Microsecond)})
		}
	}
	return entries, r.insertDays(ctx, rows)
}

func (r *replay) insertDays(ctx context.Context, rows []*dayRow) error {
	return r.db.InsertRows(ctx, r.tx, "billing_days", []string{
		"tenant_id", "day", "operator", "unit_micros", "messages", "segments", "charged_micros", "refunded_messages", "refunded_segments", "refunded_micros",
	}, len(rows), func(i int, dst []any) {
		u := rows[i]
		copy(dst, []any{
			r.h.TenantID, u.day, u.operator, u.unit, u.messages, u.segments, u.charged, u.back.messages, u.back.segments, u.back.micros,
		})
	})
}
