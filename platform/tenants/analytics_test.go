package tenants

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// ledger is billing as a test has it.
type ledger struct {
	accounts map[string]Account
	invoices []portal.Invoice
	spend    map[string]int64
}

func (l *ledger) Accounts(context.Context) (map[string]Account, error) { return l.accounts, nil }

// BalanceAt falls by a million a day.
func (l *ledger) BalanceAt(_ context.Context, _ string, at time.Time) (int64, error) {
	return -int64(days(time.Unix(0, 0), at)) * 1_000_000, nil
}

func (l *ledger) SpendByDay(context.Context, string, time.Time, time.Time) (map[string]int64, error) {
	return l.spend, nil
}

func (l *ledger) DueBetween(_ context.Context, _ string, from, until time.Time) ([]portal.Invoice, error) {
	return slices.DeleteFunc(slices.Clone(l.invoices), func(i portal.Invoice) bool { return i.DueAt.Before(from) || !i.DueAt.Before(until) }), nil
}

func (l *ledger) Invoices(context.Context, string, portal.InvoiceFilter) (portal.InvoicePage, error) {
	return portal.InvoicePage{Items: []portal.Invoice{}, Currency: portal.AFN}, nil
}

// record makes a message of a tenant that has come to a state.
func record(tenant, to, from string, at time.Time, status portal.MessageStatus, held time.Duration) messages.Record {
	operator := sms.Operator(to)
	r := messages.Record{
		ID: portal.NewID("msg", at), TenantID: tenant, To: to, From: from, Body: "x", Status: status, Encoding: "GSM-7", Segments: 2,
		Operator: operator, PriceMicros: 2 * sms.PriceMicros(operator), SubmittedAt: at.UnixMicro(), SourceKind: "portal", SourceName: "x",
	}
	sent := at
	if held != 0 {
		r.HeldAt = at.UnixMicro()
		sent = at.Add(held)
	}
	if status != portal.StatusQueued && status != portal.StatusHeld && status != portal.StatusRejected {
		r.SentAt = sent.UnixMicro()
	}
	if status.Final() {
		r.DoneAt = sent.Add(time.Second).UnixMicro()
	}
	return r
}

func (s *site) load(records ...messages.Record) {
	s.t.Helper()
	s.inTx(func(ctx context.Context, tx bun.Tx) error { return messages.Import(ctx, s.db, tx, records) })
}

