package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ghasi.io/portal/portal"
)

// Messages lists messages, newest first. token is the caller's access token.
func (c *Client) Messages(ctx context.Context, token string, f portal.MessageFilter) (portal.MessagePage, error) {
	var page portal.MessagePage
	err := c.do(ctx, call{
		op: "list messages", method: http.MethodGet, path: "/v1/messages", query: messageQuery(f),
		token: token, want: http.StatusOK, out: &page,
	})
	if err != nil {
		return portal.MessagePage{}, err
	}
	return page, nil
}

// messageQuery names only what narrows the list.
func messageQuery(f portal.MessageFilter) url.Values {
	q := make(url.Values, 4)
	set := func(name, value string) {
		if value != "" {
			q[name] = []string{value}
		}
	}
	if f.SubmittedAfter != nil {
		set("submittedAfter", f.SubmittedAfter.UTC().Format(time.RFC3339Nano))
	}
	if f.SubmittedBefore != nil {
		set("submittedBefore", f.SubmittedBefore.UTC().Format(time.RFC3339Nano))
	}
	for _, s := range f.Statuses {
		q["status"] = append(q["status"], string(s))
	}
	set("to", f.To)
	set("from", f.From)
	set("operator", f.Operator)
	set("cursor", f.Cursor)
	if f.Limit != 0 {
		set("limit", strconv.Itoa(f.Limit))
	}
	return q
}

// Message returns one message whole.
func (c *Client) Message(ctx context.Context, token, messageID string) (portal.Message, error) {
	if !portal.ValidID("msg", messageID) {
		return portal.Message{}, portal.Fail(portal.NotFound, errors.New("get message: malformed id"))
	}
	var m portal.Message
	err := c.do(ctx, call{
		op: "get message", method: http.MethodGet, path: "/v1/messages/" + messageID,
		token: token, want: http.StatusOK, out: &m,
	})
	if err == nil && m.MessageID != messageID {
		err = incomplete("get message")
	}
	if err != nil {
		return portal.Message{}, err
	}
	return m, nil
}

// SendMessage submits a message. idempotencyKey (may be empty) makes a repeat return the first answer.
func (c *Client) SendMessage(ctx context.Context, token, idempotencyKey string, m portal.NewMessage) (portal.AcceptedMessage, error) {
	if !validIdempotencyKey(idempotencyKey) {
		return portal.AcceptedMessage{}, portal.InvalidField("Idempotency-Key", "field.invalid")
	}
	var a portal.AcceptedMessage
	err := c.do(ctx, call{
		op: "send message", method: http.MethodPost, path: "/v1/messages", token: token,
		idempotency: idempotencyKey, want: http.StatusAccepted, out: &a,
	}.json(m))
	if err == nil && a.MessageID == "" {
		err = incomplete("send message")
	}
	if err != nil {
		return portal.AcceptedMessage{}, err
	}
	return a, nil
}

// validIdempotencyKey holds a key to the document, since it may have come through a form: visible ASCII, at most 255.
func validIdempotencyKey(s string) bool {
	for _, b := range []byte(s) {
		if b < 0x21 || b > 0x7e {
			return false
		}
	}
	return len(s) <= 255
}

// MessageStats returns the counts of the last days days, today included (1–90).
func (c *Client) MessageStats(ctx context.Context, token string, days int) (portal.MessageStats, error) {
	if days < 1 || days > 90 {
		return portal.MessageStats{}, portal.InvalidField("days", "field.out_of_range")
	}
	var s portal.MessageStats
	err := c.do(ctx, call{
		op: "count messages", method: http.MethodGet, path: "/v1/messages/stats",
		query: url.Values{"days": {strconv.Itoa(days)}}, token: token, want: http.StatusOK, out: &s,
	})
	if err != nil {
		return portal.MessageStats{}, err
	}
	return s, nil
}

// incomplete is the error of an answer that is JSON, but not what was asked for.
func incomplete(op string) error {
	return portal.Fail(portal.Unavailable, errors.New(op+": the answer lacks what it must have"))
}
