package webhooks

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

const (
	cleanEvery = time.Minute
	keepFor    = 30 * day // what was tried stays readable
	// cleanBatch bounds a transaction of the cleaning: it shares the one writer of SQLite.
	cleanBatch = 500
)

// keepClean deletes what is old, and gives up what has waited too long for a paused webhook, until ctx ends.
func (s *Service) keepClean(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		again, err := s.clean(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "old webhook deliveries stay for now", "error", err)
		}
		if again && err == nil {
			timer.Reset(50 * time.Millisecond)
		} else {
			timer.Reset(cleanEvery)
		}
	}
}

// clean does one batch of everything, and tells whether there is more.
func (s *Service) clean(ctx context.Context) (more bool, err error) {
	for _, step := range []func(context.Context) (int64, error){s.giveUpWaiting, s.forgetDeliveries, s.forgetAttempts, s.forgetRollups, s.forgetHooks} {
		n, err := step(ctx)
		if err != nil {
			return false, err
		}
		more = more || n >= cleanBatch
	}
	_, err = s.exec(ctx, "UPDATE webhooks SET old_secret = NULL WHERE old_ends_at <= $1 AND old_secret IS NOT NULL", s.now().UnixMicro())
	return more, err
}

func (s *Service) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := s.db.Write.DB.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// giveUpWaiting fails what has waited for a paused or disabled webhook longer than it may.
func (s *Service) giveUpWaiting(ctx context.Context) (int64, error) {
	var n int64
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows, err := tx.Tx.QueryContext(ctx, "SELECT d.id, d.webhook_id, d.created_at FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id "+
			"AND d.due_at > $1 AND d.holder = '' WHERE w.status <> 'active' AND w.deleted_at = 0 AND d.due_at < $2 LIMIT $3",
			atOnce, s.now().Add(-keepWaiting).UnixMicro(), cleanBatch)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		var ids []any
		var counts rollups
		for rows.Next() {
			var id, webhook string
			var created int64
			if err := rows.Scan(&id, &webhook, &created); err != nil {
				return err
			}
			ids = append(ids, id)
			counts.move(webhook, created, stateWaiting, stateFailed)
		}
		if err := rows.Err(); err != nil || len(ids) == 0 {
			return err
		}
		n = int64(len(ids))
		_, err = tx.Tx.ExecContext(ctx, "UPDATE webhook_deliveries SET state = 'failed', due_at = 0 WHERE id IN "+list(1, len(ids)), ids...) //nolint:gosec // placeholders alone
		if err != nil {
			return err
		}
		return counts.write(ctx, tx)
	})
	return n, err
}

// oldest is an id that was made an age ago: ids begin with the time of their making.
func (s *Service) oldest(prefix string, age time.Duration) string {
	return portal.NewID(prefix, s.now().Add(-age))
}

func (s *Service) forgetDeliveries(ctx context.Context) (int64, error) {
	n, err := s.exec(ctx, "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE id < $1 AND due_at = 0 ORDER BY id LIMIT $2)",
		s.oldest("dlv", keepFor), cleanBatch)
	if err != nil || n >= cleanBatch {
		return n, err
	}
	return s.exec(ctx, "DELETE FROM webhook_deliveries WHERE id IN (SELECT d.id FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id AND d.due_at > 0 "+
		"WHERE w.deleted_at > 0 AND d.holder = '' LIMIT $1)", cleanBatch)
}

// forgetAttempts deletes the old ones of every webhook, and all of a deleted one.
func (s *Service) forgetAttempts(ctx context.Context) (int64, error) {
	const query = "DELETE FROM webhook_attempts WHERE (webhook_id, id) IN (SELECT a.webhook_id, a.id FROM webhooks w JOIN webhook_attempts a " +
		"ON a.webhook_id = w.id "
	n, err := s.exec(ctx, query+"AND a.id < $1 LIMIT $2)", s.oldest("wat", keepFor), cleanBatch)
	if err != nil || n >= cleanBatch {
		return n, err
	}
	return s.exec(ctx, query+"WHERE w.deleted_at > 0 LIMIT $1)", cleanBatch)
}

func (s *Service) forgetRollups(ctx context.Context) (int64, error) {
	return s.exec(ctx, "DELETE FROM webhook_rollups WHERE (webhook_id, bucket) IN (SELECT r.webhook_id, r.bucket FROM webhooks w JOIN webhook_rollups r "+
		"ON r.webhook_id = w.id AND r.bucket < $1 LIMIT $2)", s.now().Add(-2*day).UnixMicro(), cleanBatch)
}

// forgetHooks deletes the webhooks that nothing is left of.
func (s *Service) forgetHooks(ctx context.Context) (int64, error) {
	return s.exec(ctx, "DELETE FROM webhooks WHERE deleted_at > 0 AND deleted_at < $1 "+
		"AND NOT EXISTS (SELECT 1 FROM webhook_attempts a WHERE a.webhook_id = webhooks.id) "+
		"AND NOT EXISTS (SELECT 1 FROM webhook_rollups r WHERE r.webhook_id = webhooks.id) "+
		"AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.webhook_id = webhooks.id AND d.due_at > 0)", s.now().Add(-2*lease).UnixMicro())
}
