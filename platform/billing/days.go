package billing

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/messages"
)

// dayKey is a row of billing_days of one tenant.
type dayKey struct {
	day      int64
	operator string
}

func keyOf(r *messages.Record) dayKey {
	return dayKey{micros(dayOf(time.UnixMicro(r.SubmittedAt))), r.Operator}
}

type refunds struct{ messages, segments, micros int64 }

// addDay counts a charged message on its day.
func addDay(ctx context.Context, tx bun.Tx, r *messages.Record) error {
	k := keyOf(r)
	_, err := tx.Tx.ExecContext(ctx, "INSERT INTO billing_days (tenant_id, day, operator, unit_micros, messages, segments, charged_micros) "+
		"VALUES ($1, $2, $3, $4, 1, $5, $6) ON CONFLICT (tenant_id, day, operator) DO UPDATE SET messages = billing_days.messages + 1, "+
		"segments = billing_days.segments + excluded.segments, charged_micros = billing_days.charged_micros + excluded.charged_micros",
		r.TenantID, k.day, k.operator, r.PriceMicros/int64(max(r.Segments, 1)), r.Segments, r.PriceMicros)
	return err
}

// refundDays counts messages as given back on the days of their submission.
func refundDays(ctx context.Context, tx bun.Tx, tenantID string, days map[dayKey]refunds) error {
	for _, k := range slices.SortedFunc(maps.Keys(days), func(a, b dayKey) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.operator, b.operator))
	}) {
		u := days[k]
		res, err := tx.Tx.ExecContext(ctx, "UPDATE billing_days SET refunded_messages = refunded_messages + $1, "+
			"refunded_segments = refunded_segments + $2, refunded_micros = refunded_micros + $3 WHERE tenant_id = $4 AND day = $5 AND operator = $6",
			u.messages, u.segments, u.micros, tenantID, k.day, k.operator)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err == nil && n != 1 {
			err = fmt.Errorf("refund to %s on %s: there is no charge", k.operator, dayString(k.day))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
