package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"golang.org/x/sync/errgroup"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const (
	defaultTries   = 5
	defaultTimeout = time.Minute
	sharedWorkers  = 8
	// poll is how long a new job waits at most for a free worker.
	poll = 500 * time.Millisecond
	// margin is what a worker is given beyond its timeout before another replica takes it for dead.
	margin = 30 * time.Second
)

// Handle registers a kind. It must be called before [Runner.Run] and before anything of the kind is put in; it panics
// when the kind is known already or lacks a name or work, which is a fault of the code.
func Handle[A any](r *Runner, k Kind[A]) {
	if k.Name == "" || k.Work == nil {
		panic("jobs: a kind needs a name and work")
	}
	if k.Tries == 0 {
		k.Tries = defaultTries
	}
	if k.Timeout == 0 {
		k.Timeout = defaultTimeout
	}
	r.kinds[k.Name] = kind{tries: k.Tries, workers: k.Workers, timeout: k.Timeout}
	river.AddWorkerArgs(r.workers, payload{kind: k.Name}, &worker[A]{r: r, kind: k})
}

// Task is a job under way, for its work to report on.
type Task struct {
	ID      int64
	Attempt int  // 1 for the first try
	Last    bool // when this one fails, there is no other

	r *Runner
}

// Progress notes how far the work has come, 0–100. It writes to the runner's database: never inside a transaction.
func (t *Task) Progress(ctx context.Context, percent int) error {
	_, err := t.r.client.JobUpdate(ctx, t.ID, &river.JobUpdateParams{Output: noted{Progress: min(max(percent, 0), 100)}})
	return database.Map(err)
}

// Finish leaves output, which marshals to JSON, for whoever asks for the job. It is kept when the work then returns.
func (t *Task) Finish(ctx context.Context, output any) error {
	raw, err := json.Marshal(output)
	if err != nil {
		return err
	}
	return river.RecordOutput(ctx, noted{Progress: 100, Output: raw})
}

// worker is one kind, as the library wants it.
type worker[A any] struct {
	river.WorkerDefaults[payload]

	r    *Runner
	kind Kind[A]
}

func (w *worker[A]) Work(ctx context.Context, job *river.Job[payload]) error {
	var args A
	if err := json.Unmarshal(job.Args.raw, &args); err != nil {
		return river.JobCancel(fmt.Errorf("arguments: %w", err))
	}
	task := &Task{ID: job.ID, Attempt: job.Attempt, Last: job.Attempt >= job.MaxAttempts, r: w.r}
	err := w.kind.Work(ctx, task, args)
	var never *cancelled
	if errors.As(err, &never) {
		w.r.o.Log.WarnContext(ctx, "job failed for good", "kind", job.Kind, "job", job.ID, "cause", never.error)
		return river.JobCancel(never.error)
	}
	return err
}

func (w *worker[A]) Timeout(*river.Job[payload]) time.Duration { return w.kind.Timeout }

func (w *worker[A]) NextRetry(job *river.Job[payload]) time.Time {
	wait := backOff(job.Attempt)
	if w.kind.Retry != nil {
		wait = w.kind.Retry(job.Attempt)
	}
	return w.r.o.Now().Add(max(wait, 0))
}

// backOff is 5 s, doubled with each attempt up to an hour, and up to a tenth more.
func backOff(attempt int) time.Duration {
	wait := time.Hour
	if attempt < 10 {
		wait = 5 * time.Second << (max(attempt, 1) - 1)
	}
	return wait + rand.N(wait/10+1) //nolint:gosec // jitter needs no secret
}

// config is what both clients share.
func (r *Runner) config() *river.Config {
	return &river.Config{Logger: quiet(r.o.Log), Test: river.TestConfig{Time: clock(r.o.Now)}}
}

// Run works jobs until ctx ends, then lets what is under way finish for Options.Drain, interrupts the rest, which
// another run begins anew, and returns nil.
func (r *Runner) Run(ctx context.Context) error {
	err := r.run(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // it ended while we were still starting
	}
	return err
}

func (r *Runner) run(ctx context.Context) error {
	if len(r.kinds) == 0 {
		<-ctx.Done()
		return nil
	}
	if err := r.rescue(ctx); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	client, err := river.NewClient(r.driver, r.working())
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := client.Start(ctx); err != nil {
			return fmt.Errorf("start jobs: %w", err)
		}
		<-client.Stopped()
		return nil
	})
	g.Go(func() error { return r.keepSchedules(ctx) })
	return g.Wait()
}

// working is the configuration of the client that works.
func (r *Runner) working() *river.Config {
	c := r.config()
	c.Workers, c.PollOnly, c.FetchPollInterval, c.FetchCooldown = r.workers, true, poll, poll/10
	c.SoftStopTimeout = r.o.Drain
	c.ErrorHandler = failures{r.o.Log}
	c.CancelledJobRetentionPeriod = 7 * 24 * time.Hour // as what failed its last try
	c.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: sharedWorkers}}
	longest := defaultTimeout
	for name, k := range r.kinds {
		longest = max(longest, k.timeout)
		if k.workers > 0 {
			c.Queues[k.queue(name)] = river.QueueConfig{MaxWorkers: k.workers}
		}
	}
	c.JobTimeout, c.RescueStuckJobsAfter = longest, longest+margin
	return c
}

// rescue gives back, on SQLite, what a killed process was working on: there is no other process that could be at it.
// On PostgreSQL another replica may, so there the library does it, by time. A job whose last try it was has failed.
func (r *Runner) rescue(ctx context.Context) error {
	if r.o.DB.IsPostgres() {
		return nil
	}
	for _, q := range []string{
		"UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempt < max_attempts",
		"UPDATE river_job SET state = 'discarded', finalized_at = attempted_at WHERE state = 'running'",
		"DELETE FROM river_leader", // the killed process's term would delay every retry until it ends
	} {
		if _, err := r.o.DB.Write.ExecContext(ctx, q); err != nil {
			return database.Map(err)
		}
	}
	return nil
}

// failures logs what failed; the library then tries again or gives up.
type failures struct{ log *slog.Logger }

func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.tell(ctx, job, err)
	return nil
}

func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "job panicked", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt,
		"cause", fmt.Sprint(value), "trace", trace)
	return nil
}

func (f failures) tell(ctx context.Context, job *rivertype.JobRow, err error) {
	if job.Attempt < job.MaxAttempts {
		f.log.WarnContext(ctx, "job failed, to be tried again", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "cause", err)
		return
	}
	f.log.ErrorContext(ctx, "job failed for good", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "cause", err)
}

// clock gives the library the injected time.
type clock func() time.Time

func (c clock) Now() time.Time { return c() }

func (c clock) NowOrNil() *time.Time {
	now := c()
	return &now
}

// quiet passes on what the library warns of; its daily business interests nobody.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

func isNotFound(err error) bool { return portal.CodeOf(err) == portal.NotFound }
