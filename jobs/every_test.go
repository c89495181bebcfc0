package jobs_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/jobs"
)

// TestEvery_CatchesUp goes through three days: the process runs over one 02:00, is down over the next, and starts twice
// on the third.
func TestEvery_CatchesUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		// 20:00 UTC is 00:30 in Kabul on the 24th: the last 02:00 there was on the 23rd.
		start := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
		c := &clock{}
		c.advance(time.Until(start))
		var mu sync.Mutex
		var due []string
		begin := func() (stop func()) {
			r := newRunner(t, db, c.now)
			jobs.Handle(r, jobs.Kind[order]{Name: "nightly", Work: func(_ context.Context, _ *jobs.Task, o order) error {
				mu.Lock()
				defer mu.Unlock()
				due = append(due, time.Unix(int64(o.Number), 0).UTC().Format("02 15:04"))
				return nil
			}})
			jobs.Every(r, "health", "nightly", func(due time.Time) (any, jobs.Enqueue) {
				return order{Number: int(due.Unix())}, jobs.Enqueue{}
			}, jobs.Daily("02:00"))
			return run(t, r)
		}
		expect := func(what string, want ...string) {
			t.Helper()
			for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				mu.Lock()
				n := len(due)
				mu.Unlock()
				if n >= len(want) || time.Now().After(end) {
					break
				}
			}
			time.Sleep(1500 * time.Millisecond) // one that should not be there would come now
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(want, due); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		stop := begin()
		expect("a first start is late for yesterday's", "22 21:30")
		c.advance(2 * time.Hour)
		expect("at its time", "22 21:30", "23 21:30")
		stop()
		c.advance(34 * time.Hour) // 08:00 UTC on the 25th: 02:00 of the 25th in Kabul is over
		stop = begin()
		expect("after an outage", "22 21:30", "23 21:30", "24 21:30")
		stop()
		stop = begin()
		expect("another start", "22 21:30", "23 21:30", "24 21:30")
		stop()
	})
}
