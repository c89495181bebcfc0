package messages

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
)

func TestCarrier_MagicNumbers(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		type way = []portal.MessageStatus
		const q, h, sent, d = portal.StatusQueued, portal.StatusHeld, portal.StatusSent, portal.StatusDelivered
		cases := map[string]struct {
			way       way
			errorCode string
			atLeast   time.Duration
		}{
			"+93700000001":   {way{q, sent, d}, "", 1500 * time.Millisecond},
			"+93700000002":   {way{q, sent, portal.StatusFailed}, "unknown_subscriber", 0},
			"+93700000003":   {way{q, sent, portal.StatusFailed}, "absent_subscriber", 0},
			"+93700000004":   {way{q, sent, portal.StatusExpired}, "validity_expired", 0},
			"+93700000005":   {way{q, h, sent, d}, "", holdFor},
			"+93700000006":   {way{q, portal.StatusRejected}, "rejected_by_operator", 0},
			"+93700000007":   {way{q, sent, d}, "", 30 * time.Second},
			"+93799123456":   {way{q, sent, d}, "", 1500 * time.Millisecond},
			"+4915112345678": {way{q, sent, d}, "", 1500 * time.Millisecond},
		}
		ids := map[string]string{}
		for number := range cases {
			ids[number] = s.post("tenant-a", sample(to(number)))
		}
		s.settle(6 * time.Second)
		if m := s.get("tenant-a", ids[NumberSlow]); m.Status != sent {
			t.Errorf("the slow number after 6 s: %s", m.Status)
		}
		s.settle(28 * time.Second)
		for number, want := range cases {
			m := s.get("tenant-a", ids[number])
			var got way
			for i, e := range m.Events {
				got = append(got, e.Status)
				if i > 0 && !e.At.After(m.Events[i-1].At) {
					t.Errorf("%s: event %d is not after the one before", number, i)
				}
			}
			if diff := cmp.Diff(want.way, got); diff != "" || m.ErrorCode != want.errorCode || m.Status != want.way[len(want.way)-1] {
				t.Errorf("%s: %s, error %q, way (-want +got):\n%s", number, m.Status, m.ErrorCode, diff)
			}
			if took := m.Events[len(m.Events)-1].At.Sub(m.SubmittedAt); took < want.atLeast {
				t.Errorf("%s took %v, want at least %v", number, took, want.atLeast)
			}
			if (m.DeliveredAt != nil) != (m.Status == d) || (m.SentAt != nil) != (m.Status != portal.StatusRejected) {
				t.Errorf("%s: sentAt %v, deliveredAt %v when %s", number, m.SentAt, m.DeliveredAt, m.Status)
			}
		}
		if _, next, err := s.Step(t.Context()); err != nil || !next.IsZero() {
			t.Errorf("something is still due at %v: %v", next, err)
		}
	})
}

func TestSimulator_Deterministic(t *testing.T) {
	for _, id := range []string{"msg_a", "msg_b", ""} {
		for _, status := range portal.MessageStatuses {
			p := Passage{MessageID: id, To: "+93700123456", Status: status}
			one, ok := Simulator{}.Next(p)
			two, _ := Simulator{}.Next(p)
			if one != two {
				t.Errorf("%+v: %+v, then %+v", p, one, two)
			}
			if ok == status.Final() {
				t.Errorf("%s goes on: %v", status, ok)
			}
		}
	}
}

// TestCarrier_Restart lets one process take a message in and another, started later, deliver it.
func TestCarrier_Restart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		if err := db.Migrate(t.Context(), migrations.FS); err != nil {
			t.Fatal(err)
		}
		clk := newClock()
		before := newSite(t, db, clk)
		id := before.post("tenant-a", sample())
		before.settle(1600 * time.Millisecond)
		clk.advance(time.Hour)
		after := newSite(t, open("platform"), clk)
		after.settle(200 * time.Millisecond)
		if m := after.get("tenant-a", id); m.Status != portal.StatusDelivered {
			t.Errorf("after the restart: %s", m.Status)
		}
	})
}

