package client_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

const (
	hookID     = "whk_01jdex4v5m8y2k6r3t9w0b7c1d"
	deliveryID = "dlv_01jdex4v5m8y2k6r3t9w0b7c1d"
	attemptID  = "wat_01jdex4v5m8y2k6r3t9w0b7c1d"
	newSecret  = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

func hook() portal.Webhook {
	return portal.Webhook{
		WebhookID: hookID, URL: "https://example.af/", Events: []portal.WebhookEvent{portal.EventSent}, Status: portal.WebhookActive,
		Version: 1, CreatedAt: at, UpdatedAt: at,
		LastAttempt: &portal.WebhookAttempt{AttemptID: attemptID, DeliveryID: deliveryID, Event: portal.EventSent, At: at, Number: 1, DeliveryState: "failed", Error: "timeout"},
		Rotation:    &portal.WebhookRotation{StartedAt: at, EndsAt: at},
	}
}

func told() portal.WebhookDelivery {
	return portal.WebhookDelivery{DeliveryID: deliveryID, WebhookID: hookID, URL: "https://example.af/", Event: portal.EventSent, State: "waiting", CreatedAt: at}
}

// TestWebhooks holds every call to the document, and its answer to what came.
func TestWebhooks(t *testing.T) {
	paused := portal.WebhookPaused
	saved := portal.SavedWebhook{Webhook: hook(), SigningSecret: newSecret, Check: &portal.WebhookCheck{Verdict: "ok", Addresses: []string{"8.8.8.8"}}}
	attempt := *hook().LastAttempt
	attempt.RequestHeaders, attempt.ResponseBody = map[string]string{"Webhook-Id": deliveryID}, "no"
	page := portal.WebhookAttemptPage{Items: []portal.WebhookAttempt{*hook().LastAttempt}, NextCursor: attemptID}
	rotated := portal.RotatedWebhookSecret{SigningSecret: newSecret, OldEndsAt: at}
	base := "/v1/webhooks/" + hookID
	for name, tc := range map[string]struct {
		status int
		answer any
		call   func(*client.Client, context.Context) (any, error)
		want   string // method and path
		query  url.Values
		body   string
	}{
		"Webhooks": {200, map[string]any{"items": []portal.Webhook{hook()}}, func(c *client.Client, ctx context.Context) (any, error) {
			list, err := c.Webhooks(ctx, token)
			return map[string]any{"items": list}, err
		}, "GET /v1/webhooks", url.Values{}, ""},
		"CreateWebhook": {201, saved, func(c *client.Client, ctx context.Context) (any, error) {
			return c.CreateWebhook(ctx, token, portal.NewWebhook{URL: "https://example.af/", Events: []portal.WebhookEvent{portal.EventSent}})
		}, "POST /v1/webhooks", url.Values{}, `{"url":"https://example.af/","events":["message.sent"]}`},
		"Webhook": {200, hook(), func(c *client.Client, ctx context.Context) (any, error) { return c.Webhook(ctx, token, hookID) },
			"GET " + base, url.Values{}, ""},
		"ChangeWebhook": {200, saved, func(c *client.Client, ctx context.Context) (any, error) {
			return c.ChangeWebhook(ctx, token, hookID, portal.WebhookChange{Status: &paused, Version: 1})
		}, "PATCH " + base, url.Values{}, `{"status":"paused","version":1}`},
		"DeleteWebhook": {204, nil, func(c *client.Client, ctx context.Context) (any, error) {
			return nil, c.DeleteWebhook(ctx, token, hookID)
		},
			"DELETE " + base, url.Values{}, ""},
		"TestWebhook": {202, told(), func(c *client.Client, ctx context.Context) (any, error) { return c.TestWebhook(ctx, token, hookID) },
			"POST " + base + "/test", url.Values{}, ""},
		"WebhookAttempts": {200, page, func(c *client.Client, ctx context.Context) (any, error) {
			return c.WebhookAttempts(ctx, token, hookID, portal.WebhookAttemptFilter{Outcome: "failed", Limit: 1, Cursor: attemptID})
		}, "GET " + base + "/attempts", url.Values{"outcome": {"failed"}, "limit": {"1"}, "cursor": {attemptID}}, ""},
		"WebhookAttempt": {200, attempt, func(c *client.Client, ctx context.Context) (any, error) {
			return c.WebhookAttempt(ctx, token, hookID, attemptID)
		}, "GET " + base + "/attempts/" + attemptID, url.Values{}, ""},
		"RetryWebhookDelivery": {202, told(), func(c *client.Client, ctx context.Context) (any, error) {
			return c.RetryWebhookDelivery(ctx, token, hookID, deliveryID)
		}, "POST " + base + "/deliveries/" + deliveryID + "/retry", url.Values{}, ""},
		"RotateWebhookSecret": {200, rotated, func(c *client.Client, ctx context.Context) (any, error) {
			return c.RotateWebhookSecret(ctx, token, hookID, 3600)
		}, "POST " + base + "/secret/rotate", url.Values{}, `{"overlapSeconds":3600}`},
		"RetireWebhookSecret": {204, nil, func(c *client.Client, ctx context.Context) (any, error) {
			return nil, c.RetireWebhookSecret(ctx, token, hookID)
		}, "POST " + base + "/secret/retire", url.Values{}, ""},
		"CheckWebhookURL": {200, *saved.Check, func(c *client.Client, ctx context.Context) (any, error) {
			return c.CheckWebhookURL(ctx, token, "https://example.af/")
		}, "POST /v1/webhooks/check", url.Values{}, `{"url":"https://example.af/"}`},
		"MessageDeliveries": {200, map[string]any{"items": []portal.WebhookDelivery{told()}}, func(c *client.Client, ctx context.Context) (any, error) {
			list, err := c.MessageDeliveries(ctx, token, messageID)
			return map[string]any{"items": list}, err
		}, "GET /v1/messages/" + messageID + "/deliveries", url.Values{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, up := inProcess(t, answer(tc.status, tc.answer))
			got, err := tc.call(c, context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.answer, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			r := up.seen[0]
			if s := r.Method + " " + r.URL.Path; s != tc.want || r.Header.Get("Authorization") != "Bearer "+token {
				t.Errorf("%s, want %s", s, tc.want)
			}
			if diff := cmp.Diff(tc.query, r.URL.Query()); diff != "" || string(up.bodies[0]) != tc.body {
				t.Errorf("query %s, body %s", diff, up.bodies[0])
			}
		})
	}
}

// TestWebhooks_Conflicts: each has words of its own.
func TestWebhooks_Conflicts(t *testing.T) {
	for code, key := range map[string]string{
		"conflict": "webhooks.error.duplicate", "webhook_changed": "webhooks.error.stale", "webhook_limit": "webhooks.error.limit",
		"webhook_rotating": "webhooks.error.rotating", "webhook_not_rotating": "webhooks.error.not_rotating",
		"delivery_in_hand": "webhooks.error.in_hand",
	} {
		c, _ := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusConflict)
			_ = json.NewEncoder(w).Encode(map[string]any{
				"type": "https://ghasi.io/problems/" + code, "title": "Conflict", "status": 409, "code": code, "requestId": "r",
			})
		}))
		_, err := c.ChangeWebhook(context.Background(), token, hookID, portal.WebhookChange{Version: 1})
		if e, ok := err.(*portal.Error); !ok || e.Code != portal.Conflict || e.Key != key { //nolint:errorlint // it is that very type
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestWebhooks_MalformedIDsAreNotSent(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusOK, nil))
	ctx := context.Background()
	for _, id := range []string{"", "..", "whk_../x", hookID + "/test", "whk_\x00", messageID} {
		_, e1 := c.Webhook(ctx, token, id)
		_, e2 := c.WebhookAttempt(ctx, token, hookID, id)
		_, e3 := c.RetryWebhookDelivery(ctx, token, hookID, id)
		_, e4 := c.MessageDeliveries(ctx, token, id+"?")
		for i, err := range []error{e1, e2, e3, e4, c.DeleteWebhook(ctx, token, id)} {
			if portal.CodeOf(err) != portal.NotFound {
				t.Errorf("%q, call %d: %v", id, i, err)
			}
		}
	}
	if n := up.calls(); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
}
