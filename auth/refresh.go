package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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

var errSignedOut = errors.New("the session has been signed out")

// refresher trades refresh tokens, each once. Refresh tokens rotate: using one twice looks like theft and ends the
// session, yet ten tabs that wake up together all send the same one. They share one call, and a tab that comes late
// with the old cookie gets the pair that the others got.
type refresher struct {
	api    API
	now    func() time.Time
	watch  Observer
	flight singleflight.Group

	mu         sync.Mutex
	remembered map[tokenHash]spent // the tokens used or signed out in the last refreshGrace
	queue      []remembered        // the same, oldest first
}

// spent is what became of a token.
type spent struct {
	pair  client.TokenPair // its successor; none after a sign-out
	next  tokenHash        // of the successor's refresh token
	ended bool             // signed out: it must not come back, even if the auth-service could not be told
	until time.Time
}

type remembered struct {
	key   tokenHash
	until time.Time
}

func newRefresher(api API, now func() time.Time, watch Observer) *refresher {
	return &refresher{api: api, now: now, watch: watch, remembered: make(map[tokenHash]spent)}
}

// refresh returns the pair that follows token. The call goes on when ctx ends: the successor of a token must not be lost
// with the tab that happened to ask first.
func (r *refresher) refresh(ctx context.Context, token string) (client.TokenPair, error) {
	key := sha256.Sum256([]byte(token))
	if pair, ok, err := r.successor(key); ok {
		return pair, err
	}
	done := r.flight.DoChan(hex.EncodeToString(key[:]), func() (any, error) {
		if pair, ok, err := r.successor(key); ok { // a flight landed between our look and this one
			return pair, err
		}
		call, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
		defer cancel()
		pair, err := r.api.Refresh(call, token)
		r.watch.Refresh(outcomeOf(err))
		if err != nil {
			return client.TokenPair{}, err
		}
		return pair, r.remember(key, pair)
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
// token that has been replaced in its turn. Its error is Unauthenticated: the chain ends in a sign-out.
func (r *refresher) successor(key tokenHash) (client.TokenPair, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prune()
	last, ok := r.last(key)
	if last.ended {
		return client.TokenPair{}, ok, portal.Fail(portal.Unauthenticated, errSignedOut)
	}
	return last.pair, ok, nil
}

// last is the end of the chain that starts at key. r.mu is held.
func (r *refresher) last(key tokenHash) (spent, bool) {
	last, ok := r.remembered[key]
	for range maxHops {
		next, more := r.remembered[last.next]
		if !ok || !more || last.ended {
			break
		}
		last = next
	}
	return last, ok
}

// remember keeps the successor of a token. Its error is Unauthenticated: the token was signed out while it was traded.
func (r *refresher) remember(key tokenHash, pair client.TokenPair) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prune()
	if r.remembered[key].ended {
		return portal.Fail(portal.Unauthenticated, errSignedOut)
	}
	r.put(key, spent{pair: pair, next: sha256.Sum256([]byte(pair.RefreshToken))})
	return nil
}

// put keeps s for the grace. r.mu is held.
func (r *refresher) put(key tokenHash, s spent) {
	s.until = r.now().Add(refreshGrace)
	r.remembered[key] = s
	r.queue = append(r.queue, remembered{key, s.until})
	r.prune()
}

// prune forgets what is past its grace, and the oldest when there is too much. r.mu is held.
func (r *refresher) prune() {
	now := r.now()
	for len(r.queue) > 0 && (len(r.queue) > maxRemembered || !now.Before(r.queue[0].until)) {
		oldest := r.queue[0]
		if r.remembered[oldest.key].until.Equal(oldest.until) { // or it has been put again since
			delete(r.remembered, oldest.key)
		}
		r.queue = r.queue[1:]
	}
}

// forget ends token's session here: for the grace, no token of its chain gets a successor any more. It returns the
// newest token of the chain.
func (r *refresher) forget(token string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prune()
	dead := []tokenHash{sha256.Sum256([]byte(token))}
	if last, ok := r.last(dead[0]); ok && !last.ended {
		token = last.pair.RefreshToken
		dead = append(dead, last.next)
	}
	gone := map[tokenHash]bool{}
	for len(dead) > 0 { // one link of the chains a round
		for _, key := range dead {
			gone[key] = true
		}
		dead = dead[:0]
		for key, s := range r.remembered {
			if !s.ended && gone[s.next] && !gone[key] {
				dead = append(dead, key)
			}
		}
	}
	for key := range gone {
		r.put(key, spent{ended: true})
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
