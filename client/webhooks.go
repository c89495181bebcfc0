package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"ghasi.io/portal/portal"
)

// webhookConflicts are the words for what collides with a webhook, by the problem's code.
var webhookConflicts = map[string]string{
	"conflict":             "webhooks.error.duplicate",
	"webhook_changed":      "webhooks.error.stale",
	"webhook_limit":        "webhooks.error.limit",
	"webhook_rotating":     "webhooks.error.rotating",
	"webhook_not_rotating": "webhooks.error.not_rotating",
	"delivery_in_hand":     "webhooks.error.in_hand",
}

// Webhooks lists the tenant's webhooks, oldest first.
func (c *Client) Webhooks(ctx context.Context, token string) ([]portal.Webhook, error) {
	var list struct {
		Items []portal.Webhook `json:"items"`
	}
	err := c.do(ctx, call{
		op: "list webhooks", method: http.MethodGet, path: "/v1/webhooks", token: token, want: http.StatusOK, out: &list,
	})
	return list.Items, err
}

// CreateWebhook makes a webhook. Its answer alone holds the signing secret. Errors: Invalid with the field "url" or
// "events"; Conflict with the key webhooks.error.duplicate or webhooks.error.limit.
func (c *Client) CreateWebhook(ctx context.Context, token string, w portal.NewWebhook) (portal.SavedWebhook, error) {
	var saved portal.SavedWebhook
	err := c.do(ctx, call{
		op: "create webhook", method: http.MethodPost, path: "/v1/webhooks", token: token,
		want: http.StatusCreated, out: &saved, refused: webhookConflict,
	}.json(w))
	if err == nil && (saved.WebhookID == "" || saved.SigningSecret == "") {
		err = incomplete("create webhook")
	}
	if err != nil {
		return portal.SavedWebhook{}, err
	}
	return saved, nil
}

// Webhook returns one webhook.
func (c *Client) Webhook(ctx context.Context, token, id string) (portal.Webhook, error) {
	var w portal.Webhook
	err := c.webhook(ctx, call{op: "get webhook", method: http.MethodGet, token: token, want: http.StatusOK, out: &w}, id, "")
	if err == nil && w.WebhookID != id {
		err = incomplete("get webhook")
	}
	if err != nil {
		return portal.Webhook{}, err
	}
	return w, nil
}

// ChangeWebhook changes what ch names. Errors: those of [Client.CreateWebhook]; Conflict with the key
// webhooks.error.stale when the webhook has changed since ch.Version.
func (c *Client) ChangeWebhook(ctx context.Context, token, id string, ch portal.WebhookChange) (portal.SavedWebhook, error) {
	var saved portal.SavedWebhook
	err := c.webhook(ctx, call{op: "change webhook", method: http.MethodPatch, token: token, want: http.StatusOK, out: &saved}.json(ch), id, "")
	if err == nil && saved.WebhookID != id {
		err = incomplete("change webhook")
	}
	if err != nil {
		return portal.SavedWebhook{}, err
	}
	return saved, nil
}

// DeleteWebhook ends a webhook, and with it all that waits for it.
func (c *Client) DeleteWebhook(ctx context.Context, token, id string) error {
	return c.webhook(ctx, call{op: "delete webhook", method: http.MethodDelete, token: token, want: http.StatusNoContent}, id, "")
}

// TestWebhook sends a test event, once, also to a webhook that is paused or disabled. Errors: Conflict with the key
// webhooks.error.in_hand while several wait already.
func (c *Client) TestWebhook(ctx context.Context, token, id string) (portal.WebhookDelivery, error) {
	var d portal.WebhookDelivery
	err := c.webhook(ctx, call{op: "test webhook", method: http.MethodPost, token: token, want: http.StatusAccepted, out: &d}, id, "/test")
	return d, err
}

// WebhookAttempts lists what was tried, newest first, without bodies and headers.
func (c *Client) WebhookAttempts(ctx context.Context, token, id string, f portal.WebhookAttemptFilter) (portal.WebhookAttemptPage, error) {
	q := url.Values{}
	if f.Outcome != "" {
		q.Set("outcome", f.Outcome)
	}
	if f.Limit != 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	if f.Cursor != "" {
		q.Set("cursor", f.Cursor)
	}
	var page portal.WebhookAttemptPage
	err := c.webhook(ctx, call{
		op: "list webhook attempts", method: http.MethodGet, query: q, token: token, want: http.StatusOK, out: &page,
	}, id, "/attempts")
	return page, err
}

