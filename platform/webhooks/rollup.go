package webhooks

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

const (
	day          = 24 * time.Hour
	bucketLength = 10 * time.Minute
)

// bucketOf is the start of the ten minutes that a time falls into.
func bucketOf(micros int64) int64 { return micros - micros%bucketLength.Microseconds() }

type rollupKey struct {
	webhook string
	bucket  int64
}

type rollupCount struct{ waiting, delivered, failed int }

// rollups gathers what a transaction changes in the counts of deliveries, so that a list of webhooks never has to count.
type rollups struct{ counts map[rollupKey]*rollupCount }

// move counts a delivery, made at a time, out of the state before ("" for a new one) and into the state after.
func (r *rollups) move(webhook string, createdAt int64, before, after string) {
	if before == after {
		return
	}
	if r.counts == nil {
		r.counts = map[rollupKey]*rollupCount{}
	}
	k := rollupKey{webhook, bucketOf(createdAt)}
	if r.counts[k] == nil {
		r.counts[k] = &rollupCount{}
	}
	r.counts[k].add(before, -1)
	r.counts[k].add(after, 1)
}

func (c *rollupCount) add(state string, n int) {
	switch state {
	case stateWaiting:
		c.waiting += n
	case stateDelivered:
		c.delivered += n
	case stateFailed:
		c.failed += n
	}
}

// write adds the changes to the table, in a fixed order so that two transactions cannot block each other crosswise.
func (r *rollups) write(ctx context.Context, tx bun.Tx) error {
	keys := slices.SortedFunc(maps.Keys(r.counts), func(a, b rollupKey) int {
		return cmp.Or(cmp.Compare(a.webhook, b.webhook), cmp.Compare(a.bucket, b.bucket))
	})
	for _, k := range keys {
		c := r.counts[k]
		if *c == (rollupCount{}) {
			continue
		}
		_, err := tx.Tx.ExecContext(ctx, "INSERT INTO webhook_rollups (webhook_id, bucket, waiting, delivered, failed) VALUES ($1, $2, $3, $4, $5) "+
			"ON CONFLICT (webhook_id, bucket) DO UPDATE SET waiting = webhook_rollups.waiting + excluded.waiting, "+
			"delivered = webhook_rollups.delivered + excluded.delivered, failed = webhook_rollups.failed + excluded.failed",
			k.webhook, k.bucket, c.waiting, c.delivered, c.failed)
		if err != nil {
			return err
		}
	}
	return nil
}
