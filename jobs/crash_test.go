package jobs_test

import (
	"bufio"
	"context"
	"flag"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/jobs"
)

var (
	childFile   = flag.String("child.file", "", "be the process that is killed, on this SQLite file")
	childURL    = flag.String("child.url", "", "the same on this PostgreSQL")
	childSchema = flag.String("child.schema", "", "in this schema of it")
	childLag    = flag.Duration("child.lag", 0, "how far its clock lags behind")
)

// TestMain is also the process that is killed in the middle of its work.
func TestMain(m *testing.M) {
	flag.Parse()
	if *childFile != "" || *childURL != "" {
		child()
	}
	os.Exit(m.Run())
}

// child begins every job and ends none.
func child() {
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{File: *childFile, URL: *childURL, Schema: *childSchema})
	if err != nil {
		panic(err)
	}
	now := func() time.Time { return time.Now().Add(-*childLag) }
	r, err := jobs.New(ctx, jobs.Options{DB: db, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	jobs.Handle(r, jobs.Kind[order]{Name: "draw", Work: endless})
	jobs.Handle(r, jobs.Kind[order]{Name: "once", Tries: 1, Work: endless})
	panic(r.Run(ctx))
}

func endless(context.Context, *jobs.Task, order) error {
	_, _ = os.Stdout.WriteString("begun\n")
	select {}
}

// killed starts a child, waits until it has begun n jobs and kills it.
func killed(t *testing.T, n int, args ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range n {
		lines.Scan()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed: it has no other end
}

// survivor is a runner that does what the child began.
func survivor(t *testing.T, db *database.DB, now func() time.Time, attempts chan<- int) *jobs.Runner {
	t.Helper()
	r := newRunner(t, db, now)
	jobs.Handle(r, jobs.Kind[order]{
		Name: "draw", Retry: func(int) time.Duration { return 0 },
		Work: func(_ context.Context, task *jobs.Task, _ order) error {
			attempts <- task.Attempt
			return nil
		},
	})
	jobs.Handle(r, jobs.Kind[order]{Name: "once", Tries: 1, Work: func(context.Context, *jobs.Task, order) error {
		t.Error("the second try of a job that has one")
		return nil
	}})
	return r
}

// TestRun_KilledInTheMiddle: what a killed process had under way is done by the next one within seconds; what may run
// once has failed.
func TestRun_KilledInTheMiddle(t *testing.T) {
	file := t.TempDir() + "/jobs.db"
	db, err := database.Open(t.Context(), database.Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // after the runner has stopped
	attempts := make(chan int, 1)
	r := survivor(t, db, time.Now, attempts)
	again := put(t, r, "draw", order{}, jobs.Enqueue{})
	never := put(t, r, "once", order{}, jobs.Enqueue{})
	killed(t, 2, "-child.file="+file)
	if job, err := r.Get(t.Context(), again.ID); err != nil || job.State != jobs.Running {
		t.Fatalf("after the kill: %+v, %v", job, err)
	}
	run(t, r)
	if job := await(t, r, again.ID); job.State != jobs.Done || <-attempts != 2 {
		t.Errorf("begun anew: %+v", job)
	}
	if job := await(t, r, never.ID); job.State != jobs.Failed {
		t.Errorf("one try: %+v", job)
	}
}

// TestRun_KilledReplica: on PostgreSQL another replica takes over once the time of a try is long over. The clocks lag, so
// that it is at once; what remains is the killed one's term as leader.
func TestRun_KilledReplica(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		if !db.IsPostgres() {
			return
		}
		const lag = time.Hour
		attempts := make(chan int, 1)
		r := survivor(t, db, func() time.Time { return time.Now().Add(-lag) }, attempts)
		again := put(t, r, "draw", order{}, jobs.Enqueue{})
		never := put(t, r, "once", order{}, jobs.Enqueue{})
		var schema string
		if err := db.Read.QueryRow("SELECT current_schema()").Scan(&schema); err != nil {
			t.Fatal(err)
		}
		killed(t, 2, "-child.url="+os.Getenv("TEST_DATABASE_URL"), "-child.schema="+schema, "-child.lag="+lag.String()) //nolint:forbidigo // a test's setting, not the portal's
		run(t, r)
		if job := await(t, r, again.ID); job.State != jobs.Done || <-attempts != 2 {
			t.Errorf("taken over: %+v", job)
		}
		if job := await(t, r, never.ID); job.State != jobs.Failed {
			t.Errorf("one try: %+v", job)
		}
	})
}

// TestRun_StopInterrupts: an orderly stop interrupts what takes too long; the next run begins it anew, and no try is lost.
func TestRun_StopInterrupts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		begun := make(chan int, 2)
		begin := func(work func(ctx context.Context) error) (*jobs.Runner, func()) {
			r := newRunner(t, db, time.Now)
			jobs.Handle(r, jobs.Kind[order]{Name: "long", Tries: 1, Work: func(ctx context.Context, task *jobs.Task, _ order) error {
				begun <- task.Attempt
				return work(ctx)
			}})
			return r, run(t, r)
		}
		r, stop := begin(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		job := put(t, r, "long", order{}, jobs.Enqueue{})
		<-begun
		started := time.Now()
		stop()
		if took := time.Since(started); took < 900*time.Millisecond {
			t.Errorf("the stop took %s, the drain is one second", took)
		}
		if got, err := r.Get(t.Context(), job.ID); err != nil || got.State != jobs.Queued {
			t.Errorf("interrupted: %+v, %v", got, err)
		}
		r, _ = begin(func(context.Context) error { return nil })
		if got := await(t, r, job.ID); got.State != jobs.Done || got.Attempt != 1 {
			t.Errorf("begun anew: %+v", got)
		}
	})
}

// TestRun_StopWaits: what ends within the drain is not interrupted.
func TestRun_StopWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		r := newRunner(t, open("cust"), time.Now)
		begun := make(chan struct{})
		jobs.Handle(r, jobs.Kind[order]{Name: "short", Work: func(ctx context.Context, _ *jobs.Task, _ order) error {
			close(begun)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(200 * time.Millisecond):
				return nil
			}
		}})
		stop := run(t, r)
		job := put(t, r, "short", order{}, jobs.Enqueue{})
		<-begun
		stop()
		if got, err := r.Get(t.Context(), job.ID); err != nil || got.State != jobs.Done {
			t.Errorf("after the stop: %+v, %v", got, err)
		}
	})
}
