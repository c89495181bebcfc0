package desk

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/portal"
)

// source is a desk that a test answers for.
type source struct {
	mu     sync.Mutex
	calls  int
	err    error
	answer Snapshot
	block  chan struct{} // when set, it answers only after this is closed
}

func (s *source) Name() string { return "Test" }

func (s *source) Latest(ctx context.Context, _ string, _ int, _ time.Time) (Snapshot, error) {
	s.mu.Lock()
	s.calls++
	err, answer, block := s.err, s.answer, s.block
	s.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return Snapshot{}, portal.Fail(portal.Unavailable, ctx.Err())
		}
	}
	return answer, err
}

func (s *source) OpenedSince(context.Context, string, time.Time) ([]time.Time, error) {
	return nil, s.err
}

func (s *source) set(open int, err error, block chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.err, s.block = Snapshot{Tickets: []Ticket{{ID: "1"}}, Open: open}, err, block
}

func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// kept is what survives a restart.
type kept struct {
	mu   sync.Mutex
	list map[string][]byte
	at   map[string]time.Time
}

func newKept() *kept { return &kept{list: map[string][]byte{}, at: map[string]time.Time{}} }

func (k *kept) SaveTickets(_ context.Context, tenantID string, list []byte, at time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list[tenantID], k.at[tenantID] = list, at
	return nil
}

func (k *kept) Tickets(_ context.Context, tenantID string) ([]byte, time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.list[tenantID], k.at[tenantID], nil
}

func newService(t *testing.T, src *source, keep Keep) (*Service, *clock) {
	t.Helper()
	c := &clock{t: begin}
	s := New(src, keep, c.now, slog.New(slog.DiscardHandler))
	t.Cleanup(s.Close)
	return s, c
}