func TestAnalytics_ByHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		money := &ledger{spend: map[string]int64{
			"2025-12-31": 7, "2026-01-01": 1000, "2026-01-31": 500, "2026-02-01": 40, "2026-03-31": 2, "2026-04-01": 9,
		}}
		s := newSite(t, open("platform"), money)
		id, other := s.tenantNamed("Pamir Logistics"), s.tenantNamed("Herat Pharmacy")
		money.accounts = map[string]Account{id: {portal.USD, 5}}
		at := func(month time.Month, d, h int) time.Time { return time.Date(2026, month, d, h, 0, 0, 0, kabul) }
		const awcc, roshan = "+93701234567", "+93791234567"
		s.load(
			record(id, awcc, "GHASI", at(1, 1, 0), portal.StatusDelivered, 0),
			record(id, awcc, "GHASI", at(1, 1, 0).Add(-time.Microsecond), portal.StatusDelivered, 0), // last year
			record(id, roshan, "GHASI", at(1, 31, 23), portal.StatusFailed, 0),
			record(id, roshan, "Ghasi", at(1, 31, 23), portal.StatusExpired, 0),
			record(id, roshan, "GHASI", at(2, 1, 8), portal.StatusDelivered, 40*time.Second),
			record(id, roshan, "GHASI", at(2, 1, 8), portal.StatusDelivered, 10*time.Second),
			record(id, roshan, "GHASI", at(2, 1, 9), portal.StatusRejected, time.Second), // held, never released
			record(id, roshan, "GHASI", at(2, 1, 9), portal.StatusRejected, 0),
			record(id, awcc, "GHASI", at(3, 31, 23), portal.StatusQueued, 0),
			record(id, awcc, "GHASI", at(4, 1, 0), portal.StatusDelivered, 0), // next quarter
			record(other, awcc, "OTHER", at(2, 2, 8), portal.StatusDelivered, 0),
		)
		got, err := s.api.Analytics(t.Context(), id, "2026-Q1")
		if err != nil {
			t.Fatal(err)
		}
		got.Compliance = slices.DeleteFunc(got.Compliance, func(d portal.AnalyticsDay) bool { return d.Sent == 0 })
		day0, day1 := -int64(days(time.Unix(0, 0), at(4, 1, 0)))*1_000_000, -int64(days(time.Unix(0, 0), at(1, 1, 0)))*1_000_000
		want := portal.Analytics{
			TenantID: id, Period: "2026-Q1", Start: "2026-01-01", End: "2026-04-01", Currency: portal.USD, GeneratedAt: now,
			Totals: portal.AnalyticsTotals{
				Submitted: 8, Delivered: 3, Failed: 4, Final: 7, Held: 3, Released: 2, HoldSeconds: 25, Segments: 16, SpendMicros: 1542, BalanceMicros: day0,
			},
			Previous: portal.AnalyticsTotals{Submitted: 1, Delivered: 1, Final: 1, Segments: 2, SpendMicros: 7, BalanceMicros: day1},
			Months: []portal.AnalyticsMonth{
				{Month: "2026-01", Submitted: 3, Delivered: 1, Failed: 2, SpendMicros: 1500},
				{Month: "2026-02", Submitted: 4, Delivered: 2, Failed: 2, SpendMicros: 40},
				{Month: "2026-03", Submitted: 1, SpendMicros: 2},
			},
			Operators: []portal.AnalyticsOperator{
				{Operator: "roshan", Submitted: 6, Delivered: 2, Failed: 4}, {Operator: "awcc", Submitted: 2, Delivered: 1},
			},
			Compliance: []portal.AnalyticsDay{
				{Day: "2026-01-01", Score: 10_000, Sent: 1},
				{Day: "2026-01-29", Score: 3333, Held: 3, Sent: 6}, // four of six held or rejected
				{Day: "2026-03-26", Score: 10_000, Sent: 1},
			},
			Senders:  []portal.AnalyticsCount{{Name: "GHASI", Count: 7}, {Name: "Ghasi", Count: 1}},
			Prefixes: []portal.AnalyticsCount{{Name: "+9379", Count: 6}, {Name: "+9370", Count: 2}},
			SLACredits: []portal.AnalyticsCredit{
				{Month: "2026-01", Final: 3, RatePermille: 333, TargetPermille: 970, CreditMicros: 375},
				{Month: "2026-02", Final: 4, RatePermille: 500, TargetPermille: 970, CreditMicros: 10},
				{Month: "2026-03", TargetPermille: 970},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("analytics (-want +got):\n%s", diff)
		}
	})
}

// TestAnalytics_Recounted: the figures are those of a count over the messages themselves.
func TestAnalytics_Recounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open("platform"))
		id := s.tenantNamed("Pamir Logistics")
		rnd := rand.New(rand.NewPCG(3, 5))
		numbers := []string{"+93701234567", "+93791234567", "+93781234567", "+93771234567", "+93744234567", "+14155550100"}
		states := []portal.MessageStatus{
			portal.StatusDelivered, portal.StatusDelivered, portal.StatusFailed, portal.StatusExpired, portal.StatusRejected, portal.StatusSent, portal.StatusQueued,
		}
		all := make([]messages.Record, 3000)
		for i := range all {
			at := now.Add(-time.Duration(rnd.Int64N(int64(100 * 24 * time.Hour))))
			held := time.Duration(rnd.IntN(4)) * time.Duration(rnd.IntN(600)) * time.Second
			from := []string{"A1", "B2", "C3", "D4", "E5", "F6", "G7", "H8", "J9", "K10", "L11", "M12"}[rnd.IntN(12)]
			all[i] = record(id, numbers[rnd.IntN(6)], from, at, states[rnd.IntN(7)], held)
		}
		s.load(all...)
		for _, period := range []string{"30d", "2026-Q4", "2026-09", "2026-10-10/2026-10-11"} {
			p, err := parsePeriod(period, now)
			if err != nil {
				t.Fatal(err)
			}
			a, err := s.api.Analytics(t.Context(), id, period)
			if err != nil {
				t.Fatal(err)
			}
			in := slices.DeleteFunc(slices.Clone(all), func(r messages.Record) bool {
				return r.SubmittedAt < p.start.UnixMicro() || r.SubmittedAt >= p.end.UnixMicro()
			})
			want := recount(in)
			if diff := cmp.Diff(want, a.Totals); diff != "" {
				t.Errorf("%s (-recounted +got):\n%s", period, diff)
			}
			sum := func(list []portal.AnalyticsCount) (n int) {
				for _, c := range list {
					n += c.Count
				}
				return n
			}
			if sum(a.Prefixes) != len(in) || len(a.Senders) > 10 {
				t.Errorf("%s: %d by prefix, %d in all; %d senders", period, sum(a.Prefixes), len(in), len(a.Senders))
			}
		}
	})
}

