package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

const (
	keysRefresh = 5 * time.Minute
	keysRefetch = 10 * time.Second // an unknown key id is looked up at most once in this time
	keysTimeout = 5 * time.Second
	maxKeySet   = 1 << 20 // bytes
)

var (
	errKeysUnavailable = errors.New("key set unavailable")
	errUnknownKey      = errors.New("unknown signing key")
)

// keySource is the auth-service's key set: fetched at first use, every five minutes, and when a token names a key that
// is not in it. It survives an outage with the set it has.
type keySource struct {
	url    string
	base   http.RoundTripper
	log    *slog.Logger
	ctx    context.Context //nolint:containedctx // it bounds the refreshing goroutine, not a call
	cancel context.CancelFunc

	fetched atomic.Int64 // sets fetched so far
	mu      sync.Mutex   // one fetch at a time; those who wait find its result
	set     atomic.Pointer[keyfunc.Keyfunc]
}

func newKeySource(o Options) *keySource {
	ctx, cancel := context.WithCancel(context.Background())
	k := &keySource{url: o.JWKSURL, base: o.HTTPClient.Transport, log: o.Log, ctx: ctx, cancel: cancel}
	if k.base == nil {
		k.base = http.DefaultTransport
	}
	return k
}

func (k *keySource) close() { k.cancel() }

// key returns the public key that token names. errKeysUnavailable means that it can't be told just now.
func (k *keySource) key(token *jwt.Token) (any, error) {
	kid, _ := token.Header["kid"].(string)
	if kid == "" {
		return nil, fmt.Errorf("%w: no key id", errUnknownKey)
	}
	set := k.set.Load()
	if set == nil || !k.holds(*set, kid) {
		var err error
		if set, err = k.fetch(kid); err != nil {
			return nil, err
		}
	}
	return (*set).Keyfunc(token)
}

// holds reads the set as it is, without the fetch that an unknown id causes.
func (k *keySource) holds(set keyfunc.Keyfunc, kid string) bool {
	all, err := set.Storage().KeyReadAll(k.ctx)
	if err != nil {
		return false
	}
	for i := range all {
		if all[i].Marshal().KID == kid {
			return true
		}
	}
	return false
}

// fetch gets a set that holds kid: the first one, or a newer one. The library allows one refetch in keysRefetch.
func (k *keySource) fetch(kid string) (*keyfunc.Keyfunc, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := k.set.Load()
	if set == nil {
		loaded, err := k.load()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errKeysUnavailable, err)
		}
		set = loaded
	}
	if k.holds(*set, kid) {
		return set, nil
	}
	before := k.fetched.Load()
	if _, err := (*set).Storage().KeyRead(k.ctx, kid); err == nil {
		return set, nil
	}
	if k.fetched.Load() == before { // no newer set was to be had: the key may well be in it
		return nil, errKeysUnavailable
	}
	return nil, errUnknownKey
}

func (k *keySource) load() (*keyfunc.Keyfunc, error) {
	ctx, cancel := context.WithCancel(k.ctx)
	failFirst := false
	set, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{k.url}, keyfunc.Override{
		Client:                    &http.Client{Transport: k},
		HTTPTimeout:               keysTimeout,
		NoErrorReturnFirstHTTPReq: &failFirst,
		RefreshInterval:           keysRefresh,
		RefreshUnknownKID:         rate.NewLimiter(rate.Every(keysRefetch), 1),
		RateLimitWaitMax:          time.Millisecond, // the default waits up to a minute inside the request
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(ctx context.Context, err error) { k.log.WarnContext(ctx, "refresh key set", "cause", err) }
		},
	})
	if err != nil {
		cancel() // ends the goroutine that the library starts before its first fetch
		return nil, err
	}
	k.set.Store(&set)
	context.AfterFunc(k.ctx, cancel)
	return &set, nil
}

// RoundTrip fetches the set for the library, which would read an answer of any size, and which uses the time allowed for
// waiting on its rate limiter for the fetch as well: here the fetch has its own time.
func (k *keySource) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keysTimeout)
	defer cancel()
	res, err := k.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet))
	if err != nil {
		return nil, fmt.Errorf("read key set: %w", err)
	}
	if res.StatusCode == http.StatusOK {
		var set struct{ Keys []json.RawMessage }
		if err := json.Unmarshal(body, &set); err != nil || len(set.Keys) == 0 {
			return nil, errors.New("answer is no key set") // a proxy's page must not wipe the keys we have
		}
		k.fetched.Add(1)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
