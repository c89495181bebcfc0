package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/sony/gobreaker/v2"

	"ghasi.io/portal/portal"
)

const (
	callTimeout = 2 * time.Second // of one call, body included
	maxBody     = 2 << 20
	maxPause    = time.Hour // that a desk may ask for
	breakerOpen = 30 * time.Second
	tripAfter   = 5 // failures in a row
	maxSubject  = 200
)

// upstream is the way to one desk: time limit, circuit breaker, and the pauses that the desk asks for.
type upstream struct {
	name      string
	base      url.URL
	transport http.RoundTripper
	timeout   time.Duration
	now       func() time.Time
	breaker   *gobreaker.CircuitBreaker[[]byte]

	mu     sync.Mutex
	paused time.Time // no call before
}

func newUpstream(name string, base url.URL, transport http.RoundTripper, now func() time.Time) *upstream {
	u := &upstream{name: name, base: base, transport: transport, timeout: callTimeout, now: now}
	if u.transport == nil {
		u.transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: callTimeout, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	u.breaker = gobreaker.NewCircuitBreaker[[]byte](gobreaker.Settings{
		Name: name, Timeout: breakerOpen,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= tripAfter },
		// A desk that asks for patience, or does not have what was asked for, is well.
		IsSuccessful: func(err error) bool {
			code := portal.CodeOf(err)
			return err == nil || code == portal.RateLimited || code == portal.NotFound
		},
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	})
	return u
}

// call sends r, whose URL has only path and query, and decodes a JSON answer into out. Errors: NotFound, RateLimited,
// Unavailable; refused tells whether the desk did not accept the credentials.
func (u *upstream) call(ctx context.Context, r *http.Request, out any) error {
	if wait := u.pause(); wait > 0 {
		return &portal.Error{Code: portal.RateLimited, RetryAfter: wait, Err: fmt.Errorf("%s asked to be left alone", u.name)}
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	body, err := u.breaker.Execute(func() ([]byte, error) { return u.send(r.WithContext(ctx)) })
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return &portal.Error{Code: portal.Unavailable, RetryAfter: breakerOpen, Err: fmt.Errorf("%s: %w", u.name, err)}
	case err != nil:
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return u.fault(errors.New("the answer is of another form")) // its text may be anybody's data
	}
	return nil
}

// errRefused is the cause when the desk does not accept our credentials.
var errRefused = errors.New("the credentials are refused")

func (u *upstream) send(r *http.Request) ([]byte, error) {
	r.URL.Scheme, r.URL.Host = u.base.Scheme, u.base.Host
	r.URL.Path = strings.TrimSuffix(u.base.Path, "/") + r.URL.Path
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "ghasi-portal")
	res, err := u.transport.RoundTrip(r) // not http.Client: a redirect would carry the credentials away
	if err != nil {
		return nil, u.fault(err)
	}
	defer func() { _ = res.Body.Close() }() // read or given up
	u.heed(res)
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, portal.Fail(portal.NotFound, fmt.Errorf("%s: not found", u.name))
	case http.StatusTooManyRequests:
		return nil, &portal.Error{Code: portal.RateLimited, RetryAfter: u.pause(), Err: fmt.Errorf("%s: too many requests", u.name)}
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, u.fault(errRefused)
	default:
		return nil, u.fault(fmt.Errorf("status %d", res.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, u.fault(err)
	case len(body) > maxBody:
		return nil, u.fault(errors.New("the answer is too long"))
	case !json.Valid(body):
		return nil, u.fault(errors.New("the answer is not JSON"))
	}
	return body, nil
}

func (u *upstream) fault(err error) error {
	return portal.Fail(portal.Unavailable, fmt.Errorf("%s: %w", u.name, err))
}

// pause is how long the desk still wants to be left alone.
func (u *upstream) pause() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	return max(0, u.paused.Sub(u.now()))
}

// heed reads how long the desk wants to be left alone: what it says when it refuses, and Zendesk's word that nothing
// is left of this minute.
func (u *upstream) heed(res *http.Response) {
	h := res.Header
	var wait time.Duration
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		wait = max(seconds(h.Get("Retry-After")), seconds(h.Get("X-RateLimit-Retry-After")))
		if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
			wait = at.Sub(u.now())
		}
		if wait <= 0 {
			wait = time.Minute // both desks count by the minute
		}
	case h.Get("X-Rate-Limit-Remaining") == "0" || h.Get("ratelimit-remaining") == "0":
		wait = seconds(h.Get("ratelimit-reset"))
	}
	if wait <= 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if until := u.now().Add(min(wait, maxPause)); until.After(u.paused) {
		u.paused = until
	}
}

func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// request makes a GET of a path below the desk's base.
func request(path string, query url.Values) *http.Request {
	return &http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query.Encode()}, Header: http.Header{}, Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// clean makes a customer's text fit to show: one line without controls and marks that change the direction of what
// comes after, maxSubject characters at most.
func clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == maxSubject {
			b.WriteRune('…')
			break
		}
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
