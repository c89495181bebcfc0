package billing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/portal"
)

func TestUsage(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.at("2026-08-30 10:00")
		s.sendMany("ten_a", toRoshan, 2)
		s.at("2026-09-01 00:00")
		s.sendMany("ten_a", toAWCC, 4)
		s.at("2026-09-02 23:59")
		s.send("ten_a", toSalaam)
		s.send("ten_a", numberOf("system_failure"))
		s.send("ten_b", toAWCC)
		s.settle()
		s.at("2026-09-03 12:00")
		s.must(s.SetSettings(t.Context(), "ten_a", portal.BillingSettings{LowBalanceMicros: 5_000_000}))
		var got portal.Usage
		s.call(200, "GET", "/v1/billing/usage", "user:ten_a", nil, &got)
		// The last four days are all there are before today: 2 × 0.85, 4 × 0.75 and 0.5 in four days, for 27.5 more.
		projected := int64(3_500_000 + 5_200_000*27.5/4)
		want := portal.Usage{
			PeriodStart: "2026-09-01", PeriodEnd: "2026-10-01", Currency: portal.AFN, Sent: 6, Delivered: 5, Failed: 1, Segments: 6,
			SpendMicros: 3_500_000, RefundedMicros: 750_000, BalanceMicros: -5_200_000, CreditLimitMicros: defaultCreditLimit,
			LowBalanceMicros: 5_000_000, ProjectedMicros: projected, PreviousSpendMicros: 1_700_000,
			Days: []portal.UsageDay{
				{Day: "2026-09-01", Sent: 4, Delivered: 4, SpendMicros: 3_000_000},
				{Day: "2026-09-02", Sent: 2, Delivered: 1, SpendMicros: 500_000},
				{Day: "2026-09-03"},
			},
			Operators: []portal.UsageOperator{
				{Operator: "awcc", Messages: 5, Segments: 5, SpendMicros: 3_000_000},
				{Operator: "salaam", Messages: 1, Segments: 1, SpendMicros: 500_000},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("usage (-want +got):\n%s", diff)
		}
		var august portal.Usage
		s.call(200, "GET", "/v1/billing/usage?period=2026-08", "user:ten_a", nil, &august)
		if august.Sent != 2 || august.SpendMicros != 1_700_000 || august.ProjectedMicros != 1_700_000 || len(august.Days) != 31 {
			t.Errorf("August: %+v", august)
		}
	})
}

func TestUsage_OfNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		var u portal.Usage
		s.call(200, "GET", "/v1/billing/usage", "user:ten_new", nil, &u)
		if u.Sent != 0 || u.SpendMicros != 0 || u.ProjectedMicros != 0 || u.BalanceMicros != 0 || len(u.Days) != 15 || u.Operators == nil {
			t.Errorf("%+v", u)
		}
		s.send("ten_new", toAWCC)
		s.call(200, "GET", "/v1/billing/usage", "user:ten_new", nil, &u)
		if u.ProjectedMicros != 750_000 {
			t.Errorf("on the first day, with nothing to go by, %d is projected", u.ProjectedMicros)
		}
	})
}

func TestShare(t *testing.T) {
	for _, tc := range []struct{ amount, part, whole, want int64 }{
		{7, 1, 2, 3}, {0, 5, 7, 0}, {maxAmount, 44_640, 10_080, 4_428_571_428_571_428}, {10_080, 44_640, 10_080, 44_640},
	} {
		if got := share(tc.amount, tc.part, tc.whole); got != tc.want {
			t.Errorf("%d × %d / %d = %d, want %d", tc.amount, tc.part, tc.whole, got, tc.want)
		}
	}
}

func TestMonth(t *testing.T) {
	for instant, want := range map[string]string{
		"2026-09-30T19:29:59Z": "2026-09", "2026-09-30T19:30:00Z": "2026-10", "2026-12-31T20:00:00Z": "2027-01",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := monthOf(at).String(); got != want {
			t.Errorf("%s is in %s, want %s", instant, got, want)
		}
	}
	for _, s := range []string{"", "2026", "2026-13", "2026-1", "26-01", "2026-01-01", "1999-12", "2100-01", "２０２６-01"} {
		if m, ok := parseMonth(s); ok {
			t.Errorf("%q is read as %s", s, m)
		}
	}
}

func TestStaffReads(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		s.must(s.Credit(ctx, "ten_a", TopUp, 5_000_000, "bank 1"))
		before := s.clock.now()
		s.clock.advance(24 * time.Hour)
		s.send("ten_a", toAWCC)
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		if all, err := s.Accounts(ctx); err != nil || len(all) != 1 || all["ten_a"].BalanceMicros != 4_250_000 || all["ten_a"].TenantID != "ten_a" {
			t.Errorf("accounts %+v: %v", all, err)
		}
		for at, want := range map[time.Time]int64{
			dayOf(before): 0, before: 0, dayOf(before).AddDate(0, 0, 1): 5_000_000, dayOf(before).AddDate(0, 0, 2): 4_250_000, s.clock.now(): 4_250_000,
		} {
			if b, err := s.BalanceAt(ctx, "ten_a", at); err != nil || b != want {
				t.Errorf("at %v the balance was %d, want %d: %v", at, b, want, err)
			}
		}
		days, err := s.SpendByDay(ctx, "ten_a", monthOf(start).start, monthOf(start).end())
		if diff := cmp.Diff(map[string]int64{"2026-09-16": 750_000}, days); diff != "" || err != nil {
			t.Errorf("%s%v", diff, err)
		}
		due := time.Date(2026, 10, 16, 0, 0, 0, 0, kabul)
		for until, want := range map[time.Time]int{due: 0, due.AddDate(0, 0, 1): 1} {
			list, err := s.DueBetween(ctx, "ten_a", before, until)
			if err != nil || len(list) != want {
				t.Errorf("%d due until %v: %v", len(list), until, err)
			}
		}
		s.must(s.Void(ctx, "GH-2026-000001"))
		if list, err := s.DueBetween(ctx, "ten_a", before, due.AddDate(0, 0, 1)); err != nil || len(list) != 0 {
			t.Errorf("a void invoice is due: %v", err)
		}
	})
}
