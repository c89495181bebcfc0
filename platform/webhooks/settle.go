package webhooks

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

// result is what came of a job.
type result struct {
	job *job
	outcome

	attemptID string
	at        time.Time
	// newAccepted says what a check of the new secret found, nil when there was none or it said nothing.
	newAccepted *bool
}

// next is the state that a result brings its delivery into, and when it is due again (0: never).
func (r *result) next(now time.Time) (state string, due int64) {
	switch {
	case r.err == "":
		return stateDelivered, 0
	case r.err == errInterrupted && r.job.byHand:
		return stateWaiting, atOnce
	case r.err == errInterrupted:
		return stateWaiting, now.UnixMicro()
	case r.job.event == portal.EventTest, r.status == statusGone:
		return stateFailed, 0
	}
	pause, again := nextPause(r.job.number, r.retryAfter)
	if !again {
		return stateFailed, 0
	}
	return stateWaiting, r.at.Add(r.took).Add(pause).UnixMicro()
}

// statusGone is a receiver's way to say that it wants no more.
const statusGone = 410

// settle writes down what came of jobs.
func (s *Service) settle(ctx context.Context, tx bun.Tx, results []*result, now time.Time) error {
	update, err := tx.Tx.PrepareContext(ctx, "UPDATE webhook_deliveries SET state = $1, due_at = $2, holder = '', by_hand = 0 WHERE id = $3 AND holder = $4")
	if err != nil {
		return err
	}
	defer update.Close() //nolint:errcheck // the transaction tells
	var counts rollups
	for _, r := range slices.SortedFunc(slices.Values(results), func(a, b *result) int { return cmp.Compare(a.job.id, b.job.id) }) {
		state, due := r.next(now)
		res, err := update.ExecContext(ctx, state, due, r.job.id, s.holder)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 1 { // else the lease was over and somebody has taken it, who will count it
			counts.move(r.job.endpoint.id, r.job.createdAt, stateWaiting, state)
		}
	}
	if err := counts.write(ctx, tx); err != nil {
		return err
	}
	if err := insertAttempts(ctx, tx, results); err != nil {
		return err
	}
	return s.tellEndpoints(ctx, tx, results, now)
}

const attemptInsert = "INSERT INTO webhook_attempts (webhook_id, id, delivery_id, message_id, event, at, number, by_hand, delivered, " +
	"status_code, error, duration_millis, request_headers, response_headers, response_body, response_cut) VALUES "

// attemptWidth is how many columns attemptInsert names; attemptBatch bounds a statement.
const (
	attemptWidth = 16
	attemptBatch = 50
)

// insertAttempts stores attempts. Those that are there already, because the answer to an earlier try was lost, stay.
func insertAttempts(ctx context.Context, tx bun.Tx, results []*result) error {
	for batch := range slices.Chunk(results, attemptBatch) {
		args := make([]any, 0, len(batch)*attemptWidth)
		rows := make([]string, len(batch))
		for i, r := range batch {
			rows[i] = list(i*attemptWidth+1, attemptWidth)
			args = append(args, r.job.endpoint.id, r.attemptID, r.job.id, r.job.message, string(r.job.event), r.at.UnixMicro(), r.job.number,
				number(r.job.byHand), number(r.err == ""), r.status, r.err, r.took.Milliseconds(),
				writeHeaders(r.requestHeaders), writeHeaders(r.responseHeaders), r.body, number(r.cut))
		}
		if _, err := tx.Tx.ExecContext(ctx, attemptInsert+strings.Join(rows, ", ")+" ON CONFLICT DO NOTHING", args...); err != nil {
			return err
		}
	}
	return nil
}

// noteInterrupted writes down the attempts that somebody had begun and did not end.
func (s *Service) noteInterrupted(ctx context.Context, tx bun.Tx, jobs []*job, now time.Time) error {
	var lost []*result
	for _, j := range jobs {
		if j.interrupted {
			before := *j
			before.number--
			lost = append(lost, &result{job: &before, attemptID: s.attemptIDs.next(now), at: now, outcome: outcome{err: errInterrupted}})
		}
	}
	return insertAttempts(ctx, tx, lost)
}

// verdict is what a batch of results says about one endpoint.
type verdict struct {
	succeeded   bool
	failedSince int64 // the first failure after the last success, 0 when there is none
	gone        bool
	oldVerified int
	checkedAt   int64
	newAccepted bool
}

// tellEndpoints brings up to date what webhooks know of their own health, and disables those that have none.
func (s *Service) tellEndpoints(ctx context.Context, tx bun.Tx, results []*result, now time.Time) error {
	verdicts := judge(results)
	for _, id := range slices.Sorted(maps.Keys(verdicts)) {
		v := verdicts[id]
		_, err := tx.Tx.ExecContext(ctx, `UPDATE webhooks SET
			failing_since = CASE WHEN $1 = 1 OR failing_since = 0 THEN CAST($2 AS BIGINT) ELSE failing_since END,
			old_verified = old_verified + CAST($3 AS BIGINT), checked_at = CASE WHEN CAST($4 AS BIGINT) > 0 THEN CAST($4 AS BIGINT) ELSE checked_at END,
			new_accepted = CASE WHEN CAST($4 AS BIGINT) > 0 THEN CAST($5 AS BIGINT) ELSE new_accepted END
			WHERE id = $6 AND ($1 = 0 OR failing_since <> CAST($2 AS BIGINT) OR CAST($3 AS BIGINT) > 0 OR CAST($4 AS BIGINT) > 0)`, // most often there is no news
			number(v.succeeded), v.failedSince, v.oldVerified, v.checkedAt, number(v.newAccepted), id)
		if err != nil {
			return err
		}
		if v.failedSince == 0 && !v.gone {
			continue
		}
		limit := now.Add(-disableAfter).UnixMicro()
		if v.gone {
			limit = now.UnixMicro()
		}
		res, err := tx.Tx.ExecContext(ctx, "UPDATE webhooks SET status = 'disabled', disabled_at = $1, updated_at = $1, version = version + 1 "+
			"WHERE id = $2 AND status = 'active' AND failing_since > 0 AND failing_since <= $3", now.UnixMicro(), id, limit)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err == nil && n == 1 {
			s.log.WarnContext(ctx, "webhook disabled", "webhook", id, "gone", strconv.FormatBool(v.gone))
		}
	}
	return nil
}

// judge goes through results in the order in which they came.
func judge(results []*result) map[string]*verdict {
	verdicts := map[string]*verdict{}
	for _, r := range results {
		if r.err == errInterrupted { // our own fault
			continue
		}
		v := verdicts[r.job.endpoint.id]
		if v == nil {
			v = &verdict{}
			verdicts[r.job.endpoint.id] = v
		}
		at := r.at.UnixMicro()
		switch {
		case r.err == "":
			v.succeeded, v.failedSince = true, 0
		case r.job.byHand && r.status != statusGone: // a person is trying things out
		case v.failedSince == 0:
			v.failedSince = at
		}
		v.gone = v.gone || r.status == statusGone
		if r.newAccepted != nil {
			v.checkedAt, v.newAccepted = at, *r.newAccepted
		}
		if r.err == "" && r.usedOld() {
			v.oldVerified++
		}
	}
	return verdicts
}

// usedOld reports whether the receiver took the delivery while it was known to need the old secret.
func (r *result) usedOld() bool {
	if r.newAccepted != nil {
		return !*r.newAccepted
	}
	return r.job.endpoint.old != nil && r.job.endpoint.needsOld
}
