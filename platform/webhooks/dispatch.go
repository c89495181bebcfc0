package webhooks

import (
	"context"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

const (
	// perEndpoint bounds what is under way to one endpoint. One that fails gets a single probe instead, so that a dead
	// one holds next to nothing.
	perEndpoint = 8
	// maxYoung bounds the attempts that are under way for less than slowAfter, maxInFlight all of them: endpoints that
	// let us wait do not take the room of those that answer.
	maxYoung    = 128
	maxInFlight = 512
	slowAfter   = 2 * time.Second

	poll       = time.Second           // for what other replicas enqueue
	pollHot    = 10 * time.Millisecond // while a transaction that enqueues may be about to commit
	hotFor     = 200 * time.Millisecond
	afterError = time.Second
	drainFor   = 5 * time.Second // how long the end waits for what is under way
)

// dispatcher is the part of a Service that runs once: it takes deliveries out of the queue and sends them.
type dispatcher struct {
	s    *Service
	done chan *result

	settleable []*result // came back, and not written down yet
	inFlight   map[string]int
	started    map[*job]time.Time
	last       string // the endpoint that was served last
	wg         sync.WaitGroup
}

func newDispatcher(s *Service) *dispatcher {
	return &dispatcher{s: s, done: make(chan *result, maxInFlight), inFlight: map[string]int{}, started: map[*job]time.Time{}}
}

// Run delivers until ctx ends, then waits a little for what is under way. Any number of replicas may run it.
func (s *Service) Run(ctx context.Context) error {
	if err := s.release(ctx); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "interrupted deliveries wait for their leases to end", "error", err)
	}
	d := newDispatcher(s)
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var cleaning sync.WaitGroup
	cleaning.Go(func() { s.keepClean(ctx) })
	d.loop(ctx, sending)
	d.stop(sending, cancel)
	cleaning.Wait()
	return nil
}

// loop is one cycle after the other: it writes down what came back, takes what is due, and waits for more.
func (d *dispatcher) loop(ctx, sending context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var hotUntil time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case r := <-d.done:
			d.back(r)
		case <-d.s.wake:
			hotUntil = d.s.now().Add(hotFor)
		}
		d.gather()
		next, err := d.cycle(ctx, sending)
		wait := poll
		now := d.s.now()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			d.s.log.ErrorContext(ctx, "webhook deliveries could not be moved on", "error", err)
			wait = afterError
		case now.Before(hotUntil):
			wait = pollHot
		case !next.IsZero():
			wait = min(max(next.Sub(now), time.Millisecond), poll)
		}
		timer.Reset(wait)
	}
}

// gather takes what else has come back.
func (d *dispatcher) gather() {
	for {
		select {
		case r := <-d.done:
			d.back(r)
		default:
			return
		}
	}
}

func (d *dispatcher) back(r *result) {
	d.settleable = append(d.settleable, r)
	delete(d.started, r.job)
	if id := r.job.endpoint.id; d.inFlight[id] > 1 {
		d.inFlight[id]--
	} else {
		delete(d.inFlight, id)
	}
}

// cycle writes results down and starts what is due, in one transaction. It tells when the next is due: zero when that
// is unknown, because there is none or no room for it.
func (d *dispatcher) cycle(ctx, sending context.Context) (next time.Time, err error) {
	heads, err := d.s.heads(ctx)
	if err != nil {
		return time.Time{}, err
	}
	now := d.s.now()
	ready, next := d.ready(heads, now)
	if len(ready) == 0 && len(d.settleable) == 0 {
		return next, nil
	}
	var jobs []*job
	err = d.s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		jobs = nil
		if len(d.settleable) > 0 {
			if err := d.s.settle(ctx, tx, d.settleable, now); err != nil {
				return err
			}
		}
		for _, r := range ready {
			claimed, err := d.s.claim(ctx, tx, r.endpoint, r.room, now)
			if err != nil {
				return err
			}
			jobs = append(jobs, claimed...)
		}
		return d.s.noteInterrupted(ctx, tx, jobs, now)
	})
	if err != nil {
		return time.Time{}, err
	}
	d.settleable = nil
	for _, j := range jobs {
		d.start(sending, j)
	}
	if len(jobs) > 0 {
		d.last = jobs[len(jobs)-1].endpoint.id
		next = time.Time{} // more may be due: what comes back asks again
	}
	return next, nil
}

// turn is how many deliveries an endpoint may start now.
type turn struct {
	endpoint *endpoint
	room     int
}

// ready divides the room there is among the endpoints that have something due, and tells when else the next is due.
func (d *dispatcher) ready(heads []*endpoint, now time.Time) (turns []turn, next time.Time) {
	var due []*endpoint
	var wants []int
	for _, e := range rotateFrom(heads, d.last) {
		if at := time.UnixMicro(e.due); at.After(now) {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		}
		most := perEndpoint
		if e.failing {
			most = 1
		}
		if e.due == atOnce {
			most++ // a person is waiting
		}
		if want := most - d.inFlight[e.id]; want > 0 {
			due, wants = append(due, e), append(wants, want)
		}
	}
	for i, n := range share(d.room(now), wants) {
		if n > 0 {
			turns = append(turns, turn{due[i], n})
		}
	}
	return turns, next
}

// room is how many attempts may start.
func (d *dispatcher) room(now time.Time) int {
	young := 0
	for _, at := range d.started {
		if now.Sub(at) < slowAfter {
			young++
		}
	}
	return max(0, min(maxYoung-young, maxInFlight-len(d.started)))
}

// start sends a job, and gives its result back.
func (d *dispatcher) start(ctx context.Context, j *job) {
	d.inFlight[j.endpoint.id]++
	d.started[j] = d.s.now()
	d.wg.Go(func() { d.done <- d.s.attemptJob(ctx, j) })
}

// stop waits for what is under way, cuts off what takes too long, and writes all of it down.
func (d *dispatcher) stop(sending context.Context, cancel context.CancelFunc) {
	cutOff := time.AfterFunc(drainFor, cancel)
	defer cutOff.Stop()
	d.wg.Wait() // there is room for every result
	d.gather()
	if len(d.settleable) == 0 {
		return
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(sending), drainFor)
	defer done()
	err := d.s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return d.s.settle(ctx, tx, d.settleable, d.s.now()) })
	if err != nil {
		d.s.log.ErrorContext(ctx, "the last webhook deliveries will be repeated", "error", err)
	}
}
