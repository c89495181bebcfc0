package seed

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/billing"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

// credit is how a business pays. Amounts are whole units of the currency.
type credit struct {
	currency   portal.Currency
	limit, low int64
	terms      int // days until an invoice is due
	topUps     []topUp
	paid       []int // days after issue, newest invoice first; 0 is not yet
}

type topUp struct {
	ago       int // days
	amount    int64
	reference string
}

const unit = int64(1_000_000) // millionths

// history is the credit's past, with what the business sent.
func (c credit) history(tenantID string, sent []messages.Record, now time.Time) billing.History {
	h := billing.History{
		TenantID:         tenantID,
		Terms:            billing.Terms{Currency: c.currency, CreditLimitMicros: c.limit * unit, TermsDays: c.terms},
		LowBalanceMicros: c.low * unit, Messages: sent,
	}
	for _, t := range c.topUps {
		at := now.AddDate(0, 0, -t.ago).Add(-40 * time.Minute)
		h.TopUps = append(h.TopUps, billing.PastTopUp{At: at, AmountMicros: t.amount * unit, Reference: t.reference})
	}
	for i := monthsSince(time.UnixMicro(sent[0].SubmittedAt), now) - 1; i >= 0; i-- {
		after := 0
		if i < len(c.paid) {
			after = c.paid[i]
		}
		h.PaidAfter = append(h.PaidAfter, time.Duration(after)*24*time.Hour+10*time.Hour*time.Duration(min(after, 1)))
	}
	return h
}

// monthsSince counts the ends of months in Kabul from a time until now: as many as there are invoices.
func monthsSince(t, now time.Time) int {
	t, now = t.In(kabul), now.In(kabul)
	return (now.Year()-t.Year())*12 + int(now.Month()) - int(t.Month())
}

// bill charges what the demo's businesses sent, and draws up their invoices.
func bill(ctx context.Context, db *database.DB, tx bun.Tx, histories []billing.History, now time.Time) error {
	service := billing.New(billing.Options{DB: db, Now: func() time.Time { return now }})
	return service.Replay(ctx, tx, histories, now)
}
