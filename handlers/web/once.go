package web

import (
	"sync"
	"time"
)

// How long, and how many at least, used forms are remembered. A form that has been open for longer acts a second time when
// it is submitted again, which the page it leads to shows.
const (
	onceLife = time.Hour
	maxOnce  = 10_000
)

// Once remembers which rendered forms have been acted on, so that a reload of the answer or a double click does not
// quietly make another thing: the secret of the first can't be shown again. Two generations bound its memory. The zero
// value is ready; safe for concurrent use.
type Once struct {
	mu            sync.Mutex
	current, past map[string]struct{}
	since         time.Time // when current began
}

// Claim takes id for its caller. It is false when id is taken.
func (o *Once) Claim(id string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current == nil || now.Sub(o.since) > onceLife || len(o.current) >= maxOnce {
		o.past, o.current, o.since = o.current, make(map[string]struct{}), now
	}
	if _, taken := o.current[id]; taken {
		return false
	}
	if _, taken := o.past[id]; taken {
		return false
	}
	o.current[id] = struct{}{}
	return true
}

// Release gives id back: the form made nothing.
func (o *Once) Release(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.current, id)
	delete(o.past, id)
}
