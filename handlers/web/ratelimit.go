package web

import (
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/portal"
)

// Rate is how often one caller may ask: so many a second for ever, and Burst at once after a pause.
type Rate struct {
	PerSecond float64
	Burst     int
}

// PerIP limits a route by the address at the other end; the addresses of one IPv6 network (/64) count as one.
func (k *Kit) PerIP(r Rate) gin.HandlerFunc {
	return k.limited(r, func(c *gin.Context) string { return network(ClientIP(c.Request.Context())) })
}

// PerUser limits a route by who is signed in, at whichever address; nobody has a bucket of their own.
func (k *Kit) PerUser(r Rate) gin.HandlerFunc {
	return k.limited(r, func(c *gin.Context) string {
		if u := auth.UserFrom(c.Request.Context()); u != nil {
			return u.ID
		}
		return ""
	})
}

func (k *Kit) limited(r Rate, caller func(*gin.Context) string) gin.HandlerFunc {
	l := &limiter{rate: r, now: k.Now, buckets: map[string]*bucket{}}
	return func(c *gin.Context) {
		if wait := l.take(caller(c)); wait > 0 {
			k.Error(c, &portal.Error{Code: portal.RateLimited, RetryAfter: wait})
		}
	}
}

// network is what one subscriber holds: an IPv4 address, or an IPv6 /64.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}

// maxBuckets bounds the memory of one limiter to a few megabytes.
const maxBuckets = 20_000

// limiter is a token bucket for each caller. Full buckets are forgotten. When there is no room for another caller, all new
// ones share a bucket: who invents addresses can't have memory or a limit of their own for each.
type limiter struct {
	rate Rate
	now  func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	tokens float64
	at     time.Time // when tokens was right
}

// take uses one token of caller's bucket, or returns how long until there is one.
func (l *limiter) take(caller string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.swept) > time.Minute || len(l.buckets) >= maxBuckets && now.Sub(l.swept) > time.Second {
		l.sweep(now)
	}
	b := l.buckets[caller]
	if b == nil && len(l.buckets) >= maxBuckets {
		caller = ""
		b = l.buckets[caller]
	}
	if b == nil {
		b = &bucket{tokens: float64(l.rate.Burst), at: now}
		l.buckets[caller] = b
	}
	b.tokens, b.at = l.filled(b, now), now
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return max(time.Duration((1-b.tokens)/l.rate.PerSecond*float64(time.Second)), time.Millisecond)
}

func (l *limiter) filled(b *bucket, now time.Time) float64 {
	passed := max(0, now.Sub(b.at).Seconds()) // a clock that went back gives nothing
	return min(float64(l.rate.Burst), b.tokens+passed*l.rate.PerSecond)
}

func (l *limiter) sweep(now time.Time) {
	l.swept = now
	for caller, b := range l.buckets {
		if l.filled(b, now) >= float64(l.rate.Burst) {
			delete(l.buckets, caller)
		}
	}
}
