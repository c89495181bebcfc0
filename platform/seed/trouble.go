package seed

import (
	"time"

	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

// trouble lets compliance hold some of the last weeks' messages, and makes others fail: what an account manager should
// see before the customer leaves. Messages that are under way stay as they are.
func (t *traffic) trouble(p profile, records []messages.Record) {
	if p.trouble == 0 {
		return
	}
	from := midnight(t.now).AddDate(0, 0, 1-declineDays).UnixMicro()
	for i := range records {
		r := &records[i]
		if r.SubmittedAt < from || r.Status != portal.StatusDelivered {
			continue
		}
		switch n := t.rnd.Float64(); {
		case n < p.trouble:
			t.hold(r)
		case n < 2*p.trouble:
			r.Status, r.ErrorCode = portal.StatusFailed, "absent_subscriber"
		}
	}
}

// hold keeps a message in the hold queue for a while before it was sent.
func (t *traffic) hold(r *messages.Record) {
	wait := (20*time.Minute + t.upTo(2*time.Hour)).Microseconds()
	if r.DoneAt+wait > t.now.UnixMicro() {
		return
	}
	r.HeldAt = r.SubmittedAt + (300 * time.Millisecond).Microseconds()
	r.SentAt += wait
	r.DoneAt += wait
}