func recount(in []messages.Record) portal.AnalyticsTotals {
	var t portal.AnalyticsTotals
	var waits []int64
	for _, r := range in {
		t.Submitted++
		t.Segments += r.Segments
		t.SpendMicros += r.PriceMicros
		if r.Status == portal.StatusDelivered {
			t.Delivered++
		} else if r.Status.Final() {
			t.Failed++
		}
		if r.HeldAt > 0 {
			t.Held++
			if r.SentAt > 0 {
				waits = append(waits, r.SentAt-r.HeldAt)
			}
		}
	}
	t.Final, t.Released = t.Delivered+t.Failed, len(waits)
	slices.Sort(waits)
	if n := len(waits); n > 0 {
		t.HoldSeconds = ((waits[(n-1)/2]+waits[n/2])/2 + 500_000) / 1_000_000
	}
	return t
}

func TestCreditPercent(t *testing.T) {
	for _, tc := range []struct{ delivered, final, want int }{
		{0, 0, 0}, {1000, 1000, 0}, {970, 1000, 0}, {969, 1000, 0}, {961, 1000, 0}, {960, 1000, 5}, {959, 1000, 5}, {950, 1000, 10},
		{921, 1000, 20}, {920, 1000, 25}, {900, 1000, 25}, {0, 1000, 25}, {0, 1, 25}, {2, 3, 25}, {31, 32, 0},
	} {
		if got := creditPercent(tc.delivered, tc.final); got != tc.want {
			t.Errorf("%d of %d: %d %%, want %d %%", tc.delivered, tc.final, got, tc.want)
		}
	}
}

// TestTimeliness: how invoices stood at a time, not how they stand today.
func TestTimeliness(t *testing.T) {
	due := time.Date(2026, 9, 15, 0, 0, 0, 0, kabul)
	invoice := func(dueIn int, paidAfter int) portal.Invoice {
		i := portal.Invoice{DueAt: due.AddDate(0, 0, dueIn)}
		if paidAfter != 0 {
			at := i.DueAt.AddDate(0, 0, paidAfter)
			i.PaidAt = &at
		}
		return i
	}
	money := &ledger{invoices: []portal.Invoice{invoice(0, -3), invoice(0, 4), invoice(0, 21), invoice(0, 0), invoice(-170, -1), invoice(-300, -1), invoice(90, -1)}}
	s := New(nil, money, nil)
	for days, want := range map[int]portal.AnalyticsInvoices{
		10:  {Due: 5, PaidInTime: 2, PaidLate: 1, Overdue: 2, MeanDaysLate: 8}, // 4, and twice 10 so far
		30:  {Due: 4, PaidInTime: 1, PaidLate: 2, Overdue: 1, MeanDaysLate: 18},
		-1:  {Due: 1, PaidInTime: 1},
		400: {},
	} {
		got, err := s.timeliness(t.Context(), "ten_1", due.AddDate(0, 0, days))
		if err != nil || got != want {
			t.Errorf("%d days on: %+v, %v, want %+v", days, got, err, want)
		}
	}
}

// TestHoldsUseTheirIndex: without it a quarter of a large tenant would be read whole.
func TestHoldsUseTheirIndex(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil))
	for _, query := range []string{countReleased, sortReleased} {
		args := []any{"ten_1", 1, 2, 1, 1}[:strings.Count(query, "?")]
		var plan []struct{ ID, Parent, Notused, Detail string }
		if err := s.db.Read.NewRaw("EXPLAIN QUERY PLAN "+query, args...).Scan(t.Context(), &plan); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan[0].Detail, "COVERING INDEX messages_held") {
			t.Errorf("%s\nis answered by %s", query, plan[0].Detail)
		}
	}
}
