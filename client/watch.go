package client

import (
	"context"
	"net/http"
	"time"

	"ghasi.io/portal/portal"
	"ghasi.io/portal/telemetry"
)

// watch starts a call's span and clock. done takes the call's error.
func (c *Client) watch(ctx context.Context, op string) (_ context.Context, done func(error)) {
	start := time.Now()
	ctx, span := c.tracer.Start(ctx, op, telemetry.Client)
	return ctx, func(err error) {
		outcome := outcomeOf(err)
		telemetry.End(span, outcome, err)
		c.observe(op, outcome, time.Since(start))
	}
}

func outcomeOf(err error) string {
	if err == nil {
		return "ok"
	}
	return string(portal.CodeOf(err))
}

// watched is the way to the platform for whoever brings requests of their own.
type watched struct {
	client *Client
	op     string
}

func (t watched) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, done := t.client.watch(r.Context(), t.op)
	r = r.Clone(ctx) // a transport leaves the caller's headers alone
	t.client.tracer.Inject(ctx, r.Header)
	res, err := t.client.transport.RoundTrip(r)
	switch {
	case err != nil:
		done(portal.Fail(portal.Unavailable, err))
	case res.StatusCode >= http.StatusBadRequest:
		done(portal.Fail(statusCode(res.StatusCode), nil))
	default:
		done(nil)
	}
	return res, err
}
