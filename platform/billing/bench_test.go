package billing

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
)

// BenchmarkCharge is what charging adds to the transaction that takes a message in.
func BenchmarkCharge(b *testing.B) {
	db := dbtest.Open(b, migrations.FS)
	s := newSite(b, db, newClock(), 0)
	s.must(s.Credit(b.Context(), "ten_a", TopUp, maxAmount, "bank 1"))
	b.ReportAllocs()
	for b.Loop() {
		_, unit, err := s.Price(b.Context(), "ten_a", "awcc", start)
		s.must(err)
		r := messages.Record{
			ID: portal.NewID("msg", start), TenantID: "ten_a", Operator: "awcc", Segments: 1, PriceMicros: unit, Currency: portal.AFN, SubmittedAt: micros(start),
		}
		s.must(db.InTx(b.Context(), func(ctx context.Context, tx bun.Tx) error {
			return s.MessagesChanged(ctx, tx, []messages.Change{{Record: r}})
		}))
	}
}
