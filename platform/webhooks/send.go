package webhooks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	connectTimeout = 5 * time.Second
	// attemptTimeout bounds a request whole: the specification asks for 15 to 30 s.
	attemptTimeout = 15 * time.Second
	// bodyTimeout bounds the reading of an answer's body: what matters is the status before it.
	bodyTimeout = 2 * time.Second

	maxRead        = 64 << 10 // bytes of an answer's body
	maxKept        = 4 << 10
	maxHeaderBytes = 16 << 10
	maxHeaders     = 32
	maxHeaderValue = 512
	maxRetryAfter  = 24 * time.Hour
	maxIdlePerHost = perEndpoint
)

// What can be wrong with an attempt.
const (
	errTimeout     = "timeout"
	errAddress     = "refused_address"
	errConnection  = "connection"
	errTLS         = "tls"
	errRedirect    = "redirect"
	errStatus      = "status"
	errInterrupted = "interrupted"
)

// sender posts deliveries: to public addresses alone, without proxies, cookies or redirects.
type sender struct {
	dialer    *net.Dialer
	transport *http.Transport
	roots     *x509.CertPool
	now       func() time.Time
	timeout   time.Duration // of a request whole
}

func newSender(g guard, resolver *net.Resolver, roots *x509.CertPool, now func() time.Time) *sender {
	s := &sender{
		dialer: &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, Control: g.control, Resolver: resolver},
		roots:  roots, now: now, timeout: attemptTimeout,
	}
	s.transport = &http.Transport{
		Proxy:                  nil, // a proxy would connect for us, past the guard
		DialContext:            s.dialer.DialContext,
		TLSClientConfig:        s.tls(""),
		TLSHandshakeTimeout:    connectTimeout,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1: an endpoint's bound is also one of connections
		DisableCompression:     true,                                                   // nobody unpacks a bomb here
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		WriteBufferSize:        4 << 10,
		ReadBufferSize:         4 << 10,
	}
	return s
}

func (s *sender) tls(host string) *tls.Config {
	return &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12, ServerName: host}
}

// outcome is what came of one request.
type outcome struct {
	status          int    // 0: no answer
	err             string // "" when the receiver took it
	took            time.Duration
	requestHeaders  map[string]string
	responseHeaders map[string]string
	body            string
	cut             bool
	retryAfter      time.Duration
}

// post sends a body with signatures by secrets, and says how it went.
func (s *sender) post(ctx context.Context, url, id string, body string, secrets ...[]byte) outcome {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	start := s.now()
	headers := requestHeaders(secrets, id, start, body)
	o := outcome{requestHeaders: headers}
	defer func() { o.took = s.now().Sub(start) }()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		o.err = errConnection // the URL was checked: this does not happen
		return o
	}
	for name, value := range headers {
		r.Header[name] = []string{value}
	}
	res, err := s.transport.RoundTrip(r) // not a Client: no redirect is followed, no cookie kept
	if err != nil {
		o.err = classify(ctx, err)
		return o
	}
	defer res.Body.Close() //nolint:errcheck // what is left of it is not read: the connection ends
	o.status = res.StatusCode
	o.responseHeaders = keepHeaders(res.Header)
	o.retryAfter = retryAfter(res.Header.Get("Retry-After"), start)
	stop := time.AfterFunc(bodyTimeout, cancel)
	o.body, o.cut = keepBody(res.Body)
	stop.Stop()
	o.cut = o.cut || ctx.Err() != nil // a receiver that sees us go may still end its answer properly
	switch {
	case o.status >= 300 && o.status < 400:
		o.err = errRedirect
	case o.status < 200 || o.status >= 300:
		o.err = errStatus
	}
	return o
}

func requestHeaders(secrets [][]byte, id string, at time.Time, body string) map[string]string {
	return map[string]string{
		"Content-Type": "application/json", "User-Agent": "Ghasi-Webhooks/1.0", "Accept": "*/*",
		"Webhook-Id": id, "Webhook-Timestamp": strconv.FormatInt(at.Unix(), 10), "Webhook-Signature": signatures(secrets, id, at, body),
	}
}

// signatures is the header's list, the newest secret's first.
func signatures(secrets [][]byte, id string, at time.Time, body string) string {
	list := make([]string, len(secrets))
	for i, secret := range secrets {
		list[i] = sign(secret, id, at, []byte(body))
	}
	return strings.Join(list, " ")
}

// classify says why there was no answer.
func classify(ctx context.Context, err error) string {
	var network net.Error
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errRefused):
		return errAddress
	case errors.Is(ctx.Err(), context.Canceled):
		return errInterrupted
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return errTimeout
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return errTLS
	}
	return errConnection
}

// keepBody reads a bounded part of a body, and keeps a smaller one as text.
func keepBody(body io.Reader) (text string, cut bool) {
	b, err := io.ReadAll(io.LimitReader(body, maxRead+1))
	cut = len(b) > maxKept || err != nil
	b = b[:min(len(b), maxKept)]
	text = strings.Map(func(r rune) rune {
		if r == 0 { // PostgreSQL keeps no NUL
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(string(b), "\uFFFD"))
	for len(text) > maxKept { // replacements are longer than what they replace
		text = strings.ToValidUTF8(text[:maxKept], "")
		cut = true
	}
	return text, cut
}

func keepHeaders(h http.Header) map[string]string {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	kept := map[string]string{}
	for _, name := range names[:min(len(names), maxHeaders)] {
		value := strings.ReplaceAll(strings.ToValidUTF8(strings.Join(h[name], ", "), "\uFFFD"), "\x00", "\uFFFD")
		kept[name] = strings.ToValidUTF8(value[:min(len(value), maxHeaderValue)], "")
	}
	return kept
}

// retryAfter reads a Retry-After header: seconds or a date. 0 is unknown.
func retryAfter(value string, now time.Time) time.Duration {
	var d time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
