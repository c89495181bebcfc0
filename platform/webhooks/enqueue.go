package webhooks

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

// The states of a delivery.
const (
	stateWaiting   = "waiting"
	stateDelivered = "delivered"
	stateFailed    = "failed"
)

// The outcomes of an attempt, as a list of attempts is narrowed by.
const (
	outcomeDelivered = stateDelivered
	outcomeFailed    = stateFailed
)

// atOnce is the due_at of what a person asked for: before everything else, whatever the webhook's status.
const atOnce int64 = 1

// event is the body of a delivery, as the Standard Webhooks specification has it.
type event struct {
	Type      portal.WebhookEvent `json:"type"`
	Timestamp time.Time           `json:"timestamp"`
	Data      any                 `json:"data"`
}

// messageData is what an event tells of a message: all but its text.
type messageData struct {
	MessageID   string               `json:"messageId"`
	To          string               `json:"to"`
	From        string               `json:"from"`
	Status      portal.MessageStatus `json:"status"`
	Operator    string               `json:"operator"`
	Segments    int                  `json:"segments"`
	ErrorCode   string               `json:"errorCode,omitempty"`
	SubmittedAt time.Time            `json:"submittedAt"`
	HeldAt      *time.Time           `json:"heldAt,omitempty"`
	SentAt      *time.Time           `json:"sentAt,omitempty"`
	DoneAt      *time.Time           `json:"doneAt,omitempty"`
}

type testData struct {
	WebhookID string `json:"webhookId"`
	Text      string `json:"text"`
}

// delivery is one event for one webhook, as it is enqueued.
type delivery struct {
	id, tenant, webhook, message string
	event                        portal.WebhookEvent
	payload                      string
	byHand                       bool
	createdAt, dueAt             int64
}

// subscriber is a webhook that takes events.
type subscriber struct {
	id, tenant string
	events     []portal.WebhookEvent
}

// MessagesChanged enqueues what the tenants' webhooks want to be told of. It implements [messages.Observer].
func (s *Service) MessagesChanged(ctx context.Context, tx bun.Tx, changes []messages.Change) error {
	var tenants []string
	for _, c := range changes {
		if eventOf(c.Status) != "" && !slices.Contains(tenants, c.TenantID) {
			tenants = append(tenants, c.TenantID)
		}
	}
	subscribers, err := s.subscribers(ctx, tx, tenants)
	if err != nil || len(subscribers) == 0 {
		return err
	}
	now := s.now()
	var list []delivery
	for i := range changes {
		c := &changes[i]
		told := eventOf(c.Status)
		payload := ""
		for _, sub := range subscribers {
			if sub.tenant != c.TenantID || !slices.Contains(sub.events, told) {
				continue
			}
			if payload == "" {
				if payload, err = messagePayload(told, now, &c.Record); err != nil {
					return err
				}
			}
			list = append(list, delivery{
				id: s.deliveryIDs.next(now), tenant: sub.tenant, webhook: sub.id, message: c.ID, event: told,
				payload: payload, createdAt: now.UnixMicro(), dueAt: now.UnixMicro(),
			})
		}
	}
	if len(list) == 0 {
		return nil
	}
	if err := s.enqueue(ctx, tx, list); err != nil {
		return err
	}
	s.signal()
	return nil
}

// eventOf is what reaching a state is called, "" for a state that nobody is told of.
func eventOf(status portal.MessageStatus) portal.WebhookEvent {
	if e := portal.WebhookEvent("message." + string(status)); e.Valid() {
		return e
	}
	return ""
}

// subscribers returns the tenants' webhooks that are not disabled. Nothing is remembered between two calls: another
// replica may have changed one.
func (s *Service) subscribers(ctx context.Context, tx bun.Tx, tenants []string) ([]subscriber, error) {
	if len(tenants) == 0 {
		return nil, nil
	}
	args := make([]any, len(tenants))
	for i, t := range tenants {
		args[i] = t
	}
	rows, err := tx.Tx.QueryContext(ctx, "SELECT id, tenant_id, events FROM webhooks "+ //nolint:gosec // placeholders alone
		"WHERE tenant_id IN "+list(1, len(args))+" AND deleted_at = 0 AND status <> 'disabled' ORDER BY id", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var list []subscriber
	for rows.Next() {
		var sub subscriber
		var events string
		if err := rows.Scan(&sub.id, &sub.tenant, &events); err != nil {
			return nil, err
		}
		sub.events = splitEvents(events)
		list = append(list, sub)
	}
	return list, rows.Err()
}

func messagePayload(told portal.WebhookEvent, now time.Time, r *messages.Record) (string, error) {
	b, err := json.Marshal(event{Type: told, Timestamp: now.UTC(), Data: messageData{
		MessageID: r.ID, To: r.To, From: r.From, Status: r.Status, Operator: r.Operator, Segments: r.Segments, ErrorCode: r.ErrorCode,
		SubmittedAt: time.UnixMicro(r.SubmittedAt).UTC(), HeldAt: optional(r.HeldAt), SentAt: optional(r.SentAt), DoneAt: optional(r.DoneAt),
	}})
	return string(b), err
}

var deliveryColumns = []string{"id", "tenant_id", "webhook_id", "message_id", "event", "payload", "state", "by_hand", "created_at", "due_at"}

// enqueue stores deliveries and counts them as waiting.
func (s *Service) enqueue(ctx context.Context, tx bun.Tx, list []delivery) error {
	var counts rollups
	err := s.db.InsertRows(ctx, tx, "webhook_deliveries", deliveryColumns, len(list), func(i int, dst []any) {
		d := list[i]
		copy(dst, []any{d.id, d.tenant, d.webhook, d.message, string(d.event), d.payload, stateWaiting, number(d.byHand), d.createdAt, d.dueAt})
	})
	if err != nil {
		return err
	}
	for _, d := range list {
		counts.move(d.webhook, d.createdAt, "", stateWaiting)
	}
	return counts.write(ctx, tx)
}

// number is how the tables keep a truth value.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
