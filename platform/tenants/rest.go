package tenants

import (
	"context"
	"strconv"
	"time"

	"ghasi.io/portal/portal"
)

// top lists what was used most in a period: "sender" or "prefix".
func (s *Service) top(ctx context.Context, tenant, kind string, p period) ([]portal.AnalyticsCount, error) {
	rows, err := s.db.Read.QueryContext(ctx, "SELECT name, CAST(SUM(submitted) AS BIGINT) AS n FROM message_days "+
		"WHERE tenant_id = ? AND kind = ? AND day >= ? AND day < ? GROUP BY name ORDER BY n DESC, name LIMIT "+strconv.Itoa(topRows),
		tenant, kind, p.start.UnixMicro(), p.end.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	list := []portal.AnalyticsCount{}
	for rows.Next() {
		var c portal.AnalyticsCount
		if err := rows.Scan(&c.Name, &c.Count); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// The index messages_held answers both: its condition must stand here word for word.
const (
	countReleased = "SELECT COUNT(*) FROM messages WHERE tenant_id = ? AND submitted_at >= ? AND submitted_at < ? AND held_at > 0 AND sent_at > 0"
	sortReleased  = "SELECT sent_at - held_at AS wait FROM messages WHERE tenant_id = ? AND submitted_at >= ? AND submitted_at < ? " +
		"AND held_at > 0 AND sent_at > 0 ORDER BY wait LIMIT ? OFFSET ?"
)

// addHolds adds how many messages left the hold queue to be sent, and the median of how long they were in it.
func (s *Service) addHolds(ctx context.Context, tenant string, from, until time.Time, t *portal.AnalyticsTotals) error {
	if t.Held == 0 {
		return nil
	}
	err := s.db.Read.QueryRowContext(ctx, countReleased, tenant, from.UnixMicro(), until.UnixMicro()).Scan(&t.Released)
	if err != nil || t.Released == 0 {
		return err
	}
	middle := 2 - t.Released%2 // one in the middle, or two
	rows, err := s.db.Read.QueryContext(ctx, sortReleased, tenant, from.UnixMicro(), until.UnixMicro(), middle, (t.Released-1)/2)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var sum, n int64
	for rows.Next() {
		var wait int64
		if err := rows.Scan(&wait); err != nil {
			return err
		}
		sum, n = sum+wait, n+1
	}
	if n > 0 {
		t.HoldSeconds = (sum/n + int64(time.Second/time.Microsecond)/2) / int64(time.Second/time.Microsecond)
	}
	return rows.Err()
}

// timeliness tells how the invoices were paid that fell due in the days before a time, as it was known then.
func (s *Service) timeliness(ctx context.Context, tenant string, at time.Time) (portal.AnalyticsInvoices, error) {
	var t portal.AnalyticsInvoices
	due, err := s.money.DueBetween(ctx, tenant, at.AddDate(0, 0, -timelinessFor), at)
	if err != nil {
		return t, err
	}
	late, daysLate := 0, 0
	for _, i := range due {
		t.Due++
		paid := at
		switch {
		case i.PaidAt == nil || i.PaidAt.After(at):
			t.Overdue++
		case i.PaidAt.After(i.DueAt):
			t.PaidLate++
			paid = *i.PaidAt
		default:
			t.PaidInTime++
			continue
		}
		late++
		daysLate += days(i.DueAt, paid)
	}
	if late > 0 {
		t.MeanDaysLate = (daysLate + late/2) / late
	}
	return t, nil
}
