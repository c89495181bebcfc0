package web

import (
	"strconv"
	"testing"
	"time"
)

func TestLimiter_MemoryIsBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := &limiter{rate: Rate{PerSecond: 1, Burst: 2}, now: func() time.Time { return now }, buckets: map[string]*bucket{}}
	refused := 0
	for i := range 2 * maxBuckets {
		if l.take("10."+strconv.Itoa(i)) > 0 {
			refused++
		}
	}
	if len(l.buckets) > maxBuckets+1 {
		t.Errorf("%d buckets", len(l.buckets))
	}
	if refused < maxBuckets-10 {
		t.Errorf("only %d refused: inventing addresses gets around the limit", refused)
	}
	now = now.Add(2 * time.Minute)
	l.take("10.1")
	if len(l.buckets) != 1 {
		t.Errorf("%d buckets are kept when all are full again", len(l.buckets))
	}
	now = now.Add(-time.Hour) // a clock that goes back takes nothing for ever
	l.take("10.1")
	if wait := l.take("10.1"); wait > 2*time.Second {
		t.Errorf("wait %v", wait)
	}
}