func (s *Service) must(t *testing.T) List {
	t.Helper()
	list, err := s.Tickets(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTickets_Fresh(t *testing.T) {
	src := &source{}
	src.set(3, nil, nil)
	s, c := newService(t, src, nil)
	for range 5 {
		if list := s.must(t); list.Open != 3 || list.Stale || !list.FetchedAt.Equal(begin) {
			t.Errorf("%+v", list)
		}
		c.advance(10 * time.Second)
	}
	if src.count() != 1 {
		t.Errorf("asked %d times within a minute", src.count())
	}
	src.set(4, nil, nil)
	c.advance(10 * time.Second)
	if list := s.must(t); list.Open != 4 || src.count() != 2 {
		t.Errorf("a minute later: %+v after %d calls", list, src.count())
	}
}

// TestTickets_Unreachable: the page is as fast as ever, shows what was known and how old that is.
func TestTickets_Unreachable(t *testing.T) {
	src := &source{}
	src.set(3, nil, nil)
	s, c := newService(t, src, nil)
	s.must(t)
	src.set(0, &portal.Error{Code: portal.RateLimited, RetryAfter: 41 * time.Second}, nil)
	c.advance(2 * time.Minute)
	list := s.must(t)
	if list.Open != 3 || !list.Stale || !list.FetchedAt.Equal(begin) || list.RetryAfter != 41*time.Second {
		t.Errorf("%+v", list)
	}
	n := src.count()
	c.advance(retryAfter - time.Second)
	if list := s.must(t); src.count() != n || list.RetryAfter != 32*time.Second {
		t.Errorf("asked again at once: %d calls, retry after %v", src.count()-n, list.RetryAfter)
	}
	src.set(5, nil, nil)
	c.advance(time.Second)
	if list := s.must(t); list.Open != 5 || list.Stale || list.RetryAfter != 0 {
		t.Errorf("when it answers again: %+v", list)
	}
}

// TestTickets_Hangs: with something to show a page waits a moment, with nothing not for ever; the answer is there for
// the next.
func TestTickets_Hangs(t *testing.T) {
	src, block := &source{}, make(chan struct{})
	src.set(3, nil, block)
	s, c := newService(t, src, nil)
	start := time.Now()
	_, err := s.Tickets(t.Context(), tenant)
	if took := time.Since(start); portal.CodeOf(err) != portal.Unavailable || took < patience {
		t.Errorf("with nothing to show: %v after %v", err, took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Tickets(ctx, tenant); portal.CodeOf(err) != portal.Unavailable || src.count() != 1 {
		t.Errorf("a page that was closed: %v, %d calls", err, src.count())
	}
	if _, ok := s.Glance(t.Context(), tenant); ok {
		t.Error("something to show before any answer")
	}
	close(block)
	s.work.Wait()
	if list := s.must(t); list.Open != 3 || src.count() != 1 {
		t.Errorf("after the answer: %+v, %d calls", list, src.count())
	}

	again := make(chan struct{})
	src.set(7, nil, again)
	c.advance(2 * time.Minute)
	start = time.Now()
	list := s.must(t)
	if took := time.Since(start); took < moment/2 || list.Open != 3 || !list.Stale {
		t.Errorf("with something to show: %+v after %v", list, took)
	}
	if list, ok := s.Glance(t.Context(), tenant); !ok || list.Open != 3 { // while the desk still hangs
		t.Errorf("a glance: %+v, %v", list, ok)
	}
	close(again)
	s.work.Wait()
	if list := s.must(t); list.Open != 7 || list.Stale {
		t.Errorf("after the answer: %+v", list)
	}
}

// TestTickets_AtOnce: many pages ask the desk once.
func TestTickets_AtOnce(t *testing.T) {
	src, block := &source{}, make(chan struct{})
	src.set(3, nil, block)
	s, _ := newService(t, src, nil)
	var pages sync.WaitGroup
	for range 20 {
		pages.Go(func() {
			if list, err := s.Tickets(t.Context(), tenant); err != nil || list.Open != 3 {
				t.Errorf("%+v, %v", list, err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	close(block)
	pages.Wait()
	if src.count() != 1 {
		t.Errorf("asked %d times", src.count())
	}
}

// TestTickets_Restart: the last known list is there after a restart in the middle of the desk's outage.
func TestTickets_Restart(t *testing.T) {
	keep, src := newKept(), &source{}
	src.set(3, nil, nil)
	s, _ := newService(t, src, keep)
	s.must(t)
	src.set(0, portal.Fail(portal.Unavailable, errors.New("down")), nil)
	s, c := newService(t, src, keep)
	c.advance(time.Hour)
	if list := s.must(t); list.Open != 3 || !list.Stale || !list.FetchedAt.Equal(begin) || len(list.Tickets) != 1 {
		t.Errorf("%+v", list)
	}
	if _, err := s.Tickets(t.Context(), "ten_other"); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("a tenant of which nothing is known: %v", err)
	}
	keep.list[tenant] = []byte("{damaged")
	s, _ = newService(t, src, keep)
	if _, err := s.Tickets(t.Context(), tenant); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("a damaged list: %v", err)
	}
}

func TestDemoDesk(t *testing.T) {
	tenants := []portal.Tenant{
		{TenantID: "ten_1", Name: "Pamir Logistics", CreatedAt: begin.AddDate(0, 0, -90)}, {TenantID: "ten_2", Name: "Nobody's", CreatedAt: begin.AddDate(0, 0, -90)},
		{TenantID: "ten_3", Name: "Kabul Courier", CreatedAt: begin.AddDate(0, 0, -90)},
	}
	c := &clock{t: begin}
	d, err := NewDemo(func(context.Context) ([]portal.Tenant, error) { return append([]portal.Tenant{}, tenants...), nil }, c.now)
	if err != nil {
		t.Fatal(err)
	}
	src := d.Source("https://portal.test/admin/desk")
	since := begin.AddDate(0, 0, -30)
	for _, tc := range []struct {
		tenant               string
		listed, open, opened int
	}{{"ten_1", 4, 1, 2}, {"ten_2", 0, 0, 0}, {"ten_3", 10, 8, 11}, {"ten_4", 0, 0, 0}} {
		got, err := src.Latest(t.Context(), tc.tenant, Shown, since)
		if err != nil || len(got.Tickets) != tc.listed || got.Open != tc.open || got.Opened != tc.opened {
			t.Errorf("%s: %d listed, %d open, %d opened, %v", tc.tenant, len(got.Tickets), got.Open, got.Opened, err)
		}
		times, err := src.OpenedSince(t.Context(), tc.tenant, since)
		if err != nil || len(times) != tc.opened {
			t.Errorf("%s: %d times, %v", tc.tenant, len(times), err)
		}
		for i, x := range got.Tickets {
			if i > 0 && x.CreatedAt.After(got.Tickets[i-1].CreatedAt) || x.URL != "https://portal.test/admin/desk/agent/tickets/"+x.ID {
				t.Errorf("%s: %+v", tc.tenant, x)
			}
			if one, err := d.Ticket(t.Context(), x.ID); err != nil || one.Subject != x.Subject || one.Tenant.TenantID != tc.tenant || one.Text == "" {
				t.Errorf("ticket %s: %+v, %v", x.ID, one, err)
			}
		}
	}
	c.advance(-60 * 24 * time.Hour) // what has not happened yet is not there
	if got, err := src.Latest(t.Context(), "ten_3", Shown, since.AddDate(0, 0, -60)); err != nil || len(got.Tickets) != 0 {
		t.Errorf("sixty days ago: %+v, %v", got, err)
	}
	for _, id := range []string{"", "9", "9999", "x"} {
		if _, err := d.Ticket(t.Context(), id); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("ticket %q: %v", id, err)
		}
	}
	wrong := newZendesk(src.(*zendesk).up.base, "", "someone", "else", src.(*zendesk).up.transport, c.now)
	if _, err := wrong.Latest(t.Context(), "ten_1", Shown, since); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("with other credentials: %v", err)
	}
}
