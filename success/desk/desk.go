// Package desk shows what a tenant has asked the support desk: read-only, from Zendesk or Help Scout, or from the
// demo's own desk. A page never waits for the desk longer than a moment when there is something to show already.
package desk

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ghasi.io/portal/portal"
)

// Shown is how many tickets a list has at most.
const Shown = 10

// volumeDays is over how many days [List.Opened] counts.
const volumeDays = 30

const (
	fresh      = time.Minute            // how long a list is taken as it is
	retryAfter = 10 * time.Second       // between two tries when the desk does not answer
	moment     = 300 * time.Millisecond // that a page waits for news when it has something to show
	patience   = 2 * time.Second        // that it waits when it has nothing
	atOnce     = 4                      // tenants that the desk is asked for at the same time
)

// Status is how far a ticket has come, the same words for every desk.
type Status string

// The states, in the order that a ticket goes through them.
const (
	StatusNew     Status = "new"
	StatusOpen    Status = "open"    // the desk's turn
	StatusPending Status = "pending" // the customer's turn
	StatusHold    Status = "hold"    // a third party's turn
	StatusSolved  Status = "solved"
	StatusClosed  Status = "closed" // and cannot be opened again
)

// Priority is how urgent a ticket is; empty where the desk has none.
type Priority string

// The priorities.
const (
	PriorityLow    Priority = "low"
	PriorityNormal Priority = "normal"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

// Ticket is one request to the support desk. URL is its page there. Subject is a customer's text: at most 200
// characters, without controls.
type Ticket struct {
	ID        string    `json:"id"`
	Subject   string    `json:"subject"`
	Status    Status    `json:"status"`
	Priority  Priority  `json:"priority,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	URL       string    `json:"url"`
}

// Snapshot is what a desk says of a tenant.
type Snapshot struct {
	Tickets []Ticket `json:"tickets"` // the newest, newest first
	Open    int      `json:"open"`    // neither solved nor closed, of all
	Opened  int      `json:"opened"`  // in the time that was asked for
}

// List is a Snapshot with its age. Opened counts the last thirty days.
type List struct {
	Snapshot

	FetchedAt  time.Time
	Stale      bool          // the desk does not answer: this is what it said last
	RetryAfter time.Duration // when Stale: how long the desk wants to be left alone; 0 = not known
}

// Source is a desk. Its errors are portal.Errors: RateLimited with the time to wait, else Unavailable. A tenant that the
// desk does not know has an empty Snapshot.
type Source interface {
	// Name is the desk's, for people: "Zendesk".
	Name() string
	// Latest returns at most n tickets and counts those opened since a time.
	Latest(ctx context.Context, tenantID string, n int, since time.Time) (Snapshot, error)
	// OpenedSince returns when each ticket was opened since a time, newest first, the newest thousand at most.
	OpenedSince(ctx context.Context, tenantID string, since time.Time) ([]time.Time, error)
}

// Keep holds the last list of a tenant beyond a restart.
type Keep interface {
	SaveTickets(ctx context.Context, tenantID string, list []byte, fetchedAt time.Time) error
	Tickets(ctx context.Context, tenantID string) (list []byte, fetchedAt time.Time, err error)
}

// Service keeps what the desk said. Safe for concurrent use.
type Service struct {
	source Source
	keep   Keep
	now    func() time.Time
	log    *slog.Logger
	slots  chan struct{}
	work   sync.WaitGroup

	mu      sync.Mutex
	entries map[string]*entry
}

// entry is what is known of one tenant.
type entry struct {
	list    List
	has     bool
	tried   time.Time // when the desk was asked last
	err     error     // of that try
	running chan struct{}
}

// New returns a Service of a source. keep may be nil.
func New(source Source, keep Keep, now func() time.Time, log *slog.Logger) *Service {
	return &Service{source: source, keep: keep, now: now, log: log, slots: make(chan struct{}, atOnce), entries: map[string]*entry{}}
}

// Name is the desk's.
func (s *Service) Name() string { return s.source.Name() }

// Close waits until nothing is being asked any more, a few seconds at most.
func (s *Service) Close() { s.work.Wait() }

// Tickets returns a tenant's last tickets: as they are when the desk answers, else as it said last. It waits at most
// 300 ms when there is such a list, else 2 s. Errors: RateLimited, Unavailable.
func (s *Service) Tickets(ctx context.Context, tenantID string) (List, error) {
	s.load(ctx, tenantID)
	has, running := s.refresh(tenantID)
	if running != nil {
		wait := patience
		if has {
			wait = moment
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-running:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return s.current(tenantID)
}

// Glance returns what is known of a tenant without waiting for the desk, and asks it for news. False: nothing yet.
func (s *Service) Glance(ctx context.Context, tenantID string) (List, bool) {
	s.load(ctx, tenantID)
	s.refresh(tenantID)
	list, err := s.current(tenantID)
	return list, err == nil
}

// OpenedSince returns when each ticket of a tenant was opened since a time, newest first. It asks the desk itself.
// Errors: RateLimited, Unavailable.
func (s *Service) OpenedSince(ctx context.Context, tenantID string, since time.Time) ([]time.Time, error) {
	return s.source.OpenedSince(ctx, tenantID, since)
}

// load reads what was kept before the process started, once a tenant.
func (s *Service) load(ctx context.Context, tenantID string) {
	s.mu.Lock()
	_, known := s.entries[tenantID]
	s.mu.Unlock()
	if known {
		return
	}
	e := &entry{}
	if s.keep != nil {
		raw, at, err := s.keep.Tickets(ctx, tenantID)
		if err == nil && raw != nil {
			err = json.Unmarshal(raw, &e.list.Snapshot)
			e.has, e.list.FetchedAt = err == nil, at
		}
		if err != nil {
			s.log.WarnContext(ctx, "kept tickets cannot be read", "tenant", tenantID, "err", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.entries[tenantID]; !known {
		s.entries[tenantID] = e
	}
}

// refresh asks the desk in the background when the list is old. running is closed when the answer is there; nil: the
// desk is not asked.
func (s *Service) refresh(tenantID string) (has bool, running <-chan struct{}) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[tenantID]
	switch {
	case e.running != nil:
		return e.has, e.running
	case e.has && e.err == nil && now.Sub(e.list.FetchedAt) < fresh:
		return true, nil
	case e.err != nil && now.Sub(e.tried) < retryAfter:
		return e.has, nil
	}
	e.running, e.tried = make(chan struct{}), now
	s.work.Go(func() { s.ask(tenantID, e, now) })
	return e.has, e.running
}

// ask is outside of any request: who gave up waiting still gets the answer next time.
func (s *Service) ask(tenantID string, e *entry, now time.Time) {
	s.slots <- struct{}{}
	defer func() { <-s.slots }()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	snapshot, err := s.source.Latest(ctx, tenantID, Shown, now.AddDate(0, 0, -volumeDays))
	if err != nil {
		s.log.Warn("support desk does not answer", "desk", s.source.Name(), "tenant", tenantID, "err", err)
	} else if s.keep != nil {
		raw, jsonErr := json.Marshal(snapshot)
		if keepErr := errors.Join(jsonErr, s.keep.SaveTickets(ctx, tenantID, raw, now)); keepErr != nil {
			s.log.Warn("tickets cannot be kept", "tenant", tenantID, "err", keepErr)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.err = err; err == nil {
		e.list, e.has = List{Snapshot: snapshot, FetchedAt: now}, true
	}
	close(e.running)
	e.running = nil
}

// current is what is known now.
func (s *Service) current(tenantID string) (List, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[tenantID]
	if !e.has {
		if e.err != nil {
			return List{}, e.err
		}
		return List{}, portal.Fail(portal.Unavailable, errors.New("support desk: no answer in time"))
	}
	list := e.list
	list.Stale = e.err != nil || s.now().Sub(list.FetchedAt) >= 2*fresh
	var failure *portal.Error
	if errors.As(e.err, &failure) {
		list.RetryAfter = max(0, failure.RetryAfter-s.now().Sub(e.tried))
	}
	return list, nil
}