// WebhookAttempt returns one attempt whole.
func (c *Client) WebhookAttempt(ctx context.Context, token, id, attemptID string) (portal.WebhookAttempt, error) {
	if !portal.ValidID("wat", attemptID) {
		return portal.WebhookAttempt{}, portal.Fail(portal.NotFound, errors.New("get webhook attempt: malformed id"))
	}
	var a portal.WebhookAttempt
	err := c.webhook(ctx, call{op: "get webhook attempt", method: http.MethodGet, token: token, want: http.StatusOK, out: &a}, id, "/attempts/"+attemptID)
	if err == nil && a.AttemptID != attemptID {
		err = incomplete("get webhook attempt")
	}
	if err != nil {
		return portal.WebhookAttempt{}, err
	}
	return a, nil
}

// RetryWebhookDelivery tries a delivery again at once, whatever became of it. Errors: Conflict with the key
// webhooks.error.in_hand while it is being tried.
func (c *Client) RetryWebhookDelivery(ctx context.Context, token, id, deliveryID string) (portal.WebhookDelivery, error) {
	if !portal.ValidID("dlv", deliveryID) {
		return portal.WebhookDelivery{}, portal.Fail(portal.NotFound, errors.New("retry webhook delivery: malformed id"))
	}
	var d portal.WebhookDelivery
	err := c.webhook(ctx, call{
		op: "retry webhook delivery", method: http.MethodPost, token: token, want: http.StatusAccepted, out: &d,
	}, id, "/deliveries/"+deliveryID+"/retry")
	return d, err
}

// RotateWebhookSecret makes a new secret. The old one signs beside it for overlapSeconds (0, 3600, 86400 or 604800).
// Errors: Conflict with the key webhooks.error.rotating while an older one still signs.
func (c *Client) RotateWebhookSecret(ctx context.Context, token, id string, overlapSeconds int) (portal.RotatedWebhookSecret, error) {
	var rotated portal.RotatedWebhookSecret
	err := c.webhook(ctx, call{
		op: "rotate webhook secret", method: http.MethodPost, token: token, want: http.StatusOK, out: &rotated,
	}.json(portal.RotateWebhookSecret{OverlapSeconds: overlapSeconds}), id, "/secret/rotate")
	if err == nil && rotated.SigningSecret == "" {
		err = incomplete("rotate webhook secret")
	}
	if err != nil {
		return portal.RotatedWebhookSecret{}, err
	}
	return rotated, nil
}

// RetireWebhookSecret ends the old secret of a rotation at once. Errors: Conflict with the key webhooks.error.not_rotating
// when none signs any more.
func (c *Client) RetireWebhookSecret(ctx context.Context, token, id string) error {
	return c.webhook(ctx, call{op: "retire webhook secret", method: http.MethodPost, token: token, want: http.StatusNoContent}, id, "/secret/retire")
}

// CheckWebhookURL looks where a URL points, without saving it. Errors: Invalid with the field "url".
func (c *Client) CheckWebhookURL(ctx context.Context, token, raw string) (portal.WebhookCheck, error) {
	var check portal.WebhookCheck
	err := c.do(ctx, call{
		op: "check webhook URL", method: http.MethodPost, path: "/v1/webhooks/check", token: token, want: http.StatusOK, out: &check,
	}.json(struct {
		URL string `json:"url"`
	}{raw}))
	if err == nil && check.Verdict == "" {
		err = incomplete("check webhook URL")
	}
	if err != nil {
		return portal.WebhookCheck{}, err
	}
	return check, nil
}

// MessageDeliveries lists what webhooks were told of a message, oldest first.
func (c *Client) MessageDeliveries(ctx context.Context, token, messageID string) ([]portal.WebhookDelivery, error) {
	if !portal.ValidID("msg", messageID) {
		return nil, portal.Fail(portal.NotFound, errors.New("list message deliveries: malformed id"))
	}
	var list struct {
		Items []portal.WebhookDelivery `json:"items"`
	}
	err := c.do(ctx, call{
		op: "list message deliveries", method: http.MethodGet, path: "/v1/messages/" + messageID + "/deliveries",
		token: token, want: http.StatusOK, out: &list,
	})
	return list.Items, err
}

// webhook makes a call below one webhook. A malformed id is not sent.
func (c *Client) webhook(ctx context.Context, k call, id, below string) error {
	if !portal.ValidID("whk", id) {
		return portal.Fail(portal.NotFound, errors.New(k.op+": malformed id"))
	}
	k.path, k.refused = "/v1/webhooks/"+id+below, webhookConflict
	return c.do(ctx, k)
}

// webhookConflict gives each conflict its own words: a person has to do something else about each.
func webhookConflict(res *http.Response, body []byte) *portal.Error {
	if res.StatusCode != http.StatusConflict || !isMedia(res.Header.Get("Content-Type"), "application/problem+json") {
		return nil
	}
	var p problem
	_ = json.Unmarshal(body, &p) // what cannot be read has no code that we know
	key, known := webhookConflicts[p.Code]
	if !known {
		return nil
	}
	return &portal.Error{Code: portal.Conflict, Key: key, Err: statusError("webhook", res)}
}
