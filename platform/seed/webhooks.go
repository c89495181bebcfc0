package seed

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/platform/webhooks"
	"ghasi.io/portal/portal"
)

// told is how many deliveries the demo's webhook has behind it.
const told = 60

// addWebhook gives a tenant a webhook that was told of its latest messages. It is paused: its host exists nowhere.
func addWebhook(ctx context.Context, db *database.DB, tx bun.Tx, tenant string, sent []messages.Record, now time.Time) error {
	past := webhooks.Past{
		TenantID: tenant, URL: "https://hooks.pamir.example/sms", Status: portal.WebhookPaused, CreatedAt: now.AddDate(0, 0, -61),
		Events: []portal.WebhookEvent{portal.EventDelivered, portal.EventFailed, portal.EventExpired},
	}
	var done []messages.Record
	for _, r := range sent {
		if r.Status.Final() && r.Status != portal.StatusRejected && r.DoneAt > 0 && now.Sub(time.UnixMicro(r.DoneAt)) > 5*time.Minute {
			done = append(done, r)
		}
	}
	for i, r := range done[max(0, len(done)-told):] {
		past.Deliveries = append(past.Deliveries, webhooks.PastDelivery{Message: r, Tries: tries(i, time.UnixMicro(r.DoneAt))})
	}
	return webhooks.Import(ctx, db, tx, past)
}

// tries are mostly one: the receiver was overloaded once, and slow another time.
func tries(i int, at time.Time) []webhooks.PastTry {
	took := time.Duration(80+i*37%160) * time.Millisecond
	taken := webhooks.PastTry{At: at.Add(20 * time.Millisecond), Status: 200, Took: took, Body: `{"ok":true}`}
	switch i {
	case 17:
		first := webhooks.PastTry{At: taken.At, Status: 503, Error: "status", Took: took, Body: "upstream connect error"}
		taken.At = at.Add(6 * time.Second)
		return []webhooks.PastTry{first, taken}
	case 41:
		first := webhooks.PastTry{At: taken.At, Error: "timeout", Took: 15 * time.Second}
		taken.At = at.Add(22 * time.Second)
		return []webhooks.PastTry{first, taken}
	}
	return []webhooks.PastTry{taken}
}
