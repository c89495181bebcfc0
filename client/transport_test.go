package client_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

// inTurn answers the first call by the first handler, and so on; the last one answers all that follow.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		handlers[min(int(n.Add(1)), len(handlers))-1](w, r)
	}
}

func unavailable(retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		problem(http.StatusServiceUnavailable, "unavailable", "")(w, r)
	}
}

func TestRepeats(t *testing.T) {
	keys := answer(http.StatusOK, map[string]any{"items": []portal.APIKey{key()}})
	accepted := answer(http.StatusAccepted, portal.AcceptedMessage{
		MessageID: messageID, Status: portal.StatusQueued, Segments: 1, Encoding: "GSM-7",
	})
	send := func(idempotencyKey string) func(*client.Client) error {
		return func(c *client.Client) error {
			_, err := c.SendMessage(context.Background(), token, idempotencyKey, portal.NewMessage{
				To: "+93700000001", From: "Ghasi", Body: "Hi",
			})
			return err
		}
	}
	list := func(c *client.Client) error { _, err := c.APIKeys(context.Background(), token); return err }
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		call   func(*client.Client) error
		calls  int
		code   portal.Code
		wait   time.Duration
	}{
		{"ReadTwiceBad", inTurn(unavailable(""), unavailable("0"), keys), list, 3, "", 0},
		{"ReadAlwaysBad", unavailable(""), list, 3, portal.Unavailable, 0},
		{"WriteWithKey", inTurn(unavailable(""), accepted), send("7f3c"), 2, "", 0},
		{"WriteWithoutKey", inTurn(unavailable(""), accepted), send(""), 1, portal.Unavailable, 0},
		{"NamedWaitTooLong", unavailable("3600"), list, 1, portal.Unavailable, time.Hour},
		{"NamedWaitAbsurd", unavailable("99999999"), list, 1, portal.Unavailable, 24 * time.Hour},
		{"NamedWaitUnreadable", inTurn(unavailable("soon"), keys), list, 2, "", 0},
		{"RateLimited", problem(http.StatusTooManyRequests, "rate_limited", ""), list, 1, portal.RateLimited, 7 * time.Second},
		{"Refused", problem(http.StatusForbidden, "forbidden", ""), list, 1, portal.Forbidden, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, up := bare(t, tc.answer)
			err := tc.call(c)
			if got := portal.CodeOf(err); got != tc.code {
				t.Errorf("err = %v, want %q", err, tc.code)
			}
			if err != nil && asError(t, err).RetryAfter != tc.wait {
				t.Errorf("RetryAfter = %v, want %v", asError(t, err).RetryAfter, tc.wait)
			}
			if up.calls() != tc.calls {
				t.Errorf("%d calls, want %d", up.calls(), tc.calls)
			}
			for i, b := range up.bodies[1:] {
				if b != up.bodies[0] {
					t.Errorf("attempt %d sent %q, the first %q", i+2, b, up.bodies[0])
				}
			}
		})
	}
}

func TestRetryAfterDate(t *testing.T) {
	date := time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
	c, _ := bare(t, unavailable(date))
	_, err := c.APIKeys(context.Background(), token)
	if d := asError(t, err).RetryAfter; d < 9*time.Minute || d > 10*time.Minute {
		t.Errorf("RetryAfter = %v, want about 10 minutes", d)
	}
}

// TestNoRepeatBeyondDeadline: a second attempt that cannot end in time only keeps the page waiting.
func TestNoRepeatBeyondDeadline(t *testing.T) {
	c, up := bare(t, unavailable(""))
	ctx, cancel := context.WithTimeout(context.Background(), fast.AttemptTimeout/2)
	defer cancel()
	if _, err := c.APIKeys(ctx, token); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("err = %v, want unavailable", err)
	}
	if up.calls() != 1 {
		t.Errorf("%d calls, want 1", up.calls())
	}
}

func TestBreaker(t *testing.T) {
	c, up := bare(t, unavailable(""))
	for range 10 {
		_, _ = c.APIKeys(context.Background(), token) // failing is what this is about
	}
	if n := up.calls(); n != 20 {
		t.Errorf("%d calls reached the upstream, want 20: then the breaker opens", n)
	}
	_, err := c.APIKeys(context.Background(), token)
	if e := asError(t, err); e.Code != portal.Unavailable || e.RetryAfter != 5*time.Second {
		t.Errorf("open breaker: %v, retry after %v", e, e.RetryAfter)
	}
}

// TestBreaker_CallersCancel: visitors who leave do not close the way for the others.
func TestBreaker_CallersCancel(t *testing.T) {
	var hang atomic.Bool
	hang.Store(true)
	c, _ := bare(t, func(w http.ResponseWriter, r *http.Request) {
		if hang.Load() {
			<-r.Context().Done()
			return
		}
		answer(http.StatusOK, map[string]any{"items": []portal.APIKey{}})(w, r)
	})
	for range 25 {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(2*time.Millisecond, cancel)
		_, _ = c.APIKeys(ctx, token) // cancelled
	}
	hang.Store(false)
	if _, err := c.APIKeys(context.Background(), token); err != nil {
		t.Errorf("after 25 cancelled calls: %v", err)
	}
}

// TestConnectionsAreReused: a repeated attempt must not cost a connection.
func TestConnectionsAreReused(t *testing.T) {
	c, up := bare(t, inTurn(unavailable(""), unavailable(""), unavailable(""), answer(http.StatusOK, map[string]any{"items": []portal.APIKey{}})))
	for range 5 {
		_, _ = c.APIKeys(context.Background(), token) // the first fails
	}
	from := map[string]bool{}
	for _, r := range up.seen {
		from[r.RemoteAddr] = true
	}
	if len(from) != 1 {
		t.Errorf("%d calls over %d connections, want 1", up.calls(), len(from))
	}
}

// TestUnreplayableBody: what cannot be sent again is not, even if its method allows it.
func TestUnreplayableBody(t *testing.T) {
	rt := client.NewTransport(client.TransportOptions{Base: faulty{}, Backoff: time.Millisecond})
	r, err := http.NewRequest(http.MethodPut, "http://api.example.af/", io.MultiReader(strings.NewReader("once")))
	if err != nil {
		t.Fatal(err)
	}
	res, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if got := res.Header.Get("X-Body"); res.StatusCode != http.StatusServiceUnavailable || got != "once" {
		t.Errorf("status %d, body sent %q", res.StatusCode, got)
	}
}

// faulty answers 503 and tells the body that it was sent.
type faulty struct{}

func (faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusServiceUnavailable, Body: http.NoBody,
		Header: http.Header{"X-Body": {string(b)}, "Content-Length": {strconv.Itoa(0)}},
	}, nil
}
