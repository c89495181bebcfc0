package webhooks

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

// Past is a webhook that has a history already.
type Past struct {
	TenantID, URL string
	Events        []portal.WebhookEvent
	Status        portal.WebhookStatus
	CreatedAt     time.Time
	Deliveries    []PastDelivery // oldest first
}

// PastDelivery is a delivery that is done: its last try decides how. The message has reached its last state.
type PastDelivery struct {
	Message messages.Record
	Tries   []PastTry
}

// PastTry is one attempt. Status 0 means that there was no answer.
type PastTry struct {
	At     time.Time
	Status int
	Error  string // as in [portal.WebhookAttempt]; empty when the receiver took it
	Took   time.Duration
	Body   string
}

// Import stores a webhook with its history. It is how demo data comes in; nothing is checked. Nobody knows its secret.
func Import(ctx context.Context, db *database.DB, tx bun.Tx, p Past) error {
	v, err := openVault(ctx, tx.Tx)
	if err != nil {
		return err
	}
	secret, id := newSecret(), portal.NewID("whk", p.CreatedAt)
	_, err = tx.Tx.ExecContext(ctx, "INSERT INTO webhooks (id, tenant_id, url, events, status, created_by, created_at, updated_at, secret) "+
		"VALUES ($1, $2, $3, $4, $5, '', $6, $6, $7)",
		id, p.TenantID, p.URL, joinEvents(p.Events), string(p.Status), p.CreatedAt.UnixMicro(), v.seal(id, secret))
	if err != nil {
		return err
	}
	var counts rollups
	var results []*result
	rows := make([][]any, 0, len(p.Deliveries))
	ids, attempts := sequence{prefix: "dlv"}, sequence{prefix: "wat"}
	for _, d := range p.Deliveries {
		at := time.UnixMicro(d.Message.DoneAt)
		told := eventOf(d.Message.Status)
		payload, err := messagePayload(told, at, &d.Message)
		if err != nil {
			return err
		}
		j := job{
			endpoint: &endpoint{id: id}, id: ids.next(at), tenant: p.TenantID, message: d.Message.ID, event: told, payload: payload,
			createdAt: at.UnixMicro(),
		}
		state := stateDelivered
		for i, t := range d.Tries {
			this := j
			this.number = i + 1
			results = append(results, &result{job: &this, attemptID: attempts.next(t.At), at: t.At, outcome: outcome{
				status: t.Status, err: t.Error, took: t.Took, body: t.Body, requestHeaders: requestHeaders([][]byte{secret}, j.id, t.At, payload),
			}})
			if state = stateDelivered; t.Error != "" {
				state = stateFailed
			}
		}
		rows = append(rows, []any{j.id, p.TenantID, id, j.message, string(told), payload, state, len(d.Tries), j.createdAt, 0})
		counts.move(id, j.createdAt, "", state)
	}
	columns := []string{"id", "tenant_id", "webhook_id", "message_id", "event", "payload", "state", "attempts", "created_at", "due_at"}
	err = db.InsertRows(ctx, tx, "webhook_deliveries", columns, len(rows), func(i int, dst []any) { copy(dst, rows[i]) })
	if err != nil {
		return err
	}
	if err := counts.write(ctx, tx); err != nil {
		return err
	}
	return insertAttempts(ctx, tx, results)
}
