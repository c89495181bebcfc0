package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

const (
	refreshEarly   = time.Minute      // a token is replaced this long before it expires
	refreshGrace   = 30 * time.Second // how long a replaced refresh token still gets its successor here
	refreshTimeout = 20 * time.Second
	maxRemembered  = 10_000
	maxHops        = 8
)

// refresher trades refresh tokens, each once. Refresh tokens rotate: using one twice looks like theft and ends the
// session, yet ten tabs that wake up together all send the same one. They share one call, and a tab that comes late
// with the old cookie gets the pair that the others got.
type refresher struct {
	api    API
	now    func() time.Time
	watch  Observer
	flight singleflight.Group

	mu         sync.Mutex
	remembered map[tokenHash]client.TokenPair // successors of the tokens used in the last refreshGrace
	queue      []remembered                   // the same, oldest first
}

type remembered struct {
	key   tokenHash
	until time.Time
}

func newRefresher(api API, now func() time.Time, watch Observer) *refresher {
	return &refresher{api: api, now: now, watch: watch, remembered: make(map[tokenHash]client.TokenPair)}
}

// refresh returns the pair that follows token. The call goes on when ctx ends: the successor of a token must not be lost
// with the tab that happened to ask first.
func (r *refresher) refresh(ctx context.Context, token string) (client.TokenPair, error) {
	key := sha256.Sum256([]byte(token))
	if pair, ok := r.successor(key); ok {
		return pair, nil
	}
	done := r.flight.DoChan(hex.EncodeToString(key[:]), func() (any, error) {
		if pair, ok := r.successor(key); ok { // a flight landed between our look and this one
			return pair, nil
		}
		call, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
		defer cancel()
		pair, err := r.api.Refresh(call, token)
		r.watch.Refresh(outcomeOf(err))
		if err != nil {
			return client.TokenPair{}, err
		}
		r.remember(key, pair)
		return pair, nil
	})
	select {
	case <-ctx.Done():
		return client.TokenPair{}, ctx.Err()
	case result := <-done:
		if result.Err != nil {
			return client.TokenPair{}, fmt.Errorf("refresh session: %w", result.Err)
		}
		pair, _ := result.Val.(client.TokenPair)
		return pair, nil
	}
}

// successor follows the chain from a token that was used to the newest pair: a very late tab must not bring back a
// token that has been replaced in its turn.
func (r *refresher) successor(key tokenHash) (client.TokenPair, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prune()
	pair, ok := r.remembered[key]
	for range maxHops {
		next, more := r.remembered[sha256.Sum256([]byte(pair.RefreshToken))]
		if !ok || !more {
			break
		}
		pair = next
	}
	return pair, ok
}

func (r *refresher) remember(key tokenHash, pair client.TokenPair) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remembered[key] = pair
	r.queue = append(r.queue, remembered{key, r.now().Add(refreshGrace)})
	r.prune()
}

// prune forgets what is past its grace, and the oldest when there is too much.
func (r *refresher) prune() {
	now := r.now()
	for len(r.queue) > 0 && (len(r.queue) > maxRemembered || !now.Before(r.queue[0].until)) {
		delete(r.remembered, r.queue[0].key)
		r.queue = r.queue[1:]
	}
}

// forget drops token and what leads to it, since its session is being ended. It returns the newest token of its chain.
func (r *refresher) forget(token string) string {
	if pair, ok := r.successor(sha256.Sum256([]byte(token))); ok {
		token = pair.RefreshToken
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, pair := range r.remembered {
		if pair.RefreshToken == token {
			delete(r.remembered, key)
		}
	}
	return token
}

// ended reports whether a refresh was refused for good. Everything else (an outage, a rate limit, our own fault) may
// pass, and nobody is signed out for it.
func ended(err error) bool {
	switch portal.CodeOf(err) {
	case portal.Unauthenticated, portal.Invalid, portal.Forbidden:
		return true
	default:
		return false
	}
}
