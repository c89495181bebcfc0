package webhooks

import (
	"math/rand/v2"
	"time"
)

// delays are the pauses after each failed attempt, as the Standard Webhooks specification recommends them: ten attempts
// within 75 hours.
var delays = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	// maxJitter bounds what is added to a pause, so that what failed together does not come back together. It is added
	// only: nothing is tried sooner than promised.
	maxJitter = 15 * time.Minute
	minJitter = 2 * time.Second

	// disableAfter is how long an endpoint may fail without one success.
	disableAfter = 5 * day
	// keepWaiting is how long events wait for a webhook that a person has paused.
	keepWaiting = 3 * day
)

// nextPause is how long to wait after the attempt with a number (1 for the first), false when it was the last. The
// receiver's own wish is honoured where it is longer.
func nextPause(number int, wish time.Duration) (time.Duration, bool) {
	if number > len(delays) {
		return 0, false
	}
	pause := delays[number-1]
	spread := min(max(pause/10, minJitter), maxJitter)
	return max(pause, wish) + rand.N(spread), true //nolint:gosec // jitter needs no secret
}
