package messages

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

const (
	// stepBatch bounds a transaction of the carrier, and with it how long a sender may have to wait for SQLite's writer.
	stepBatch = 200
	// poll is how often the carrier looks without being told: for messages of other replicas that stopped.
	poll       = 2 * time.Second
	afterError = time.Second
	cleanEvery = 10 * time.Minute
)

// Run moves messages on until ctx ends. Any number of replicas may run it on one database.
func (s *Service) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var cleaned time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.wake:
		}
		timer.Reset(s.work(ctx))
		if now := s.now(); now.Sub(cleaned) >= cleanEvery {
			cleaned = now
			if err := s.forgetKeys(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "old idempotency keys stay for now", "error", err)
			}
		}
	}
}

// work does all that is due, and returns how long to sleep.
func (s *Service) work(ctx context.Context) time.Duration {
	for {
		moved, next, err := s.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return 0
		case err != nil:
			s.log.ErrorContext(ctx, "the carrier could not move messages", "error", err)
			return afterError
		case moved < stepBatch && next.IsZero():
			return poll
		case moved < stepBatch:
			return min(max(next.Sub(s.now()), time.Millisecond), poll)
		}
	}
}

// Step moves on up to stepBatch messages that are due, and tells how many, and when the next is due (zero: none).
func (s *Service) Step(ctx context.Context) (moved int, next time.Time, err error) {
	// Looking needs no transaction: on SQLite an idle carrier never takes the writer.
	if next, err = s.nextDue(ctx); err != nil || next.IsZero() || next.After(s.now()) {
		return 0, next, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		due, err := s.due(ctx, tx)
		if err != nil {
			return err
		}
		moved = len(due)
		return s.moveAll(ctx, tx, due)
	})
	if err != nil {
		return 0, time.Time{}, err
	}
	next, err = s.nextDue(ctx)
	return moved, next, err
}

// nextDue returns when the first message is due, zero when none is under way.
func (s *Service) nextDue(ctx context.Context) (time.Time, error) {
	var micros int64
	err := s.reader.queryRow(ctx, "SELECT COALESCE(MIN(due_at), 0) FROM messages WHERE due_at > 0", nil, &micros)
	if err != nil || micros == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(micros), nil
}

const selectDue = "SELECT id, tenant_id, to_addr, from_addr, status, encoding, segments, operator, price_micros, currency, " +
	"submitted_at, held_at, sent_at, source_kind, source_name " +
	"FROM messages WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2"

// due locks and reads the messages whose time has come, all but their text, leaving out those another replica has in
// hand.
func (s *Service) due(ctx context.Context, tx bun.Tx) ([]Record, error) {
	rows, err := tx.Tx.QueryContext(ctx, selectDue+s.db.SkipLocked(), s.now().UnixMicro(), stepBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var due []Record
	for rows.Next() {
		var r Record
		err := rows.Scan(&r.ID, &r.TenantID, &r.To, &r.From, &r.Status, &r.Encoding, &r.Segments, &r.Operator, &r.PriceMicros, &r.Currency,
			&r.SubmittedAt, &r.HeldAt, &r.SentAt, &r.SourceKind, &r.SourceName)
		if err != nil {
			return nil, err
		}
		due = append(due, r)
	}
	return due, rows.Err()
}

// moveAll brings each message into its next state and counts it there.
func (s *Service) moveAll(ctx context.Context, tx bun.Tx, due []Record) error {
	update, err := tx.PrepareContext(ctx,
		"UPDATE messages SET status = $1, error_code = $2, held_at = $3, sent_at = $4, done_at = $5, due_at = $6 WHERE id = $7")
	if err != nil {
		return err
	}
	defer update.Close() //nolint:errcheck // the transaction tells
	var counts ledger
	changes := make([]Change, 0, len(due))
	now := s.now()
	for i := range due {
		r := &due[i]
		before := r.Status
		if step, ok := s.carrier.Next(r.passage()); ok {
			r.moveTo(step, s.carrier, now)
			counts.move(r, before)
			changes = append(changes, Change{Record: *r, Before: before})
		} else {
			r.DueAt = 0 // another carrier's plan
		}
		if _, err := update.ExecContext(ctx, string(r.Status), r.ErrorCode, r.HeldAt, r.SentAt, r.DoneAt, r.DueAt, r.ID); err != nil {
			return err
		}
	}
	if err := counts.write(ctx, tx); err != nil || len(changes) == 0 {
		return err
	}
	return s.tell(ctx, tx, changes...)
}
