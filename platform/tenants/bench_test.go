package tenants

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
)

// BenchmarkQuarter is the review of a quarter with a million messages, every fiftieth of them held for a while:
//
//	go test ./platform/tenants -run '^$' -bench Quarter
func BenchmarkQuarter(b *testing.B) {
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{File: filepath.Join(b.TempDir(), "bench.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a benchmark
	if err := db.Migrate(ctx, migrations.FS); err != nil {
		b.Fatal(err)
	}
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, kabul)
	const total, batch = 1_000_000, 50_000
	step := 92 * 24 * time.Hour / total
	numbers := []string{"+93701234567", "+93791234567", "+93781234567", "+93771234567", "+93744234567"}
	senders := []string{"GHASI", "PAMIR", "BANK", "ALERT", "+93700000099"}
	for done := 0; done < total; done += batch {
		records := make([]messages.Record, batch)
		for i := range records {
			n := done + i
			held := time.Duration(0)
			if n%50 == 0 {
				held = time.Duration(1+n%900) * time.Second
			}
			records[i] = record("ten_1", numbers[n%5], senders[n%7%5], start.Add(time.Duration(n)*step), portal.StatusDelivered, held)
			records[i].Body = "Your parcel of order 481516 has left the warehouse and arrives tomorrow before noon."
		}
		if err := db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return messages.Import(ctx, db, tx, records) }); err != nil {
			b.Fatal(err)
		}
	}
	s := New(db, tariff{db}, func() time.Time { return now })
	p, err := parsePeriod("2026-Q3", now)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		a, err := s.review(ctx, "ten_1", p, now)
		if err != nil || a.Totals.Submitted != total || a.Totals.Held != total/50 {
			b.Fatalf("%+v, %v", a.Totals, err)
		}
	}
}
