package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// Outgoing is an event that waits to be published.
type Outgoing struct {
	Seq     int64
	EventID string // the same for every try: whoever takes it twice can tell
	Subject string
	Payload []byte // CloudEvents 1.0, JSON
}

type outboxRow struct {
	bun.BaseModel `bun:"table:outbox,alias:o"`

	Seq         int64  `bun:"seq,pk,autoincrement"`
	EventID     string `bun:"event_id"`
	Subject     string `bun:"subject"`
	Payload     string `bun:"payload"`
	CreatedAt   int64  `bun:"created_at"`            // unix microseconds
	PublishedAt int64  `bun:"published_at,nullzero"` // 0 = not yet
}

// cloudEvent is the envelope, https://github.com/cloudevents/spec v1.0.2. sequence is its extension of that name;
// audithash and auditchain let a listener keep what it takes to find a log that was rewritten from its end.
type cloudEvent struct {
	SpecVersion     string        `json:"specversion"`
	ID              string        `json:"id"`
	Source          string        `json:"source"`
	Type            string        `json:"type"`
	Subject         string        `json:"subject,omitempty"`
	Time            string        `json:"time"`
	DataContentType string        `json:"datacontenttype"`
	Sequence        string        `json:"sequence"`
	AuditChain      string        `json:"auditchain"`
	AuditHash       string        `json:"audithash"`
	Data            cloudEventFor `json:"data"`
}

type cloudEventFor struct {
	TenantID string            `json:"tenantId,omitempty"`
	Actor    portal.Actor      `json:"actor"`
	Details  map[string]string `json:"details,omitempty"`
}

// eventSource says who tells: the id of an event is unique within it.
const eventSource = "/ghasi/customer-portal"

// enqueue puts an event in the outbox. Its subject on the bus is its type.
func (s *Store) enqueue(ctx context.Context, tx bun.Tx, b auditBody, hash string) error {
	payload, err := json.Marshal(cloudEvent{
		SpecVersion: "1.0", ID: b.EventID, Source: eventSource, Type: string(b.Type), Subject: b.Subject,
		Time: time.UnixMicro(b.At).UTC().Format(time.RFC3339Nano), DataContentType: "application/json",
		Sequence: strconv.FormatInt(b.Seq, 10), AuditChain: b.Chain, AuditHash: hash,
		Data: cloudEventFor{TenantID: b.TenantID, Actor: b.Actor, Details: b.Data},
	})
	if err != nil {
		return err
	}
	row := outboxRow{EventID: b.EventID, Subject: string(b.Type), Payload: string(payload), CreatedAt: b.At}
	_, err = tx.NewInsert().Model(&row).ExcludeColumn("seq").Returning("NULL").Exec(ctx)
	return err
}

// DueEvents returns what is not published yet, oldest first. On PostgreSQL numbers become visible out of order, so
// nothing may be concluded from one that is missing.
func (s *Store) DueEvents(ctx context.Context, limit int) ([]Outgoing, error) {
	var rows []outboxRow
	err := s.db.Read.NewSelect().Model(&rows).Where("published_at IS NULL").Order("seq").Limit(int64(limit)).Scan(ctx)
	if err := database.Map(err); err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	out := make([]Outgoing, len(rows))
	for i, r := range rows {
		out[i] = Outgoing{Seq: r.Seq, EventID: r.EventID, Subject: r.Subject, Payload: []byte(r.Payload)}
	}
	return out, nil
}

// EventsPublished notes that the bus has these events.
func (s *Store) EventsPublished(ctx context.Context, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*outboxRow)(nil)).Set("published_at = ?", s.now().UnixMicro()).
			Where("seq IN (?)", bun.List(seqs)).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark outbox: %w", err)
	}
	return nil
}

// PruneEvents deletes from the outbox what was published before a time. The audit log keeps it.
func (s *Store) PruneEvents(ctx context.Context, before time.Time) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*outboxRow)(nil)).Where("published_at < ?", before.UnixMicro()).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("prune outbox: %w", err)
	}
	return nil
}

// AsRelay runs fn while no other replica's fn runs; it reports at once when one does. fn's context ends when that can no
// longer be known.
func (s *Store) AsRelay(ctx context.Context, fn func(ctx context.Context) error) (ran bool, err error) {
	return s.db.TryExclusive(ctx, "outbox relay", fn)
}
