package webhooks

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

const (
	// lease is how long a delivery is in a process's hands before another may take it: longer than any attempt, with
	// the second request of a check of the secret.
	lease = time.Minute
	// checkEvery is how often a delivery finds out whether the new secret alone is enough.
	checkEvery = time.Minute
)

// endpoint is a webhook that has something waiting, as the database has it now.
type endpoint struct {
	id, url     string
	status      portal.WebhookStatus
	due         int64 // of the first that waits
	failing     bool
	secret, old []byte // sealed; old is nil when it does not sign any more
	oldEndsAt   int64
	checkDueAt  int64
	needsOld    bool // a check has shown that the new secret alone is refused
}

// job is a delivery in hand.
type job struct {
	endpoint *endpoint

	id, tenant, message string
	event               portal.WebhookEvent
	payload             string
	number              int // of the attempt, 1 for the first
	byHand              bool
	createdAt           int64
	check               bool // send it by the new secret alone first
	interrupted         bool // somebody had it in hand before and did not say what became of it
}

// selectHeads finds the endpoints that have something waiting, by one step in the index for each, however much waits:
// a slow endpoint's queue costs the others nothing.
const selectHeads = `WITH RECURSIVE heads (webhook_id) AS (
  SELECT * FROM (SELECT webhook_id FROM webhook_deliveries WHERE due_at > 0 ORDER BY webhook_id LIMIT 1) AS first
  UNION ALL
  SELECT (SELECT d.webhook_id FROM webhook_deliveries d WHERE d.due_at > 0 AND d.webhook_id > heads.webhook_id ORDER BY d.webhook_id LIMIT 1)
  FROM heads WHERE heads.webhook_id IS NOT NULL
)
SELECT w.id, w.url, w.status, w.failing_since, w.secret, w.old_secret, w.old_ends_at, w.check_due_at, w.checked_at, w.new_accepted,
  (SELECT d.due_at FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.due_at > 0 ORDER BY d.due_at LIMIT 1)
FROM heads JOIN webhooks w ON w.id = heads.webhook_id AND w.deleted_at = 0 ORDER BY w.id`

// heads returns the endpoints that have something waiting which may be tried, now or later.
func (s *Service) heads(ctx context.Context) ([]*endpoint, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, selectHeads)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	now := s.now().UnixMicro()
	var list []*endpoint
	for rows.Next() {
		e := &endpoint{}
		var failing, checkedAt int64
		var accepted bool
		var due *int64
		err := rows.Scan(&e.id, &e.url, &e.status, &failing, &e.secret, &e.old, &e.oldEndsAt, &e.checkDueAt, &checkedAt, &accepted, &due)
		if err != nil {
			return nil, err
		}
		if due == nil || e.status != portal.WebhookActive && *due != atOnce {
			continue // gone meanwhile, or waiting for a person
		}
		e.due, e.failing = *due, failing > 0
		e.needsOld = checkedAt > 0 && !accepted
		if e.oldEndsAt <= now {
			e.old = nil
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// claim takes up to n deliveries of an endpoint into this process's hands, in the order of their ids among those that
// came due together.
func (s *Service) claim(ctx context.Context, tx bun.Tx, e *endpoint, n int, now time.Time) ([]*job, error) {
	until := now.UnixMicro()
	if e.status != portal.WebhookActive {
		until = atOnce
	}
	jobs, err := s.selectDue(ctx, tx, e, until, n)
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	args := []any{s.holder, now.Add(lease).UnixMicro()}
	for _, j := range jobs {
		args = append(args, j.id)
	}
	_, err = tx.Tx.ExecContext(ctx, "UPDATE webhook_deliveries SET holder = $1, due_at = $2, attempts = attempts + 1 WHERE id IN "+ //nolint:gosec // placeholders alone
		list(3, len(jobs)), args...)
	if err != nil {
		return nil, err
	}
	if e.old != nil && (e.checkDueAt <= now.UnixMicro() || jobs[0].byHand) { // who sends by hand wants to know now
		jobs[0].check = true
		_, err = tx.Tx.ExecContext(ctx, "UPDATE webhooks SET check_due_at = $1 WHERE id = $2", now.Add(checkEvery).UnixMicro(), e.id)
	}
	return jobs, err
}

func (s *Service) selectDue(ctx context.Context, tx bun.Tx, e *endpoint, until int64, n int) ([]*job, error) {
	rows, err := tx.Tx.QueryContext(ctx, "SELECT id, tenant_id, message_id, event, payload, attempts, by_hand, created_at, holder "+ //nolint:gosec // constants
		"FROM webhook_deliveries WHERE webhook_id = $1 AND due_at > 0 AND due_at <= $2 ORDER BY due_at, id LIMIT $3"+s.db.SkipLocked(),
		e.id, until, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var jobs []*job
	for rows.Next() {
		j := &job{endpoint: e}
		var holder string
		if err := rows.Scan(&j.id, &j.tenant, &j.message, &j.event, &j.payload, &j.number, &j.byHand, &j.createdAt, &holder); err != nil {
			return nil, err
		}
		j.number++
		j.interrupted = holder != ""
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}

// list is "($3, $4)" for two placeholders from the third on.
func list(from, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "$" + strconv.Itoa(from+i)
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// release makes what this holder had in hand when it was killed due at once. It stays marked, so that whoever takes it
// writes down the attempt that was interrupted.
func (s *Service) release(ctx context.Context) error {
	_, err := s.db.Write.DB.ExecContext(ctx, "UPDATE webhook_deliveries SET due_at = CASE WHEN by_hand = 1 THEN CAST($1 AS BIGINT) ELSE $2 END WHERE holder = $3",
		atOnce, s.now().UnixMicro(), s.holder)
	return err
}

// share divides room among endpoints: each gets what it may take, at most an equal part and at least one.
func share(room int, wants []int) []int {
	got := make([]int, len(wants))
	for room > 0 {
		hungry := 0
		for i, w := range wants {
			if got[i] < w {
				hungry++
			}
		}
		if hungry == 0 {
			break
		}
		part := max(1, room/hungry)
		for i, w := range wants {
			take := min(part, w-got[i], room)
			got[i] += take
			room -= take
		}
	}
	return got
}

// rotateFrom brings the endpoints after the one called last to the front, so that none is always first.
func rotateFrom(list []*endpoint, last string) []*endpoint {
	i, _ := slices.BinarySearchFunc(list, last, func(e *endpoint, id string) int {
		if e.id <= id {
			return -1
		}
		return 1
	})
	return slices.Concat(list[i:], list[:i])
}
