package billing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// paceDays is how far back the projection looks.
const paceDays = 7

// Usage returns a month of a tenant: "2026-11", or "" for the current one. Errors: Invalid for what is no month, or one
// that has not begun.
func (s *Service) Usage(ctx context.Context, tenantID, period string) (portal.Usage, error) {
	now := s.now()
	m := monthOf(now)
	if period != "" {
		asked, ok := parseMonth(period)
		if !ok {
			return portal.Usage{}, portal.InvalidField("period", "field.invalid")
		}
		if asked.start.After(m.start) {
			return portal.Usage{}, portal.InvalidField("period", "field.out_of_range")
		}
		m = asked
	}
	a, err := s.Account(ctx, tenantID)
	if err != nil {
		return portal.Usage{}, err
	}
	u := portal.Usage{
		PeriodStart: day(m.start), PeriodEnd: day(m.end()), Currency: a.Currency, BalanceMicros: a.BalanceMicros,
		CreditLimitMicros: a.CreditLimitMicros, LowBalanceMicros: a.LowBalanceMicros, Days: emptyDays(m, now),
	}
	if err := s.readTraffic(ctx, tenantID, m, &u); err != nil {
		return portal.Usage{}, database.Map(err)
	}
	if err := s.readSpend(ctx, tenantID, m, &u); err != nil {
		return portal.Usage{}, database.Map(err)
	}
	if u.PreviousSpendMicros, err = s.spend(ctx, tenantID, m.before().start, m.start); err != nil {
		return portal.Usage{}, database.Map(err)
	}
	u.ProjectedMicros, err = s.project(ctx, tenantID, m, u.SpendMicros, now)
	return u, database.Map(err)
}

// emptyDays lists the days of m that have begun.
func emptyDays(m month, now time.Time) []portal.UsageDay {
	days := []portal.UsageDay{}
	for d := m.start; d.Before(m.end()) && !d.After(now); d = d.AddDate(0, 0, 1) {
		days = append(days, portal.UsageDay{Day: day(d)})
	}
	return days
}

// readTraffic adds up what the half-hourly counts of messages say.
func (s *Service) readTraffic(ctx context.Context, tenantID string, m month, u *portal.Usage) error {
	start := micros(m.start)
	return s.query(ctx, "SELECT (bucket - $2) / $4 AS nth, CAST(SUM(submitted) AS BIGINT), CAST(SUM(delivered) AS BIGINT), CAST(SUM(failed) AS BIGINT), "+
		"CAST(SUM(segments) AS BIGINT) FROM message_rollups WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $3 GROUP BY nth",
		[]any{tenantID, start, micros(m.end()), dayMicros}, func(scan func(...any) error) error {
			var nth, sent, delivered, failed, segments int
			if err := scan(&nth, &sent, &delivered, &failed, &segments); err != nil {
				return err
			}
			u.Sent, u.Delivered, u.Failed, u.Segments = u.Sent+sent, u.Delivered+delivered, u.Failed+failed, u.Segments+segments
			if nth < len(u.Days) {
				u.Days[nth].Sent, u.Days[nth].Delivered = sent, delivered
			}
			return nil
		})
}

// readSpend adds up the charges and refunds of the month's messages.
func (s *Service) readSpend(ctx context.Context, tenantID string, m month, u *portal.Usage) error {
	start := micros(m.start)
	operators := map[string]portal.UsageOperator{}
	err := s.query(ctx, "SELECT (day - $2) / $4, operator, messages, segments, charged_micros, refunded_micros FROM billing_days "+
		"WHERE tenant_id = $1 AND day >= $2 AND day < $3", []any{tenantID, start, micros(m.end()), dayMicros}, func(scan func(...any) error) error {
		var nth, messages, segments int
		var operator string
		var charged, refunded int64
		if err := scan(&nth, &operator, &messages, &segments, &charged, &refunded); err != nil {
			return err
		}
		u.SpendMicros += charged - refunded
		u.RefundedMicros += refunded
		if nth < len(u.Days) {
			u.Days[nth].SpendMicros += charged - refunded
		}
		o := operators[operator]
		o.Operator, o.Messages, o.Segments, o.SpendMicros = operator, o.Messages+messages, o.Segments+segments, o.SpendMicros+charged-refunded
		operators[operator] = o
		return nil
	})
	u.Operators = []portal.UsageOperator{}
	for _, o := range operators {
		u.Operators = append(u.Operators, o)
	}
	slices.SortFunc(u.Operators, func(a, b portal.UsageOperator) int {
		return cmp.Or(-cmp.Compare(a.SpendMicros, b.SpendMicros), cmp.Compare(a.Operator, b.Operator))
	})
	return err
}

// spend is what the days from start up to end cost, refunds taken off.
func (s *Service) spend(ctx context.Context, tenantID string, start, end time.Time) (sum int64, err error) {
	err = s.db.Read.DB.QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(charged_micros - refunded_micros), 0) AS BIGINT) FROM billing_days "+
		"WHERE tenant_id = $1 AND day >= $2 AND day < $3", tenantID, micros(start), micros(end)).Scan(&sum)
	return sum, err
}

// project is what a month that is under way will have cost when the rest of it goes on like the last seven whole days, or
// like as many as there are since the first message.
func (s *Service) project(ctx context.Context, tenantID string, m month, spent int64, now time.Time) (int64, error) {
	if !now.Before(m.end()) {
		return spent, nil
	}
	today := dayOf(now)
	var first int64
	err := s.db.Read.DB.QueryRowContext(ctx, "SELECT COALESCE(MIN(day), 0) FROM billing_days WHERE tenant_id = $1", tenantID).Scan(&first)
	if err != nil || first == 0 {
		return spent, err
	}
	days := min(paceDays, (micros(today)-first)/dayMicros)
	if days < 1 {
		return spent, nil // nothing to go by yet
	}
	pace, err := s.spend(ctx, tenantID, today.AddDate(0, 0, -int(days)), today)
	left := int64(m.end().Sub(now) / time.Minute)
	const dayMinutes = 24 * 60
	return spent + share(pace, left, days*dayMinutes), err
}

// share is amount × part / whole, rounded down, without an overflow on the way.
func share(amount, part, whole int64) int64 { return amount/whole*part + amount%whole*part/whole }
