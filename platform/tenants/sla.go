package tenants

import (
	"time"

	"ghasi.io/portal/portal"
)

// What is promised, and what a month below it earns back: docs/sla.md.
const (
	targetPermille   = 970 // delivered, of the messages that have reached their end
	creditPerPoint   = 5   // percent of the month's spend, for every full point below the target
	maxCreditPercent = 25
)

// credits tells the credit of every month that the period touches and that has begun, the running one as it stands.
func (f figures) credits(p period, now time.Time) []portal.AnalyticsCredit {
	list := []portal.AnalyticsCredit{}
	for m := monthOf(p.start); m.Before(p.end) && !m.After(now); m = m.AddDate(0, 1, 0) {
		t := f.totals(m, m.AddDate(0, 1, 0))
		c := portal.AnalyticsCredit{
			Month: m.Format("2006-01"), Final: t.Final, TargetPermille: targetPermille,
			CreditMicros: t.SpendMicros * int64(creditPercent(t.Delivered, t.Final)) / 100,
		}
		if t.Final > 0 {
			c.RatePermille = 1000 * t.Delivered / t.Final
		}
		list = append(list, c)
	}
	return list
}

// creditPercent is the share of a month's spend that its delivery earns back.
func creditPercent(delivered, final int) int {
	if final == 0 {
		return 0
	}
	points := (targetPermille*final - 1000*delivered) / (10 * final) // whole ones; negative above the target
	return min(maxCreditPercent, max(0, points)*creditPerPoint)
}
