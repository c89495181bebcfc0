package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/jobs"
	"ghasi.io/portal/portal"
)

// clock is the real time, moved on by the test.
type clock struct{ add atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.add.Load())) }
func (c *clock) advance(d time.Duration) { c.add.Add(int64(d)) }

type order struct {
	Number int `json:"number"`
}

// newRunner is a runner on db that does not run yet.
func newRunner(t *testing.T, db *database.DB, now func() time.Time) *jobs.Runner {
	t.Helper()
	r, err := jobs.New(t.Context(), jobs.Options{DB: db, Now: now, Log: slog.New(slog.DiscardHandler), Drain: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run lets r work until the test ends or stop is called.
func run(t *testing.T, r *jobs.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// await returns a job once it has ended.
func await(t *testing.T, r *jobs.Runner, id int64) jobs.Job {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		job, err := r.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if job.State == jobs.Done || job.State == jobs.Failed {
			return job
		}
		if time.Now().After(end) {
			t.Fatalf("job %d is still %s", id, job.State)
		}
	}
}

func put(t *testing.T, r *jobs.Runner, kind string, args any, e jobs.Enqueue) jobs.Job {
	t.Helper()
	job, err := jobs.Put(t.Context(), r, nil, kind, args, e)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func TestPut_WorksAndReports(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		r := newRunner(t, open("cust"), time.Now)
		halfway, goOn := make(chan struct{}), make(chan struct{})
		jobs.Handle(r, jobs.Kind[order]{Name: "report.draw", Workers: 2, Work: func(ctx context.Context, task *jobs.Task, o order) error {
			if err := task.Progress(ctx, 40); err != nil {
				return err
			}
			close(halfway)
			<-goOn
			return task.Finish(ctx, map[string]int{"pages": o.Number})
		}})
		run(t, r)
		job := put(t, r, "report.draw", order{Number: 7}, jobs.Enqueue{})
		if job.State != jobs.Queued || job.ID == 0 || job.Known {
			t.Errorf("put in: %+v", job)
		}
		<-halfway
		if got, err := r.Get(t.Context(), job.ID); err != nil || got.State != jobs.Running || got.Progress != 40 {
			t.Errorf("halfway: %+v, %v", got, err)
		}
		close(goOn)
		got := await(t, r, job.ID)
		if got.State != jobs.Done || got.Progress != 100 || string(got.Output) != `{"pages":7}` && string(got.Output) != `{"pages": 7}` {
			t.Errorf("done: %+v (%s)", got, got.Output)
		}
		if got.Ended.Before(got.Created.Add(-time.Second)) || got.Attempt != 1 {
			t.Errorf("times: %+v", got)
		}
		if _, err := r.Get(t.Context(), job.ID+1000); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("no such job: %v", err)
		}
		if _, err := jobs.Put(t.Context(), r, nil, "unheard", order{}, jobs.Enqueue{}); err == nil {
			t.Error("a kind that nobody works was put in")
		}
	})
}

func TestPut_InTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		r := newRunner(t, db, time.Now)
		var worked atomic.Int64
		jobs.Handle(r, jobs.Kind[order]{Name: "note", Work: func(_ context.Context, _ *jobs.Task, o order) error {
			worked.Add(int64(o.Number))
			return nil
		}})
		run(t, r)
		var rolledBack, kept jobs.Job
		boom := errors.New("boom")
		in := func(number int, job *jobs.Job, end error) error {
			return db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) (err error) {
				*job, err = jobs.Put(ctx, r, &tx, "note", order{Number: number}, jobs.Enqueue{})
				return errors.Join(err, end)
			})
		}
		if err := in(1, &rolledBack, boom); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if err := in(10, &kept, nil); err != nil {
			t.Fatal(err)
		}
		await(t, r, kept.ID)
		if n := worked.Load(); n != 10 {
			t.Errorf("worked %d: a job of a rolled back transaction ran, or another did not", n)
		}
	})
}

func TestPut_Unique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		c := &clock{}
		r := newRunner(t, open("cust"), c.now)
		goOn := make(chan struct{})
		jobs.Handle(r, jobs.Kind[order]{Name: "draw", Work: func(context.Context, *jobs.Task, order) error {
			<-goOn
			return nil
		}})
		jobs.Handle(r, jobs.Kind[order]{Name: "send", Work: func(context.Context, *jobs.Task, order) error { return nil }})
		named := jobs.Enqueue{Unique: "ten_a 2026-Q1"}
		first := put(t, r, "draw", order{}, named)
		again := put(t, r, "draw", order{}, named)
		if again.ID != first.ID || !again.Known || first.Known {
			t.Errorf("the same name twice: %+v, %+v", first, again)
		}
		if other := put(t, r, "draw", order{}, jobs.Enqueue{Unique: "ten_b 2026-Q1"}); other.ID == first.ID {
			t.Error("another name is the same job")
		}
		if other := put(t, r, "send", order{}, named); other.ID == first.ID || other.Known {
			t.Error("another kind is the same job")
		}
		run(t, r)
		close(goOn)
		await(t, r, first.ID)
		if after := put(t, r, "draw", order{}, named); after.ID == first.ID || after.Known {
			t.Error("a job that has ended still holds its name")
		}
		held := jobs.Enqueue{Unique: "held", UniqueFor: time.Hour}
		first = put(t, r, "send", order{}, held)
		await(t, r, first.ID)
		if after := put(t, r, "send", order{}, held); after.ID != first.ID || after.State != jobs.Done {
			t.Errorf("within the hour: %+v, want job %d", after, first.ID)
		}
		c.advance(61 * time.Minute)
		if after := put(t, r, "send", order{}, held); after.ID == first.ID {
			t.Error("after the hour the name is still held")
		}
	})
}

