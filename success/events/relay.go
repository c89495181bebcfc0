// Package events brings what the portal records to the bus: from the outbox, which is written in the same transaction
// as what an event tells of, to a NATS JetStream stream. Nothing is lost, whatever dies, and nothing is there twice.
package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ghasi.io/portal/store"
)

// Outbox is what the relay needs of the store.
type Outbox interface {
	DueEvents(ctx context.Context, limit int) ([]store.Outgoing, error)
	EventsPublished(ctx context.Context, seqs []int64) error
	PruneEvents(ctx context.Context, before time.Time) error
	AsRelay(ctx context.Context, fn func(ctx context.Context) error) (ran bool, err error)
}

const (
	// batch is how many events are published before that is noted: as many may have to be looked for after a crash.
	batch = 64
	// look is how many are looked for: rows that become visible late stand before those of the batch.
	look           = 4 * batch
	poll           = 500 * time.Millisecond
	publishTimeout = 5 * time.Second
	standby        = 2 * time.Second // between two looks whether the relay of another replica has gone
	firstBackOff   = 250 * time.Millisecond
	longestBackOff = 30 * time.Second

	pruneEvery = time.Hour
	pruneAfter = 7 * 24 * time.Hour
)

// Options are what a Relay needs.
type Options struct {
	Outbox Outbox
	URL    string // nats://… of a server; empty: one inside this process, with its files in Dir
	Dir    string
	Now    func() time.Time
	Log    *slog.Logger
}

// Relay publishes what waits in the outbox.
type Relay struct {
	o      Options
	server *server.Server // of this process; nil while it is not needed
	pruned time.Time
}

// New prepares a relay. Nothing is started before [Relay.Run].
func New(o Options) (*Relay, error) {
	if o.Outbox == nil || o.Now == nil || o.Log == nil || (o.URL == "" && o.Dir == "") {
		return nil, errors.New("events: an option is missing")
	}
	return &Relay{o: o}, nil
}

// Run publishes until ctx ends, and returns nil. While the bus is away events wait; they go out in the order of their
// numbers in the outbox. Of many replicas on one database one publishes, and another takes over when that has gone.
func (r *Relay) Run(ctx context.Context) error {
	defer r.stop()
	wait := firstBackOff
	for ctx.Err() == nil {
		started := r.o.Now()
		ran, err := r.o.Outbox.AsRelay(ctx, r.term)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil && !ran:
			wait = standby
		case err == nil || r.o.Now().Sub(started) > longestBackOff: // it went well for a while
			wait = firstBackOff
		default:
			wait = min(max(2*wait, firstBackOff), longestBackOff)
		}
		if err != nil {
			r.o.Log.WarnContext(ctx, "events wait in the outbox", "cause", err, "again_in", wait.String())
		}
		sleep(ctx, wait)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (r *Relay) stop() {
	if r.server != nil {
		stopServer(r.server)
		r.server = nil
	}
}

// term is one time as the relay of the database, until ctx ends or something fails.
func (r *Relay) term(ctx context.Context) error {
	nc, err := r.connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	stream, err := openStream(ctx, js)
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	if err := r.reconcile(ctx, stream); err != nil {
		return err
	}
	for ctx.Err() == nil {
		n, err := r.publish(ctx, js)
		if err != nil {
			return err
		}
		if err := r.prune(ctx); err != nil {
			return err
		}
		if n < batch {
			sleep(ctx, poll)
		}
	}
	return nil
}

func (r *Relay) connect() (*nats.Conn, error) {
	if r.o.URL != "" {
		return connect(r.o.URL, nil, r.o.Log)
	}
	if r.server != nil && !r.server.Running() {
		r.stop()
	}
	if r.server == nil {
		var err error
		if r.server, err = startServer(r.o.Dir, r.o.Log); err != nil {
			return nil, err
		}
	}
	return connect("", r.server, r.o.Log)
}

// publish sends one batch, each event after the one before it is acknowledged, and notes what was.
func (r *Relay) publish(ctx context.Context, js jetstream.JetStream) (int, error) {
	due, err := r.o.Outbox.DueEvents(ctx, batch)
	if err != nil {
		return 0, err
	}
	var acked []int64
	for _, e := range due {
		if err = send(ctx, js, e); err != nil {
			err = fmt.Errorf("publish %s: %w", e.EventID, err)
			break
		}
		acked = append(acked, e.Seq)
	}
	// What the bus has is noted even when ctx has ended, else the next relay has to look for it.
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	return len(acked), errors.Join(err, r.o.Outbox.EventsPublished(note, acked))
}

func send(ctx context.Context, js jetstream.JetStream, e store.Outgoing) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	m := &nats.Msg{Subject: e.Subject, Data: e.Payload, Header: nats.Header{"Content-Type": {"application/cloudevents+json"}}}
	_, err := js.PublishMsg(ctx, m, jetstream.WithMsgID(e.EventID), jetstream.WithExpectStream(StreamName))
	return err
}

// reconcile notes what the stream has already: a relay that died between the acknowledgement and the note left at most
// one batch, and that is at the stream's end, as one relay at a time publishes. So nothing is there twice even when the
// outage was longer than the stream remembers ids.
func (r *Relay) reconcile(ctx context.Context, stream jetstream.Stream) error {
	due, err := r.o.Outbox.DueEvents(ctx, look)
	if err != nil || len(due) == 0 {
		return err
	}
	waiting := make(map[string]int64, len(due))
	for _, e := range due {
		waiting[e.EventID] = e.Seq
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the stream's end: %w", err)
	}
	var acked []int64
	first, last := info.State.FirstSeq, info.State.LastSeq
	for n := 0; n < look && last >= max(first, 1); n, last = n+1, last-1 {
		m, err := stream.GetMsg(ctx, last)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look at the stream's end: %w", err)
		}
		if seq, ok := waiting[m.Header.Get(nats.MsgIdHdr)]; ok {
			acked = append(acked, seq)
		}
	}
	return r.o.Outbox.EventsPublished(ctx, acked)
}

func (r *Relay) prune(ctx context.Context) error {
	now := r.o.Now()
	if now.Sub(r.pruned) < pruneEvery {
		return nil
	}
	r.pruned = now
	return r.o.Outbox.PruneEvents(ctx, now.Add(-pruneAfter))
}
