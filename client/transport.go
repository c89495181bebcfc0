package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"
)

// breakerOpen is how long the breaker refuses calls before it tries the upstream again.
const breakerOpen = 5 * time.Second

// TransportOptions tune [NewTransport]; the zero value of each means its default.
type TransportOptions struct {
	Base           http.RoundTripper // what reaches the network
	Attempts       int               // at most, for a request that may be repeated; 3
	AttemptTimeout time.Duration     // of one attempt, body included; 4 s
	Backoff        time.Duration     // before the second attempt, doubled before each further one; 50 ms
	MaxWait        time.Duration     // longest Retry-After that is waited for; 1 s
}

// NewTransport returns the way to one upstream over the network. From the outside in: retry, circuit breaker, attempt
// timeout, connection pool. One transport an upstream: they share the breaker.
//
// Repeated are requests that change nothing when repeated (GET, HEAD, OPTIONS, PUT, DELETE, or any with an
// Idempotency-Key) after a network fault, 429, 502, 503 or 504. Bodies are read whole, at most 2 MB, so that a body
// that breaks off counts as a failed attempt.
func NewTransport(o TransportOptions) http.RoundTripper {
	if o.Base == nil {
		o.Base = pool()
	}
	if o.Attempts == 0 {
		o.Attempts = 3
	}
	if o.AttemptTimeout == 0 {
		o.AttemptTimeout = 4 * time.Second
	}
	if o.Backoff == 0 {
		o.Backoff = 50 * time.Millisecond
	}
	if o.MaxWait == 0 {
		o.MaxWait = time.Second
	}
	return &transport{o: o, breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: "platform", Interval: 10 * time.Second, BucketPeriod: time.Second, Timeout: breakerOpen,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.Requests >= 20 && n.TotalFailures*2 >= n.Requests },
		// Someone who closes the page says nothing about the upstream.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	})}
}

// pool is the connections to one upstream.
func pool() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    3 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64,
		MaxConnsPerHost:        128,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

type transport struct {
	o       TransportOptions
	breaker *gobreaker.CircuitBreaker[struct{}]
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	for n := 1; ; n++ {
		res, err := t.guarded(r)
		if n >= t.o.Attempts || !repeatable(r) || !worthRepeating(r.Context(), res, err) {
			return res, err
		}
		wait, ok := t.wait(r.Context(), n, res)
		if !ok {
			return res, err
		}
		if res != nil {
			_ = res.Body.Close() // in memory: nothing is lost
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.Context().Done():
			timer.Stop()
			return nil, r.Context().Err()
		}
		if r, err = again(r); err != nil {
			return nil, err
		}
	}
}

// guarded makes one attempt if the breaker lets it. A 5xx counts as a failure of the upstream and is returned as the
// response it is.
func (t *transport) guarded(r *http.Request) (*http.Response, error) {
	var res *http.Response
	_, err := t.breaker.Execute(func() (none struct{}, err error) {
		res, err = t.attempt(r) //nolint:bodyclose // the caller's
		if err == nil && res.StatusCode >= 500 {
			err = errServer
		}
		return none, err
	})
	if res != nil {
		return res, nil
	}
	return nil, err
}

var errServer = errors.New("server error")

// attempt sends r once and reads the answer whole.
func (t *transport) attempt(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), t.o.AttemptTimeout)
	defer cancel()
	res, err := t.o.Base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	body := res.Body
	defer func() { _ = body.Close() }() // its bytes are read or given up
	size := res.ContentLength
	if size > maxBody {
		return nil, errTooLarge
	}
	buf := bytes.NewBuffer(make([]byte, 0, max(size, 0)+bytes.MinRead))
	if _, err := buf.ReadFrom(io.LimitReader(body, maxBody+1)); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if buf.Len() > maxBody {
		return nil, errTooLarge
	}
	res.Body = &memoryBody{buf: buf}
	return res, nil
}

// repeatable reports whether sending r twice does no more than sending it once.
func repeatable(r *http.Request) bool {
	if r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
		return false
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.Header.Get("Idempotency-Key") != ""
}

// worthRepeating reports whether another attempt may go better.
func worthRepeating(ctx context.Context, res *http.Response, err error) bool {
	if ctx.Err() != nil || errors.Is(err, errTooLarge) ||
		errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return false
	}
	if err != nil {
		return true
	}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// wait is how long to wait before attempt n+1. ok is false when it would be too long: when the upstream names a time
// beyond MaxWait, or the caller's deadline leaves no room for a whole attempt.
func (t *transport) wait(ctx context.Context, n int, res *http.Response) (d time.Duration, ok bool) {
	d = t.o.Backoff << (n - 1)
	d = d/2 + rand.N(d/2+1) //nolint:gosec // jitter, not a secret
	if res != nil {
		named := retryAfter(res.Header.Get("Retry-After"), time.Now())
		if named > t.o.MaxWait {
			return 0, false
		}
		d = max(d, named)
	}
	if deadline, has := ctx.Deadline(); has && time.Until(deadline) < d+t.o.AttemptTimeout {
		return 0, false
	}
	return d, true
}

// again returns r with a fresh body.
func again(r *http.Request) (*http.Request, error) {
	if r.GetBody == nil {
		return r, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, fmt.Errorf("replay request body: %w", err)
	}
	c := r.WithContext(r.Context())
	c.Body = body
	return c, nil
}
