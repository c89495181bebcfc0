package database_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

func TestExclusive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		dbs := []*database.DB{open("cust")}
		if dbs[0].IsPostgres() {
			dbs = append(dbs, open("cust"), open("cust"))
		}
		var inside, runs atomic.Int64
		boom := errors.New("boom")
		var wg sync.WaitGroup
		for _, db := range dbs {
			wg.Go(func() {
				err := db.Exclusive(t.Context(), "work", func(context.Context) error {
					if inside.Add(1) != 1 {
						t.Error("two at once")
					}
					time.Sleep(20 * time.Millisecond)
					inside.Add(-1)
					runs.Add(1)
					return boom
				})
				if !errors.Is(err, boom) {
					t.Errorf("the callback's error became %v", err)
				}
			})
		}
		wg.Wait()
		if n := runs.Load(); n != int64(len(dbs)) {
			t.Errorf("%d of %d ran", n, len(dbs))
		}
	})
}

func TestTryExclusive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		nothing := func(context.Context) error { return nil }
		ran, err := db.TryExclusive(t.Context(), "work", func(ctx context.Context) error {
			if !db.IsPostgres() {
				return nil
			}
			other := open("cust")
			if ran, err := other.TryExclusive(ctx, "work", nothing); ran || err != nil {
				t.Errorf("beside the holder: %v, %v", ran, err)
			}
			if ran, err := other.TryExclusive(ctx, "other work", nothing); !ran || err != nil {
				t.Errorf("other work: %v, %v", ran, err)
			}
			return nil
		})
		if !ran || err != nil {
			t.Errorf("the first: %v, %v", ran, err)
		}
		if ran, err := db.TryExclusive(t.Context(), "work", nothing); !ran || err != nil {
			t.Errorf("after the holder: %v, %v", ran, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran, err = db.TryExclusive(ctx, "work", func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() })
		if !ran || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v, %v", ran, err)
		}
		if ran, err := db.TryExclusive(t.Context(), "work", nothing); !ran || err != nil {
			t.Errorf("after a cancelled holder: %v, %v", ran, err)
		}
	})
}

// TestTryExclusive_LostConnection: with its connection the holder loses the lock, and is told.
func TestTryExclusive_LostConnection(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		if !db.IsPostgres() {
			return
		}
		ran, err := db.TryExclusive(t.Context(), "work", func(ctx context.Context) error {
			var schema string
			if err := db.Read.QueryRowContext(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
				return err
			}
			key := database.LockKey(schema + " work")
			const kill = `SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND classid::bigint = ? AND objid::bigint = ?`
			if _, err := db.Write.ExecContext(ctx, kill, uint64(key)>>32, uint32(key)); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(20 * time.Second):
				return errors.New("the holder never heard")
			}
		})
		if !ran || err != nil {
			t.Errorf("%v, %v", ran, err)
		}
	})
}