// TestCarrier_Replicas steps two replicas at the same time and checks that no message took a step twice.
func TestCarrier_Replicas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		if err := db.Migrate(t.Context(), migrations.FS); err != nil {
			t.Fatal(err)
		}
		clk := newClock()
		replicas := []*site{newSite(t, db, clk), newSite(t, open("platform"), clk)}
		const n = 500
		for i := range n {
			replicas[0].post([]string{"tenant-a", "tenant-b"}[i%2], sample())
		}
		moved := make([]int, 2)
		for range 60 {
			clk.advance(100 * time.Millisecond)
			var group sync.WaitGroup
			for i, r := range replicas {
				group.Go(func() {
					n, _, err := r.Step(context.WithoutCancel(t.Context()))
					if err != nil {
						t.Error(err)
					}
					moved[i] += n
				})
			}
			group.Wait()
		}
		if moved[0]+moved[1] != 2*n {
			t.Errorf("%d and %d steps, want %d in all", moved[0], moved[1], 2*n)
		}
		checkCounts(t, replicas[0])
	})
}

// TestRun watches a message from the wake-up to the handset by the real clock.
func TestRun(t *testing.T) {
	db := dbtest.Open(t, migrations.FS)
	s := New(Options{DB: db})
	defer s.Close() //nolint:errcheck // a test
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	time.Sleep(50 * time.Millisecond) // let it fall asleep
	site := newSite(t, db, &clock{t: time.Now()})
	site.Service = s
	began := time.Now()
	accepted, err := s.accept(ctx, principal("tenant-a"), "", sample(), analysis())
	if err != nil {
		t.Fatal(err)
	}
	for site.get("tenant-a", accepted.MessageID).Status != portal.StatusDelivered {
		if time.Since(began) > time.Minute {
			t.Fatal("not delivered")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if took := time.Since(began); took < 1500*time.Millisecond {
		t.Errorf("delivered after %v", took)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run ended with %v", err)
	}
}

// TestCounts holds every kept count to a recount after a random sequence of sends and steps.
func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rnd := rand.New(rand.NewPCG(1, 2))
		numbers := []string{NumberDelivered, NumberUnknown, NumberAbsent, NumberExpired, NumberHeld, NumberRejected, NumberSlow, "+93799123456"}
		s.load(history("tenant-a", 50, 9))
		for range 200 {
			switch rnd.IntN(3) {
			case 0:
				s.post([]string{"tenant-a", "tenant-b"}[rnd.IntN(2)], sample(to(numbers[rnd.IntN(len(numbers))])))
			case 1:
				s.clock.advance(time.Duration(rnd.IntN(4000)) * time.Millisecond)
			case 2:
				if _, _, err := s.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		checkCounts(t, s)
	})
}

// checkCounts recounts every table of counts from the messages.
func checkCounts(t *testing.T, s *site) {
	t.Helper()
	rows, err := s.db.Read.DB.QueryContext(t.Context(),
		"SELECT tenant_id, submitted_at, status, segments, price_micros, error_code, held_at, operator, from_addr, to_addr FROM messages")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // a test
	var want ledger
	for rows.Next() {
		var r Record
		err := rows.Scan(&r.TenantID, &r.SubmittedAt, &r.Status, &r.Segments, &r.PriceMicros, &r.ErrorCode, &r.HeldAt, &r.Operator, &r.From, &r.To)
		if err != nil {
			t.Fatal(err)
		}
		want.add(&r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	got := readLedger(t, s)
	opt := cmp.AllowUnexported(ledger{}, rollupKey{}, rollup{}, totalKey{}, failureKey{}, dayKey{}, dayCount{})
	if diff := cmp.Diff(want, got, opt); diff != "" {
		t.Errorf("counts (-recounted +kept):\n%s", diff)
	}
}