// TestPut_UniqueAtOnce puts the same name in from two replicas at once.
func TestPut_UniqueAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		ids := make(chan int64, 20)
		var wg sync.WaitGroup
		for range 2 {
			r := newRunner(t, open("cust"), time.Now)
			jobs.Handle(r, jobs.Kind[order]{Name: "draw", Work: func(context.Context, *jobs.Task, order) error { return nil }})
			wg.Go(func() {
				for range 10 {
					job, err := jobs.Put(t.Context(), r, nil, "draw", order{}, jobs.Enqueue{Unique: "one"})
					if err != nil {
						t.Error(err)
					}
					ids <- job.ID
				}
			})
		}
		wg.Wait()
		close(ids)
		seen := map[int64]bool{}
		for id := range ids {
			seen[id] = true
		}
		if len(seen) != 1 {
			t.Errorf("%d jobs of one name", len(seen))
		}
	})
}

func TestWork_TriesAgainAndGivesUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		r := newRunner(t, open("cust"), time.Now)
		var mu sync.Mutex
		var tries []int
		soon := func(int) time.Duration { return 10 * time.Millisecond }
		jobs.Handle(r, jobs.Kind[order]{Name: "flaky", Tries: 3, Retry: soon,
			Work: func(_ context.Context, task *jobs.Task, o order) error {
				mu.Lock()
				defer mu.Unlock()
				if o.Number == 1 {
					tries = append(tries, task.Attempt)
					if task.Last {
						return nil
					}
				}
				if o.Number == 3 {
					panic("boom")
				}
				return errors.New("not today")
			}})
		jobs.Handle(r, jobs.Kind[order]{Name: "hopeless", Retry: soon,
			Work: func(context.Context, *jobs.Task, order) error { return jobs.Cancel(errors.New("never")) }})
		run(t, r)
		third := put(t, r, "flaky", order{Number: 1}, jobs.Enqueue{})
		fails := put(t, r, "flaky", order{Number: 2}, jobs.Enqueue{})
		panics := put(t, r, "flaky", order{Number: 3}, jobs.Enqueue{})
		never := put(t, r, "hopeless", order{}, jobs.Enqueue{})
		if job := await(t, r, third.ID); job.State != jobs.Done || job.Attempt != 3 {
			t.Errorf("third time lucky: %+v", job)
		}
		if diff := cmp.Diff([]int{1, 2, 3}, tries); diff != "" {
			t.Errorf("tries: %s", diff)
		}
		if job := await(t, r, fails.ID); job.State != jobs.Failed || job.Attempt != 3 || job.Error != "not today" || job.Ended.IsZero() {
			t.Errorf("after the last try: %+v", job)
		}
		if job := await(t, r, panics.ID); job.State != jobs.Failed || job.Attempt != 3 {
			t.Errorf("panics: %+v", job)
		}
		if job := await(t, r, never.ID); job.State != jobs.Failed || job.Attempt != 1 {
			t.Errorf("cancelled: %+v", job)
		}
	})
}

func TestRun_EndsWhileStarting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		r := newRunner(t, open("cust"), time.Now)
		jobs.Handle(r, jobs.Kind[order]{Name: "note", Work: func(context.Context, *jobs.Task, order) error { return nil }})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Run(ctx); err != nil {
			t.Errorf("a context that has ended: %v", err)
		}
	})
}

func TestPut_Later(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		c := &clock{}
		r := newRunner(t, open("cust"), c.now)
		jobs.Handle(r, jobs.Kind[order]{Name: "later", Work: func(context.Context, *jobs.Task, order) error { return nil }})
		run(t, r)
		job := put(t, r, "later", order{}, jobs.Enqueue{At: c.now().Add(time.Hour)})
		time.Sleep(600 * time.Millisecond)
		if got, err := r.Get(t.Context(), job.ID); err != nil || got.State != jobs.Queued {
			t.Errorf("before its time: %+v, %v", got, err)
		}
		c.advance(2 * time.Hour)
		if got := await(t, r, job.ID); got.State != jobs.Done {
			t.Errorf("after its time: %+v", got)
		}
	})
}

// TestRun_Replicas lets three replicas work one queue: every job once.
func TestRun_Replicas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		if !db.IsPostgres() { // one process alone works a file
			return
		}
		const n = 60
		var worked [n]atomic.Int64
		var daily atomic.Int64
		var last *jobs.Runner
		for i := range 3 {
			if i > 0 {
				db = open("cust")
			}
			last = newRunner(t, db, time.Now)
			jobs.Handle(last, jobs.Kind[order]{Name: "count", Work: func(_ context.Context, _ *jobs.Task, o order) error {
				worked[o.Number].Add(1)
				return nil
			}})
			jobs.Handle(last, jobs.Kind[order]{Name: "nightly", Work: func(context.Context, *jobs.Task, order) error {
				daily.Add(1)
				return nil
			}})
			jobs.Every(last, "nightly", "nightly", func(time.Time) (any, jobs.Enqueue) { return order{}, jobs.Enqueue{} }, jobs.Daily("02:00"))
			run(t, last)
		}
		var ids []int64
		for i := range n {
			ids = append(ids, put(t, last, "count", order{Number: i}, jobs.Enqueue{}).ID)
		}
		for _, id := range ids {
			await(t, last, id)
		}
		for i := range worked {
			if got := worked[i].Load(); got != 1 {
				t.Errorf("job %d ran %d times", i, got)
			}
		}
		time.Sleep(time.Second)
		if got := daily.Load(); got != 1 {
			t.Errorf("the nightly job ran %d times on three replicas", got)
		}
	})
}
