// Package jobs runs durable work: what is put in survives a crash, runs on one replica, and is tried again when it
// fails. It hides the library (River) and the database below it.
//
// A job may run twice: a process can die after the work and before the note of it. Work is written so that the second
// time does no harm.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// Options are what a Runner needs.
type Options struct {
	DB  *database.DB // its own tables are made in the same database or schema
	Now func() time.Time
	Log *slog.Logger
	// Drain is how long Run waits, when its context ends, for the work under way before it interrupts it; 0 is 5 s.
	Drain time.Duration
}

// State is how far a job has come.
type State string

// The states of a job.
const (
	Queued  State = "queued" // waiting: for a worker, for its time, or to be tried again
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed" // given up
)

// Job is one piece of work as it stands.
type Job struct {
	ID       int64
	Kind     string
	State    State
	Attempt  int             // the try under way, or the last; 0 before the first
	Progress int             // 0–100, as the work last said; 100 when done
	Output   json.RawMessage // what the work left with [Task.Finish]
	Created  time.Time
	Ended    time.Time // zero while it has not
	Error    string    // of the last try; for the log, never for a page
	Known    bool      // Put found it by its name, and put nothing in
}

// Kind is a kind of work by name, with arguments of type A, a struct that marshals to JSON.
type Kind[A any] struct {
	Name    string        // letters, digits, "_" and "."; stands in the database, so it never changes
	Tries   int           // 1 is no second try, even after a crash; 0 is 5. An orderly stop that interrupts is no try.
	Timeout time.Duration // of one try; 0 is a minute
	// Workers is how many of this kind run at once in one process, apart from all others; 0 is eight, which it shares
	// with the other kinds that have none of their own. Slow work (another's server, a large file) has its own.
	Workers int
	// Retry is how long to wait after the given try (1, 2, …) failed; nil is 5 s, doubled each time up to an hour, with
	// jitter. Waits above 5 s are kept to within 5 s.
	Retry func(attempt int) time.Duration
	Work  func(ctx context.Context, t *Task, args A) error
}

// Enqueue says when and whether a job goes in.
type Enqueue struct {
	At time.Time // not before; zero is now
	// Unique, when not empty, names the job: while one of the same kind and name is queued or running, putting in another
	// returns that one.
	Unique string
	// UniqueFor extends that to a job that has ended, for as long after it was put in.
	UniqueFor time.Duration
}

// Cancel tells that trying again is of no use: the job fails at once.
func Cancel(err error) error { return &cancelled{err} }

type cancelled struct{ error }

func (c *cancelled) Unwrap() error { return c.error }

// Runner puts jobs in and, while [Runner.Run] runs, works them. Safe for concurrent use once Run has begun.
type Runner struct {
	o         Options
	driver    riverdriver.Driver[*sql.Tx]
	client    *river.Client[*sql.Tx] // puts in and looks up; working is another client's
	workers   *river.Workers
	kinds     map[string]kind
	schedules []schedule
}

// kind is what a Runner knows of a registered [Kind].
type kind struct {
	tries, workers int
	timeout        time.Duration
}

// queue is where the kind's jobs wait.
func (k kind) queue(name string) string {
	if k.workers > 0 {
		return strings.ReplaceAll(name, ".", "_") // which the library takes in a kind's name, not in a queue's
	}
	return river.QueueDefault
}

// New brings the runner's own tables up to date. Replicas that start together wait for one another.
func New(ctx context.Context, o Options) (*Runner, error) {
	if o.DB == nil || o.Now == nil || o.Log == nil {
		return nil, errors.New("jobs: an option is missing")
	}
	if o.Drain == 0 {
		o.Drain = 5 * time.Second
	}
	r := &Runner{o: o, workers: river.NewWorkers(), kinds: map[string]kind{}}
	if o.DB.IsPostgres() {
		r.driver = riverdatabasesql.New(o.DB.Write.DB)
	} else {
		r.driver = riversqlite.New(o.DB.Write.DB)
	}
	if err := o.DB.Exclusive(ctx, "jobs", r.migrate); err != nil {
		return nil, fmt.Errorf("migrate jobs: %w", err)
	}
	var err error
	if r.client, err = river.NewClient(r.driver, r.config()); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return r, nil
}

// createNames keeps the jobs' names: the library's own uniqueness ends when it deletes the job, and counts in fixed
// periods.
const createNames = `CREATE TABLE IF NOT EXISTS job_names (
  kind   text   NOT NULL,
  name   text   NOT NULL,
  job_id bigint NOT NULL,
  until  bigint NOT NULL, -- unix microseconds; until then the name is taken by a job that has ended, too
  PRIMARY KEY (kind, name)
)`

func (r *Runner) migrate(ctx context.Context) error {
	m, err := rivermigrate.New(r.driver, &rivermigrate.Config{Logger: quiet(r.o.Log)})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = r.o.DB.Write.ExecContext(ctx, createNames)
	return err
}

// Get returns a job. Errors: NotFound, also when it ended long ago (a day when it was done, a week when it failed).
func (r *Runner) Get(ctx context.Context, id int64) (Job, error) {
	row, err := r.client.JobGet(ctx, id)
	if errors.Is(err, river.ErrNotFound) {
		return Job{}, portal.Fail(portal.NotFound, err)
	}
	if err != nil {
		return Job{}, fmt.Errorf("read job: %w", database.Map(err))
	}
	return jobOf(row)
}
