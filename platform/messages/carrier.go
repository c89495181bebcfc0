package messages

import (
	"hash/fnv"
	"time"

	"ghasi.io/portal/portal"
)

// A Carrier is the way to the operators. Next says what happens to a message after the state it is in, and how long
// that takes; ok is false when nothing will. It is asked when a message enters a state and again when the time has
// come, by any replica and after any restart, so the same input must give the same answer. It must not block.
type Carrier interface {
	Next(Passage) (step Step, ok bool)
}

// Passage is what a carrier knows of a message under way.
type Passage struct {
	MessageID string
	To        string // E.164
	Status    portal.MessageStatus
}

// Step is the next change of state. ErrorCode is set when the message ends without delivery.
type Step struct {
	After     time.Duration
	Status    portal.MessageStatus
	ErrorCode string
}

// Simulator is a carrier without a radio network. Every number is delivered within seconds but the magic ones, each of
// which stands for one outcome; how many milliseconds a step takes comes from the message's id.
type Simulator struct{}

// The magic numbers.
const (
	NumberDelivered = "+93700000001"
	NumberUnknown   = "+93700000002" // failed: unknown subscriber
	NumberAbsent    = "+93700000003" // failed: handset off
	NumberExpired   = "+93700000004"
	NumberHeld      = "+93700000005" // held, then released and delivered
	NumberRejected  = "+93700000006" // by the operator
	NumberSlow      = "+93700000007" // delivered after 30 s
)

const (
	holdFor   = 5 * time.Second  // how long compliance looks at a held message
	slowAfter = 30 * time.Second // from submission to delivery of a slow one
)

// Next implements [Carrier].
func (Simulator) Next(p Passage) (Step, bool) {
	toOperator := 500*time.Millisecond + jitter(p.MessageID, "sent", time.Second)
	switch p.Status {
	case portal.StatusQueued:
		switch p.To {
		case NumberHeld:
			return Step{After: toOperator, Status: portal.StatusHeld}, true
		case NumberRejected:
			return Step{After: toOperator, Status: portal.StatusRejected, ErrorCode: "rejected_by_operator"}, true
		}
		return Step{After: toOperator, Status: portal.StatusSent}, true
	case portal.StatusHeld:
		return Step{After: holdFor, Status: portal.StatusSent}, true
	case portal.StatusSent:
		after := time.Second + jitter(p.MessageID, "done", 2*time.Second)
		switch p.To {
		case NumberUnknown:
			return Step{After: after, Status: portal.StatusFailed, ErrorCode: "unknown_subscriber"}, true
		case NumberAbsent:
			return Step{After: after, Status: portal.StatusFailed, ErrorCode: "absent_subscriber"}, true
		case NumberExpired:
			return Step{After: after, Status: portal.StatusExpired, ErrorCode: "validity_expired"}, true
		case NumberSlow:
			return Step{After: slowAfter - toOperator, Status: portal.StatusDelivered}, true
		}
		return Step{After: after, Status: portal.StatusDelivered}, true
	}
	return Step{}, false
}

// jitter spreads messages over a span, the same one always in the same place.
func jitter(id, what string, span time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	_, _ = h.Write([]byte(what))
	return time.Duration(h.Sum64() % uint64(span)) //nolint:gosec // below span
}
