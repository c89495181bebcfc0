package events_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/store"
	"ghasi.io/portal/success/events"
)

var (
	childRole   = flag.String("child", "", "be a process that is killed: portal (records and relays) or bus (a NATS server)")
	childFile   = flag.String("child.file", "", "portal's SQLite file")
	childURL    = flag.String("child.url", "", "or its PostgreSQL")
	childSchema = flag.String("child.schema", "", "and the schema of it")
	childDir    = flag.String("child.dir", "", "NATS's folder")
	childPort   = flag.Int("child.port", 0, "NATS's port on loopback")
)

// TestMain is also the processes that the tests kill.
func TestMain(m *testing.M) {
	flag.Parse()
	switch *childRole {
	case "portal":
		portalChild()
	case "bus":
		busChild()
	}
	os.Exit(m.Run())
}

// portalChild records events as fast as it can and relays them to the bus inside it, until it is killed.
func portalChild() {
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{File: *childFile, URL: *childURL, Schema: *childSchema})
	must(err)
	s, err := store.Open(ctx, db, time.Now)
	must(err)
	r, err := events.New(events.Options{Outbox: s, Dir: *childDir, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	must(err)
	go func() { must(r.Run(ctx)) }()
	_, _ = os.Stdout.WriteString("ready\n")
	for {
		must(s.Record(ctx, event("ten_a")))
		time.Sleep(time.Millisecond)
	}
}

// busChild is a NATS server as somebody would run it, with every write on the disk before it is acknowledged.
func busChild() {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: *childPort, JetStream: true, StoreDir: *childDir, SyncAlways: true, NoSigs: true, NoLog: true,
	})
	must(err)
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("not ready")
	}
	_, _ = os.Stdout.WriteString("ready\n")
	select {}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func event(tenant string) portal.Event {
	return portal.Event{Type: portal.EventQBRExported, TenantID: tenant, Actor: portal.Actor{UserID: "usr_tam", Role: "tam"}}
}

// start runs this test's binary as a child and waits until it is ready.
func start(t *testing.T, args ...string) *exec.Cmd {
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
	t.Cleanup(func() { kill(cmd) })
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the child ended before it was ready")
	}
	return cmd
}

// kill ends a child as kill -9 does.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

func newStore(t *testing.T, db *database.DB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// relay runs until the test ends or stop is called.
func relay(t *testing.T, o events.Options) (stop func()) {
	t.Helper()
	o.Now, o.Log = time.Now, slog.New(slog.DiscardHandler)
	r, err := events.New(o)
	if err != nil {
		t.Fatal(err)
	}
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

// drained waits until the outbox is empty.
func drained(t *testing.T, s *store.Store) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		due, err := s.DueEvents(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("events still wait: %+v", due[0])
		}
	}
}

// recorded is the ids of the events that were committed.
func recorded(t *testing.T, s *store.Store, chain string) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for e, err := range s.ExportAudit(t.Context(), chain, portal.AuditFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids[e.EventID] = true
	}
	return ids
}

// same expects that the stream holds each recorded event once, in the order of its chain, and nothing else.
func same(t *testing.T, nc *nats.Conn, s *store.Store, chain string) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), events.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	c, err := stream.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	written := recorded(t, s, chain)
	seen := map[string]bool{}
	var sequence int64
	for range info.State.Msgs {
		m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		var envelope struct {
			ID       string `json:"id"`
			Sequence string `json:"sequence"`
		}
		if err := json.Unmarshal(m.Data(), &envelope); err != nil {
			t.Fatal(err)
		}
		n, err := strconv.ParseInt(envelope.Sequence, 10, 64)
		switch {
		case err != nil || n <= sequence:
			t.Errorf("number %s after %d", envelope.Sequence, sequence)
		case seen[envelope.ID]:
			t.Errorf("%s is there twice", envelope.ID)
		case !written[envelope.ID]:
			t.Errorf("%s was never committed", envelope.ID)
		case m.Headers().Get(nats.MsgIdHdr) != envelope.ID || m.Subject() != string(portal.EventQBRExported):
			t.Errorf("%s: %v", m.Subject(), m.Headers())
		}
		seen[envelope.ID], sequence = true, n
	}
	if len(seen) != len(written) || len(written) == 0 {
		t.Errorf("%d events were committed, %d published", len(written), len(seen))
	}
	t.Logf("%d events", len(written))
}

// inProcess opens the bus that a relay left in dir.
func inProcess(t *testing.T, dir string) *nats.Conn {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func pause(most time.Duration) { time.Sleep(rand.N(most) + most/4) }
