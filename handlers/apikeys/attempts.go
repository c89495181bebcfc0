package apikeys

import (
	"sync"
	"time"
)

// How long, and how many at least, used attempts are remembered. A form that has been open for longer makes a second
// key when it is submitted again, which its list shows.
const (
	attemptLife = time.Hour
	maxAttempts = 10_000
)

// attempts remembers which rendered forms have made a key, so that a reload of the answer or a double click does not
// quietly make another: the raw key of the first can't be shown again. Two generations bound its memory.
type attempts struct {
	mu            sync.Mutex
	current, past map[string]struct{}
	since         time.Time // when current began
}

// claim takes id for its caller. It is false when id is taken.
func (a *attempts) claim(id string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil || now.Sub(a.since) > attemptLife || len(a.current) >= maxAttempts {
		a.past, a.current, a.since = a.current, make(map[string]struct{}), now
	}
	if _, taken := a.current[id]; taken {
		return false
	}
	if _, taken := a.past[id]; taken {
		return false
	}
	a.current[id] = struct{}{}
	return true
}

// release gives id back: the attempt made nothing.
func (a *attempts) release(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.current, id)
	delete(a.past, id)
}
