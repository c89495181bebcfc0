package webhooks

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// test answers POST /v1/webhooks/{webhookId}/test.
func (s *Service) test(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	d, err := s.sendTest(r.Context(), tenant, id)
	answer(w, r, http.StatusAccepted, d, err)
}

// maxByHand bounds what waits for one webhook because a person asked: it goes before all others.
const maxByHand = 5

// sendTest enqueues a test event, which goes before all others and is tried once. Errors: NotFound; Conflict while
// maxByHand wait already.
func (s *Service) sendTest(ctx context.Context, tenant, id string) (portal.WebhookDelivery, error) {
	hook, err := s.hook(ctx, tenant, id)
	if err != nil {
		return portal.WebhookDelivery{}, err
	}
	now := s.now().UTC()
	payload, err := json.Marshal(event{Type: portal.EventTest, Timestamp: now, Data: testData{WebhookID: id, Text: "This is a test event."}})
	if err != nil {
		return portal.WebhookDelivery{}, err
	}
	d := delivery{
		id: s.deliveryIDs.next(now), tenant: tenant, webhook: id, event: portal.EventTest, payload: string(payload),
		byHand: true, createdAt: now.UnixMicro(), dueAt: atOnce,
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.roomByHand(ctx, tx, id); err != nil {
			return err
		}
		return s.enqueue(ctx, tx, []delivery{d})
	})
	if err != nil {
		return portal.WebhookDelivery{}, err
	}
	s.signal()
	return portal.WebhookDelivery{
		DeliveryID: d.id, WebhookID: id, URL: hook.URL, Event: d.event, State: stateWaiting, CreatedAt: now.Truncate(time.Microsecond),
	}, nil
}

// roomByHand refuses what would be one too many by hand. It locks the webhook, so that nobody adds one meanwhile.
func (s *Service) roomByHand(ctx context.Context, tx bun.Tx, id string) error {
	var n int
	err := tx.Tx.QueryRowContext(ctx, "SELECT 1 FROM webhooks WHERE id = $1 AND deleted_at = 0"+s.db.ForUpdate(), id).Scan(&n)
	if err != nil {
		return err
	}
	// That due_at is over 0 is in the condition for the index.
	err = tx.Tx.QueryRowContext(ctx, "SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1 AND due_at > 0 AND due_at = $2 AND by_hand = 1",
		id, atOnce).Scan(&n)
	if err == nil && n >= maxByHand {
		err = conflict(codeInHand, "Several deliveries that were asked for wait already.")
	}
	return err
}

// retry answers POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/retry.
func (s *Service) retry(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	d, err := s.tryAgain(r.Context(), tenant, id, r.PathValue("deliveryId"))
	answer(w, r, http.StatusAccepted, d, err)
}

// tryAgain puts a delivery before all others. Errors: NotFound; Conflict while somebody has it in hand.
func (s *Service) tryAgain(ctx context.Context, tenant, id, deliveryID string) (portal.WebhookDelivery, error) {
	var d portal.WebhookDelivery
	if !portal.ValidID("dlv", deliveryID) {
		return d, portal.Fail(portal.NotFound, nil)
	}
	hook, err := s.hook(ctx, tenant, id)
	if err != nil {
		return d, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		d = portal.WebhookDelivery{DeliveryID: deliveryID, WebhookID: id, URL: hook.URL, State: stateWaiting}
		var holder, state string
		var created int64
		err := tx.Tx.QueryRowContext(ctx, "SELECT event, state, attempts, created_at, holder FROM webhook_deliveries "+
			"WHERE id = $1 AND webhook_id = $2 AND tenant_id = $3"+s.db.ForUpdate(), deliveryID, id, tenant).
			Scan(&d.Event, &state, &d.Attempts, &created, &holder)
		if err != nil {
			return err
		}
		if holder != "" {
			return conflict(codeInHand, "This delivery is being tried at this moment.")
		}
		d.CreatedAt = time.UnixMicro(created).UTC()
		_, err = tx.Tx.ExecContext(ctx, "UPDATE webhook_deliveries SET state = 'waiting', due_at = $1, by_hand = 1 WHERE id = $2", atOnce, deliveryID)
		if err != nil {
			return err
		}
		var counts rollups
		counts.move(id, created, state, stateWaiting)
		return counts.write(ctx, tx)
	})
	if err != nil {
		return portal.WebhookDelivery{}, err
	}
	s.signal()
	return d, nil
}

// messageDeliveries answers GET /v1/messages/{messageId}/deliveries.
func (s *Service) messageDeliveries(w http.ResponseWriter, r *http.Request) {
	who, _ := access.From(r.Context())
	items, err := s.deliveriesOf(r.Context(), who.TenantID, r.PathValue("messageId"))
	answer(w, r, http.StatusOK, map[string][]portal.WebhookDelivery{"items": items}, err)
}

// deliveriesOf lists what the tenant's webhooks were told of a message, oldest first. Errors: NotFound.
func (s *Service) deliveriesOf(ctx context.Context, tenant, messageID string) ([]portal.WebhookDelivery, error) {
	if !portal.ValidID("msg", messageID) {
		return nil, portal.Fail(portal.NotFound, nil)
	}
	var one int
	err := s.db.Read.DB.QueryRowContext(ctx, "SELECT 1 FROM messages WHERE id = $1 AND tenant_id = $2", messageID, tenant).Scan(&one)
	if err != nil {
		return nil, database.Map(err)
	}
	// The empty string is in the condition for the index, which leaves the tests out.
	rows, err := s.db.Read.DB.QueryContext(ctx, "SELECT d.id, d.webhook_id, w.url, d.event, d.state, d.attempts, d.created_at, d.due_at, d.holder "+
		"FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.deleted_at = 0 "+
		"WHERE d.message_id = $1 AND d.message_id <> '' AND d.tenant_id = $2 ORDER BY d.id LIMIT 200", messageID, tenant)
	if err != nil {
		return nil, database.Map(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	items := []portal.WebhookDelivery{}
	for rows.Next() {
		var d portal.WebhookDelivery
		var created, due int64
		var holder string
		if err := rows.Scan(&d.DeliveryID, &d.WebhookID, &d.URL, &d.Event, &d.State, &d.Attempts, &created, &due, &holder); err != nil {
			return nil, database.Map(err)
		}
		d.CreatedAt, d.NextAt = time.UnixMicro(created).UTC(), nextAt(d.State, due, holder)
		items = append(items, d)
	}
	return items, database.Map(rows.Err())
}
