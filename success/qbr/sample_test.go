package qbr

import (
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

var at = time.Date(2026, 4, 2, 9, 30, 0, 0, time.UTC)

const afn = int64(1_000_000)

func printer(t testing.TB, tag string) *locales.Printer {
	t.Helper()
	b, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b.Locale(tag).Printer(at, "", "")
}

// sample is a quarter of a customer who sends a lot.
func sample(t testing.TB, tag string) Input {
	t.Helper()
	a := portal.Analytics{
		TenantID: "ten_pamir", Period: "2026-Q1", Start: "2026-01-01", End: "2026-04-01", Currency: portal.AFN,
		Totals: portal.AnalyticsTotals{
			Submitted: 128_402, Delivered: 124_550, Failed: 3_350, Final: 127_900, Held: 412, Released: 380, HoldSeconds: 5400, Segments: 151_020,
			SpendMicros: 49_081 * afn, BalanceMicros: 84_210 * afn,
		},
		Previous: portal.AnalyticsTotals{
			Submitted: 114_080, Delivered: 111_000, Failed: 3_000, Final: 114_000, Held: 520, Released: 400, HoldSeconds: 95, Segments: 140_000,
			SpendMicros: 45_500 * afn, BalanceMicros: 33_291 * afn,
		},
		Months: []portal.AnalyticsMonth{
			{Month: "2026-01", Submitted: 40_100, Delivered: 39_000, Failed: 1000, SpendMicros: 15_200 * afn},
			{Month: "2026-02", Submitted: 41_900, Delivered: 40_600, Failed: 1200, SpendMicros: 16_081 * afn},
			{Month: "2026-03", Submitted: 46_402, Delivered: 44_950, Failed: 1150, SpendMicros: 17_800 * afn},
		},
		Operators: []portal.AnalyticsOperator{
			{Operator: "awcc", Submitted: 52_000, Delivered: 51_000, Failed: 900}, {Operator: "roshan", Submitted: 40_000, Delivered: 38_800, Failed: 1050},
			{Operator: "etisalat", Submitted: 30_000, Delivered: 28_500, Failed: 1300}, {Operator: "salaam", Submitted: 6_402, Delivered: 6_250, Failed: 100},
		},
		Senders:  []portal.AnalyticsCount{{Name: "PAMIR", Count: 90_000}, {Name: "PAMIR-OTP", Count: 38_000}, {Name: "+93791234567", Count: 402}},
		Prefixes: []portal.AnalyticsCount{{Name: "+9370", Count: 52_000}, {Name: "+9379", Count: 40_000}, {Name: "+9378", Count: 36_402}},
		SLACredits: []portal.AnalyticsCredit{
			{Month: "2026-01", Final: 40_000, RatePermille: 975, TargetPermille: 970},
			{Month: "2026-02", Final: 41_800, RatePermille: 964, TargetPermille: 970, CreditMicros: 804 * afn},
			{Month: "2026-03", TargetPermille: 970},
		},
	}
	for i, s := range []int{9980, 9975, 9971, 9800, 9850, 9990, 9995, 9960, 9970, 0, 9991, 9985, 9990} {
		day := time.Date(2026, 1, 1+7*i, 0, 0, 0, 0, locales.Kabul)
		d := portal.AnalyticsDay{Day: day.Format(time.DateOnly), Score: s, Held: 30, Sent: 9_800}
		if s == 0 {
			d = portal.AnalyticsDay{Day: d.Day, Score: 10_000}
		}
		a.Compliance = append(a.Compliance, d)
	}
	before := a
	before.Start, before.End, before.Totals = "2025-10-01", "2026-01-01", a.Previous
	before.Months = []portal.AnalyticsMonth{
		{Month: "2025-10", Submitted: 37_000, SpendMicros: 14_000 * afn}, {Month: "2025-11", Submitted: 38_080, SpendMicros: 15_000 * afn},
		{Month: "2025-12", Submitted: 39_000, SpendMicros: 16_500 * afn},
	}
	before.Compliance = nil
	for _, d := range a.Compliance {
		before.Compliance = append(before.Compliance, portal.AnalyticsDay{Day: d.Day, Score: 9900, Sent: 10})
	}
	return Input{
		Tenant: portal.Tenant{TenantID: "ten_pamir", Name: "Pamir Logistics"}, Analytics: a, Before: &before, Printer: printer(t, tag),
		Health: &portal.HealthScore{TenantID: "ten_pamir", Day: "2026-04-01", Known: true, Score: 78, Components: []portal.HealthComponent{
			{Name: portal.HealthDelivery, Points: 84}, {Name: portal.HealthHolds, Points: 91}, {Name: portal.HealthPayments, Points: 50},
			{Name: portal.HealthTickets, Points: 80}, {Name: portal.HealthNPS, Gap: portal.HealthNothing},
		}},
	}
}

// empty is a quarter in which nothing happened.
func empty(t *testing.T, tag string) Input {
	t.Helper()
	return Input{
		Tenant: portal.Tenant{TenantID: "ten_new", Name: "Herat Pharmacy"}, Printer: printer(t, tag),
		Analytics: portal.Analytics{TenantID: "ten_new", Period: "2026-Q2", Start: "2026-04-01", End: "2026-07-01", Currency: portal.USD},
	}
}

var fingerprint = strings.TrimSpace(strings.Repeat("AB12 ", 16))
