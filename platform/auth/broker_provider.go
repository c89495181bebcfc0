package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"ghasi.io/portal/portal"
)

const (
	providerTimeout = 5 * time.Second // of one call, body included
	providerBody    = 1 << 20         // bytes
	metadataAge     = time.Hour
	providerKeysAge = 5 * time.Minute
	providerRefetch = 10 * time.Second // an unknown key id is looked up at most once in this time
	failurePause    = time.Second      // a provider that has just failed is left alone for so long
	maxFailurePause = time.Minute      // even when it asks for more
	maxRetryAfter   = 24 * time.Hour
)

// metadata is what we use of OpenID Connect Discovery's document.
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint"`
	EndSessionEndpoint    string   `json:"end_session_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	IssInResponse         bool     `json:"authorization_response_iss_parameter_supported"`
}

// provider reaches the OpenID provider, and remembers its metadata and keys. What it has read survives an outage.
type provider struct {
	o    BrokerOptions
	http *http.Client
	now  func() time.Time
	log  *slog.Logger

	flight singleflight.Group
	mu     sync.Mutex // guards the rest
	meta   metadata
	metaAt time.Time
	keys   providerKeys
	keysAt time.Time
	pause  time.Time // until then the last failure is the answer
	failed error
}

func newProvider(o BrokerOptions, now func() time.Time, log *slog.Logger) *provider {
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			TLSHandshakeTimeout: 3 * time.Second, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, MaxConnsPerHost: 32,
			IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	return &provider{o: o, now: now, log: log, http: &http.Client{
		Transport: o.Transport, Timeout: providerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// refusal is an error of RFC 6749, section 5.2, from one of the provider's endpoints.
type refusal struct {
	status      int
	code, words string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("provider answers %d %.60q (%.200q)", r.status, r.code, r.words)
}

// call makes one bounded call and decodes a 2xx answer into out, when that is not nil. Errors: Unavailable and
// RateLimited as portal.Error, with RetryAfter; a [*refusal] for the others.
func (p *provider) call(r *http.Request, out any) error {
	r.Header.Set("Accept", "application/json")
	res, err := p.http.Do(r)
	if err != nil {
		return portal.Fail(portal.Unavailable, fmt.Errorf("reach provider: %w", err))
	}
	defer func() { _ = res.Body.Close() }() // read or given up
	body, err := io.ReadAll(io.LimitReader(res.Body, providerBody))
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= http.StatusInternalServerError:
		code := portal.Unavailable
		if res.StatusCode == http.StatusTooManyRequests {
			code = portal.RateLimited
		}
		e := portal.Fail(code, fmt.Errorf("provider answers %d", res.StatusCode))
		e.RetryAfter = retryAfter(res.Header.Get("Retry-After"), p.now())
		return e
	case err != nil:
		return portal.Fail(portal.Unavailable, fmt.Errorf("read provider's answer: %w", err))
	case res.StatusCode < 200 || res.StatusCode > 299:
		var o oauthError
		_ = json.Unmarshal(body, &o) // what can't be read has no code
		return &refusal{res.StatusCode, o.Error, o.Description}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return portal.Fail(portal.Unavailable, fmt.Errorf("read provider's answer: %w", err))
	}
	return nil
}

// retryAfter reads the header: seconds or an HTTP date; 0 when it is neither or past.
func retryAfter(v string, now time.Time) time.Duration {
	d := time.Duration(0)
	if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32); err == nil {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// discover returns the provider's metadata. Errors: Unavailable, RateLimited.
func (p *provider) discover(ctx context.Context) (metadata, error) {
	p.mu.Lock()
	meta, age, paused, failed := p.meta, p.now().Sub(p.metaAt), p.now().Before(p.pause), p.failed
	p.mu.Unlock()
	known := meta.Issuer != ""
	switch {
	case known && (age < metadataAge || paused):
		return meta, nil
	case paused:
		return metadata{}, failed
	}
	err := p.shared(ctx, "metadata", p.loadMetadata)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && p.meta.Issuer == "" {
		return metadata{}, err
	}
	return p.meta, nil
}

// shared runs load once for all who wait. It goes on when one of them leaves.
func (p *provider) shared(ctx context.Context, name string, load func(context.Context) error) error {
	done := p.flight.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
		defer cancel()
		err := load(ctx)
		if err != nil {
			p.log.WarnContext(ctx, "OpenID provider", "cause", err, "what", name)
		}
		return nil, err
	})
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return portal.Fail(portal.Unavailable, ctx.Err())
	}
}

func (p *provider) loadMetadata(ctx context.Context) error {
	var m metadata
	err := p.get(ctx, strings.TrimSuffix(p.o.Issuer, "/")+"/.well-known/openid-configuration", &m)
	if err == nil {
		err = m.check(p.o.Issuer)
	}
	if err != nil {
		err = p.unavailable(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed = err; err != nil {
		var e *portal.Error
		errors.As(err, &e)
		p.pause = p.now().Add(min(max(e.RetryAfter, failurePause), maxFailurePause))
		return err
	}
	p.meta, p.metaAt, p.pause = m, p.now(), time.Time{}
	return nil
}

// unavailable makes a portal.Error of anything that went wrong on the way.
func (p *provider) unavailable(err error) error {
	var e *portal.Error
	if errors.As(err, &e) {
		return err
	}
	return portal.Fail(portal.Unavailable, err)
}

func (p *provider) get(ctx context.Context, target string, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return portal.Fail(portal.Unavailable, err)
	}
	return p.call(r, out)
}

// check holds the document to the issuer it was asked for: anything else is another server's.
func (m metadata) check(issuer string) error {
	if m.Issuer != issuer {
		return fmt.Errorf("provider calls itself %.200q, not %q", m.Issuer, issuer)
	}
	for name, endpoint := range map[string]string{
		"authorization_endpoint": m.AuthorizationEndpoint, "token_endpoint": m.TokenEndpoint, "jwks_uri": m.JWKSURI,
	} {
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || strings.HasPrefix(issuer, "https:"))) {
			return fmt.Errorf("provider's %s is no fit URL: %.200q", name, endpoint)
		}
	}
	return nil
}

// form posts to one of the provider's endpoints as our client. By RFC 6749, section 2.3.1, Basic is what every server
// has unless its metadata say otherwise.
func (p *provider) form(ctx context.Context, m metadata, endpoint string, form url.Values, out any) error {
	post := len(m.AuthMethods) > 0 && !slices.Contains(m.AuthMethods, "client_secret_basic")
	if p.o.ClientSecret == "" || post {
		form.Set("client_id", p.o.ClientID)
	}
	if p.o.ClientSecret != "" && post {
		form.Set("client_secret", p.o.ClientSecret)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return portal.Fail(portal.Unavailable, err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.o.ClientSecret != "" && !post {
		r.SetBasicAuth(url.QueryEscape(p.o.ClientID), url.QueryEscape(p.o.ClientSecret))
	}
	return p.call(r, out)
}
