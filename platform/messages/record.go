package messages

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// Record is a message as the table holds it. Times are unix microseconds, 0 for what has not happened.
type Record struct {
	ID, TenantID   string
	To, From, Body string
	Status         portal.MessageStatus
	Encoding       string
	Segments       int
	Operator       string
	PriceMicros    int64
	Currency       portal.Currency // of the price; empty is AFN
	ErrorCode      string
	SubmittedAt    int64
	HeldAt, SentAt int64
	DoneAt         int64 // when it reached its last state
	SourceKind     string
	SourceName     string
	DueAt          int64 // when the carrier has something to say again
}

// The kinds of source.
const (
	sourceKey    = "api_key"
	sourcePortal = "portal"
)

var recordColumns = []string{
	"id", "tenant_id", "submitted_at", "status", "to_addr", "from_addr", "body", "encoding", "segments", "operator",
	"price_micros", "currency", "error_code", "held_at", "sent_at", "done_at", "source_kind", "source_name", "due_at",
}

func (r *Record) values(dst []any) {
	copy(dst, []any{
		r.ID, r.TenantID, r.SubmittedAt, string(r.Status), r.To, r.From, r.Body, r.Encoding, r.Segments, r.Operator,
		r.PriceMicros, string(cmp.Or(r.Currency, portal.AFN)), r.ErrorCode, r.HeldAt, r.SentAt, r.DoneAt, r.SourceKind, r.SourceName, r.DueAt,
	})
}

// Import stores messages that have a history already, counts included. The carrier goes on with those that have a
// DueAt. It is how demo data and load tests come in; nothing is checked.
func Import(ctx context.Context, db *database.DB, tx bun.Tx, records []Record) error {
	var counts ledger
	for i := range records {
		counts.add(&records[i])
	}
	err := db.InsertRows(ctx, tx, "messages", recordColumns, len(records), func(i int, dst []any) { records[i].values(dst) })
	if err != nil {
		return err
	}
	return counts.write(ctx, tx)
}

// moveTo brings the record into the carrier's next state at now, and plans the state after that.
func (r *Record) moveTo(step Step, c Carrier, now time.Time) {
	r.Status, r.ErrorCode = step.Status, step.ErrorCode
	at := now.UnixMicro()
	switch {
	case step.Status == portal.StatusHeld:
		r.HeldAt = at
	case step.Status == portal.StatusSent:
		r.SentAt = at
	case step.Status.Final():
		r.DoneAt = at
	}
	r.plan(c, now)
}

// plan writes down when the carrier has something to say again.
func (r *Record) plan(c Carrier, now time.Time) {
	r.DueAt = 0
	if next, ok := c.Next(r.passage()); ok {
		r.DueAt = now.Add(next.After).UnixMicro()
	}
}

func (r *Record) passage() Passage { return Passage{MessageID: r.ID, To: r.To, Status: r.Status} }

// events reads the timeline off the timestamps, oldest first.
func (r *Record) events() []portal.MessageEvent {
	var events []portal.MessageEvent
	add := func(status portal.MessageStatus, micros int64, by string) {
		if micros > 0 {
			events = append(events, portal.MessageEvent{Status: status, At: time.UnixMicro(micros).UTC(), By: by})
		}
	}
	add(portal.StatusQueued, r.SubmittedAt, "platform")
	add(portal.StatusHeld, r.HeldAt, "platform")
	add(portal.StatusSent, r.SentAt, "operator")
	if r.Status == portal.StatusDelivered {
		add(r.Status, r.DoneAt, "handset")
	} else {
		add(r.Status, r.DoneAt, "operator")
	}
	return events
}
