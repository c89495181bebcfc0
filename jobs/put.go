package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
)

// Put puts a job in. With tx, a transaction of the runner's database, it is there when that commits, and only then; with
// nil it has its own. The kind must have been registered by [Handle].
func Put(ctx context.Context, r *Runner, tx *bun.Tx, kind string, args any, e Enqueue) (Job, error) {
	k, ok := r.kinds[kind]
	if !ok {
		return Job{}, fmt.Errorf("jobs: no kind %q", kind)
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return Job{}, fmt.Errorf("jobs: arguments of %s: %w", kind, err)
	}
	insert := func(ctx context.Context, tx bun.Tx) (Job, error) {
		return r.put(ctx, tx, payload{kind: kind, raw: raw}, k, e)
	}
	if tx != nil {
		job, err := insert(ctx, *tx)
		return job, database.Map(err)
	}
	var job Job
	err = r.o.DB.InTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		job, err = insert(ctx, tx)
		return err
	})
	return job, err
}

func (r *Runner) put(ctx context.Context, tx bun.Tx, args payload, k kind, e Enqueue) (Job, error) {
	if e.Unique != "" {
		if err := r.o.DB.LockTx(ctx, tx, "job "+args.kind+" "+e.Unique); err != nil {
			return Job{}, err
		}
		if job, ok, err := r.named(ctx, tx, args.kind, e.Unique); ok || err != nil {
			return job, err
		}
	}
	result, err := r.client.InsertTx(ctx, tx.Tx, args, &river.InsertOpts{
		MaxAttempts: k.tries, Queue: k.queue(args.kind), ScheduledAt: e.At,
	})
	if err != nil {
		return Job{}, fmt.Errorf("put in %s: %w", args.kind, err)
	}
	if e.Unique != "" {
		until := r.o.Now().Add(e.UniqueFor).UnixMicro()
		_, err := tx.ExecContext(ctx, `INSERT INTO job_names (kind, name, job_id, until) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, name) DO UPDATE SET job_id = EXCLUDED.job_id, until = EXCLUDED.until`,
			args.kind, e.Unique, result.Job.ID, until)
		if err != nil {
			return Job{}, err
		}
	}
	return jobOf(result.Job)
}

// named finds the job that has a name now.
func (r *Runner) named(ctx context.Context, tx bun.Tx, kind, name string) (_ Job, taken bool, _ error) {
	var id, until int64
	err := tx.QueryRowContext(ctx, "SELECT job_id, until FROM job_names WHERE kind = ? AND name = ?", kind, name).
		Scan(&id, &until)
	if err = database.Map(err); isNotFound(err) {
		return Job{}, false, nil
	} else if err != nil {
		return Job{}, false, err
	}
	held := r.o.Now().UnixMicro() < until
	row, err := r.client.JobGetTx(ctx, tx.Tx, id)
	if errors.Is(err, river.ErrNotFound) { // it ended long ago, and the library has cleaned up
		return Job{ID: id, Kind: kind, State: Done, Progress: 100, Known: true}, held, nil
	}
	if err != nil {
		return Job{}, false, err
	}
	job, err := jobOf(row)
	job.Known = true
	return job, held || job.State == Queued || job.State == Running, err
}

// forget deletes names that nobody can ask for any more.
func (r *Runner) forget(ctx context.Context) error {
	_, err := r.o.DB.Write.ExecContext(ctx, `DELETE FROM job_names WHERE until < ? AND NOT EXISTS (
SELECT 1 FROM river_job WHERE id = job_id AND finalized_at IS NULL)`, r.o.Now().Add(-24*time.Hour).UnixMicro())
	return database.Map(err)
}

// payload is the arguments of any kind, as the library wants them.
type payload struct {
	kind string
	raw  json.RawMessage
}

// Kind implements river.JobArgs.
func (p payload) Kind() string { return p.kind }

func (p payload) MarshalJSON() ([]byte, error) { return p.raw, nil }

func (p *payload) UnmarshalJSON(b []byte) error {
	p.raw = append(p.raw[:0], b...)
	return nil
}

// noted is what the library keeps as a job's output.
type noted struct {
	Progress int             `json:"progress"`
	Output   json.RawMessage `json:"output,omitempty"`
}

func jobOf(row *rivertype.JobRow) (Job, error) {
	job := Job{ID: row.ID, Kind: row.Kind, Attempt: row.Attempt, Created: row.CreatedAt}
	if raw := row.Output(); len(raw) > 0 {
		var n noted
		if err := json.Unmarshal(raw, &n); err != nil {
			return Job{}, fmt.Errorf("output of job %d: %w", row.ID, err)
		}
		job.Progress, job.Output = n.Progress, n.Output
	}
	if row.FinalizedAt != nil {
		job.Ended = *row.FinalizedAt
	}
	if n := len(row.Errors); n > 0 {
		job.Error = row.Errors[n-1].Error
	}
	switch row.State {
	case rivertype.JobStateCompleted:
		job.State, job.Progress = Done, 100
	case rivertype.JobStateCancelled, rivertype.JobStateDiscarded:
		job.State = Failed
	case rivertype.JobStateRunning:
		job.State = Running
	case rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateScheduled:
		job.State = Queued
	}
	return job, nil
}
