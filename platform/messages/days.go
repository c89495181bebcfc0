package messages

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

// What a day's messages are counted by.
const (
	byOperator = "operator"
	bySender   = "sender"
	byPrefix   = "prefix"
)

// prefixLength is how much of a number says where it goes: +9370.
const prefixLength = 5

type (
	dayKey struct {
		tenant string
		kind   string
		day    int64
		name   string
	}
	dayCount struct{ submitted, delivered, failed, held, flagged, segments, spend int64 }
)

// changeDays counts a change of r under everything that its day is counted by.
func (l *ledger) changeDays(r *Record, fn func(*dayCount)) {
	if l.days == nil {
		l.days = map[dayKey]dayCount{}
	}
	day := dayOf(r.SubmittedAt)
	for _, k := range [...]dayKey{
		{r.TenantID, byOperator, day, r.Operator},
		{r.TenantID, bySender, day, r.From},
		{r.TenantID, byPrefix, day, r.To[:min(prefixLength, len(r.To))]},
	} {
		u := l.days[k]
		fn(&u)
		l.days[k] = u
	}
}

// enterDays counts that r has entered the state it is in. whole says that what came before is not counted yet.
func (l *ledger) enterDays(r *Record, whole bool) {
	l.changeDays(r, func(u *dayCount) {
		if whole {
			u.submitted++
			u.segments += int64(r.Segments)
			u.spend += r.PriceMicros
		}
		switch {
		case r.HeldAt != 0 && (whole || r.Status == portal.StatusHeld):
			u.held++
			u.flagged++
		case r.HeldAt == 0 && r.Status == portal.StatusRejected:
			u.flagged++
		}
		if r.Status == portal.StatusDelivered {
			u.delivered++
		} else if r.Status.Final() {
			u.failed++
		}
	})
}

func (l *ledger) writeDays(ctx context.Context, tx bun.Tx) error {
	var rows [][]any
	for _, k := range slices.SortedFunc(maps.Keys(l.days), func(a, b dayKey) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.kind, b.kind), cmp.Compare(a.day, b.day), cmp.Compare(a.name, b.name))
	}) {
		if u := l.days[k]; u != (dayCount{}) {
			rows = append(rows, []any{
				k.tenant, k.kind, k.day, k.name, u.submitted, u.delivered, u.failed, u.held, u.flagged, u.segments, u.spend,
			})
		}
	}
	return addRows(ctx, tx, "message_days", []string{"tenant_id", "kind", "day", "name"},
		[]string{"submitted", "delivered", "failed", "held", "flagged", "segments", "spend_micros"}, rows)
}
