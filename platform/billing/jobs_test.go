package billing

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"ghasi.io/portal/jobs"
)

// TestSchedule: when the first of a month was missed because nothing ran, the invoices are there soon after a start.
func TestSchedule(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.send("ten_a", toAWCC)
		s.settle()
		s.at("2026-10-03 08:00")
		r, err := jobs.New(t.Context(), jobs.Options{DB: s.db, Now: s.clock.now, Log: slog.New(slog.DiscardHandler)})
		s.must(err)
		s.Schedule(r)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		for deadline := time.Now().Add(20 * time.Second); len(s.invoicesOf("ten_a")) == 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("no invoice was drawn up")
			}
			s.clock.advance(20 * time.Millisecond)
		}
		stop()
		s.must(<-ended)
		s.check("ten_a")
	})
}
