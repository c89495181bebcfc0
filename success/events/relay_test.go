package events_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/store"
	"ghasi.io/portal/success/events"
)

// TestRelay_ProcessKilled kills the whole process, which records, relays and holds the bus, a dozen times.
func TestRelay_ProcessKilled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		dir := t.TempDir()
		args := []string{"-child=portal", "-child.dir=" + dir + "/bus", "-child.file=" + dir + "/cust.db"}
		var s *store.Store
		if db := open("cust"); db.IsPostgres() {
			var schema string
			if err := db.Read.QueryRow("SELECT current_schema()").Scan(&schema); err != nil {
				t.Fatal(err)
			}
			args = append(args, "-child.url="+os.Getenv("TEST_DATABASE_URL"), "-child.schema="+schema) //nolint:forbidigo // a test's setting
			s = newStore(t, db)
		} else {
			file, err := database.Open(t.Context(), database.Options{File: dir + "/cust.db"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = file.Close() })
			s = newStore(t, file)
		}
		for range 12 {
			child := start(t, args...)
			pause(300 * time.Millisecond)
			kill(child)
		}
		stop := relay(t, events.Options{Outbox: s, Dir: dir + "/bus"})
		drained(t, s)
		stop()
		same(t, inProcess(t, dir+"/bus"), s, "ten_a")
		if check, err := s.VerifyAudit(t.Context(), "ten_a"); err != nil || check.BrokenSeq != 0 {
			t.Errorf("the chain after the kills: %+v, %v", check, err)
		}
	})
}

// TestRelay_BusKilled kills a NATS server of its own a dozen times while events are recorded.
func TestRelay_BusKilled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newStore(t, open("cust"))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
		_ = l.Close() // the server takes it
		url := "nats://127.0.0.1:" + port
		args := []string{"-child=bus", "-child.port=" + port, "-child.dir=" + t.TempDir()}
		relay(t, events.Options{Outbox: s, URL: url}) // before there is a bus

		var done atomic.Bool
		var wg sync.WaitGroup
		wg.Go(func() {
			for !done.Load() {
				if err := s.Record(context.Background(), event("ten_a")); err != nil {
					t.Error(err)
				}
				time.Sleep(2 * time.Millisecond)
			}
		})
		for range 12 {
			bus := start(t, args...)
			pause(400 * time.Millisecond)
			kill(bus)
		}
		done.Store(true)
		wg.Wait()
		start(t, args...)
		drained(t, s)
		nc, err := nats.Connect(url)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		same(t, nc, s, "ten_a")
	})
}

// forgetful is an outbox that dies, now and then, between the bus's acknowledgement and the note of it.
type forgetful struct {
	*store.Store
	calls atomic.Int64
}

var errDied = errors.New("died before the note")

func (f *forgetful) EventsPublished(ctx context.Context, seqs []int64) error {
	if len(seqs) > 0 && f.calls.Add(1)%2 == 1 {
		return errDied
	}
	return f.Store.EventsPublished(ctx, seqs)
}

// TestRelay_DiesBeforeTheNote: also when the bus has forgotten the ids since, nothing is there twice.
func TestRelay_DiesBeforeTheNote(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newStore(t, open("cust"))
		dir := t.TempDir()
		bus, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		bus.Start()
		t.Cleanup(func() { bus.Shutdown(); bus.WaitForShutdown() })
		if !bus.ReadyForConnections(10 * time.Second) {
			t.Fatal("not ready")
		}
		nc, err := nats.Connect(bus.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{ // an operator's own, with a short memory
			Name: events.StreamName, Subjects: []string{events.Subjects}, Duplicates: 100 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 150 {
			if err := s.Record(t.Context(), event("ten_a")); err != nil {
				t.Fatal(err)
			}
		}
		relay(t, events.Options{Outbox: &forgetful{Store: s}, URL: bus.ClientURL()})
		drained(t, s)
		same(t, nc, s, "ten_a")
	})
}

// TestRelay_Replicas: of two relays on one PostgreSQL one publishes; the other takes over.
func TestRelay_Replicas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		if !db.IsPostgres() {
			return
		}
		bus, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		bus.Start()
		t.Cleanup(func() { bus.Shutdown(); bus.WaitForShutdown() })
		first, second := newStore(t, db), newStore(t, open("cust"))
		stop := relay(t, events.Options{Outbox: first, URL: bus.ClientURL()})
		record := func() {
			for range 20 {
				if err := second.Record(t.Context(), event("ten_a")); err != nil {
					t.Fatal(err)
				}
			}
		}
		record()
		drained(t, second)
		relay(t, events.Options{Outbox: second, URL: bus.ClientURL()})
		time.Sleep(200 * time.Millisecond)
		if ran, err := second.AsRelay(t.Context(), func(context.Context) error { return nil }); ran || err != nil {
			t.Errorf("nobody relays: %v", err)
		}
		stop()
		record()
		drained(t, second)
		nc, err := nats.Connect(bus.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		same(t, nc, second, "ten_a")
	})
}
