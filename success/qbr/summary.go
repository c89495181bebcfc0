package qbr

import (
	"math"
	"time"

	"ghasi.io/portal/portal"
)

// summary says in whole sentences what the figures show. What is not known is not spoken of, and nothing is called good
// or bad.
func (r *review) summary(end time.Time) (sentences []string) {
	say := func(key string, args ...any) { sentences = append(sentences, r.t(key, args...)) }
	a := r.Analytics
	now, before := a.Totals, a.Previous
	if now.Submitted == 0 {
		say("qbr.summary.none", "name", r.Tenant.Name, "before", before.Submitted)
	} else {
		say("qbr.summary.traffic", "name", r.Tenant.Name, "n", now.Submitted,
			"trend", trend(int64(now.Submitted), int64(before.Submitted)), "change", r.change(int64(now.Submitted), int64(before.Submitted)))
		r.sayDelivery(say)
		say("qbr.summary.holds", "n", now.Held, "share", r.rate(ratio(now.Held, now.Submitted)))
	}
	say("qbr.summary.money", "spend", r.Amount(string(a.Currency), now.SpendMicros), "balance", r.Amount(string(a.Currency), now.BalanceMicros))
	if credit := totalCredit(a); credit > 0 {
		say("qbr.summary.credits", "credit", r.Amount(string(a.Currency), credit))
	}
	if end.After(r.Now) {
		say("qbr.summary.running", "at", r.Date(r.Now))
	}
	return sentences
}

func (r *review) sayDelivery(say func(string, ...any)) {
	now := deliveryRate(r.Analytics.Totals)
	if math.IsNaN(now) {
		say("qbr.summary.pending")
		return
	}
	way, points := r.rateTrend(now, deliveryRate(r.Analytics.Previous))
	say("qbr.summary.delivery", "rate", r.Percent(now), "trend", way, "points", points)
	worst, rates := portal.AnalyticsOperator{}, 0
	lowest := math.Inf(1)
	for _, o := range r.Analytics.Operators {
		if rate := operatorRate(o); !math.IsNaN(rate) {
			rates++
			if rate < lowest {
				worst, lowest = o, rate
			}
		}
	}
	if rates > 1 && r.Percent(lowest) != r.Percent(now) {
		say("qbr.summary.operator", "operator", r.operator(worst.Operator), "rate", r.Percent(lowest))
	}
}

func operatorRate(o portal.AnalyticsOperator) float64 {
	return ratio(o.Delivered, o.Delivered+o.Failed)
}

func totalCredit(a portal.Analytics) (sum int64) {
	for _, c := range a.SLACredits {
		sum += c.CreditMicros
	}
	return sum
}
