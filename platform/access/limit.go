package access

import (
	"sync"
	"time"
)

// limiter is a token bucket for each caller. A bucket that has filled up again is forgotten, so memory is bounded by
// the callers of the last few seconds.
type limiter struct {
	rate, burst float64
	now         func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	tokens float64
	at     time.Time // when tokens was right
}

const sweepEvery = time.Minute

func newLimiter(rate, burst int, now func() time.Time) *limiter {
	return &limiter{rate: float64(rate), burst: float64(burst), now: now, buckets: map[string]*bucket{}}
}

// take uses one token of id's bucket, or returns how long until there is one.
func (l *limiter) take(id string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.sweep(now)
	b := l.buckets[id]
	if b == nil {
		b = &bucket{tokens: l.burst, at: now}
		l.buckets[id] = b
	}
	b.tokens, b.at = l.filled(b, now), now
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return max(time.Duration((1-b.tokens)/l.rate*float64(time.Second)), time.Millisecond)
}

func (l *limiter) filled(b *bucket, now time.Time) float64 {
	passed := max(0, now.Sub(b.at).Seconds()) // a clock that went back gives nothing
	return min(l.burst, b.tokens+passed*l.rate)
}

func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < sweepEvery {
		return
	}
	l.swept = now
	for id, b := range l.buckets {
		if l.filled(b, now) >= l.burst {
			delete(l.buckets, id)
		}
	}
}
