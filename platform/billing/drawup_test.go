package billing

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

func TestDrawUp(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.sendMany("ten_a", toAWCC, 3)
		s.sendMany("ten_a", numberOf("system_failure"), 2)
		s.sendMany("ten_a", toRoshan, 1)
		s.settle()
		s.at("2026-10-01 00:05")
		s.drawUp(0) // a message of the last minute may still be on its way in
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		s.drawUp(0)
		september, october := monthOf(start).start.UTC(), monthOf(start).end().UTC()
		issued := s.clock.now().UTC()
		got := s.invoicesOf("ten_a")[0]
		want := portal.Invoice{
			InvoiceID: got.InvoiceID, Number: "GH-2026-000001", PeriodStart: "2026-09-01", PeriodEnd: "2026-10-01", Currency: portal.AFN,
			AmountMicros: 3*750_000 + 850_000, Status: portal.InvoiceOpen, IssuedAt: issued,
			DueAt: time.Date(2026, 10, 16, 23, 59, 59, 0, kabul).UTC(),
			Lines: []portal.InvoiceLine{
				{Operator: "awcc", Messages: 3, Segments: 3, Refunded: 2, UnitMicros: 750_000, AmountMicros: 2_250_000, SubmittedAfter: september, SubmittedBefore: october},
				{Operator: "roshan", Messages: 1, Segments: 1, UnitMicros: 850_000, AmountMicros: 850_000, SubmittedAfter: september, SubmittedBefore: october},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the invoice (-want +got):\n%s", diff)
		}
		s.check("ten_a")
		s.reconcile("ten_a")
	})
}

// TestDrawUp_CatchesUp: months that nobody drew up, an idle one among them, and numbers over the turn of the year.
func TestDrawUp_CatchesUp(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.send("ten_a", toAWCC)
		s.send("ten_b", toAWCC)
		s.at("2026-11-03 09:00")
		s.send("ten_a", toAWCC)
		s.settle()
		s.at("2026-12-01 00:15")
		s.drawUp(3)
		s.send("ten_b", toAWCC)
		s.settle()
		s.at("2027-01-05 12:00")
		s.drawUp(1)
		months := map[string][]string{}
		for _, tenant := range []string{"ten_a", "ten_b"} {
			for _, v := range s.invoicesOf(tenant) {
				months[tenant] = append(months[tenant], v.PeriodStart[:7]+" "+v.Number)
			}
			s.check(tenant)
			s.reconcile(tenant)
		}
		want := map[string][]string{
			"ten_a": {"2026-09 GH-2026-000001", "2026-11 GH-2026-000002"},
			"ten_b": {"2026-09 GH-2026-000003", "2026-12 GH-2027-000001"},
		}
		if diff := cmp.Diff(want, months); diff != "" {
			t.Error(diff)
		}
		s.checkNumbers()
	})
}

// TestDrawUp_LateRefunds: a message that fails after its month was billed comes back on the next invoice.
func TestDrawUp_LateRefunds(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.at("2026-09-30 23:59")
		s.send("ten_a", toAWCC)
		s.send("ten_a", numberOf("operator_unavailable"))
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		s.settle()
		if b := s.balance("ten_a"); b != -750_000 {
			t.Errorf("what failed late is not given back at once: %d", b)
		}
		s.sendMany("ten_a", toRoshan, 2)
		s.settle()
		s.at("2026-11-01 00:15")
		s.drawUp(1)
		all := s.invoicesOf("ten_a")
		october := monthOf(start).end().UTC()
		want := portal.InvoiceLine{
			Operator: "awcc", Credit: true, Segments: 1, Refunded: 1, UnitMicros: 750_000, AmountMicros: -750_000,
			SubmittedAfter: monthOf(start).start.UTC(), SubmittedBefore: october,
		}
		if len(all) != 2 || all[0].AmountMicros != 1_500_000 || all[1].AmountMicros != 2*850_000-750_000 || len(all[1].Lines) != 2 {
			t.Fatalf("invoices %+v", all)
		}
		if diff := cmp.Diff(want, all[1].Lines[1]); diff != "" {
			t.Errorf("the credit (-want +got):\n%s", diff)
		}
		s.check("ten_a")
		s.reconcile("ten_a")
	})
}

// TestDrawUp_CreditWaits: an invoice never falls below zero; what does not fit on it waits.
func TestDrawUp_CreditWaits(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.at("2026-09-30 23:59")
		s.sendMany("ten_a", numberOf("operator_unavailable"), 2)
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		s.settle()
		s.send("ten_a", toAWCC)
		s.at("2026-11-01 00:15")
		s.drawUp(1)
		s.sendMany("ten_a", toAWCC, 3)
		s.settle()
		s.at("2026-12-01 00:15")
		s.drawUp(1)
		var amounts []int64
		for _, v := range s.invoicesOf("ten_a") {
			amounts = append(amounts, v.AmountMicros)
		}
		if diff := cmp.Diff([]int64{1_500_000, 750_000, 3*750_000 - 1_500_000}, amounts); diff != "" {
			t.Error(diff)
		}
		s.check("ten_a")
		s.reconcile("ten_a")
	})
}

func TestDrawUp_AllGivenBack(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.send("ten_a", numberOf("system_failure"))
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		v := s.invoicesOf("ten_a")[0]
		if v.AmountMicros != 0 || v.Status != portal.InvoicePaid || v.Lines[0].Refunded != 1 {
			t.Errorf("an invoice of nothing: %+v", v)
		}
		s.check("ten_a")
		s.reconcile("ten_a")
	})
}

// TestDrawUp_PriceChange: one line for each price, each with its own time.
func TestDrawUp_PriceChange(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.must(s.SetPrice(t.Context(), portal.AFN, "awcc", time.Date(2026, 9, 20, 0, 0, 0, 0, kabul), 800_000))
		s.must(s.SetPrice(t.Context(), portal.AFN, "awcc", time.Date(2026, 9, 25, 0, 0, 0, 0, kabul), 750_000))
		for _, at := range []string{"2026-09-19 23:59", "2026-09-20 00:00", "2026-09-24 12:00", "2026-09-28 12:00"} {
			s.at(at)
			s.send("ten_a", toAWCC)
		}
		s.send("ten_a", toSalaam)
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		v := s.invoicesOf("ten_a")[0]
		var units []int64
		for i, l := range v.Lines {
			units = append(units, l.UnitMicros, int64(l.Messages))
			if i > 0 && i < 3 && !l.SubmittedAfter.Equal(v.Lines[i-1].SubmittedBefore) {
				t.Errorf("line %d begins at %v, the one before ends at %v", i, l.SubmittedAfter, v.Lines[i-1].SubmittedBefore)
			}
		}
		if diff := cmp.Diff([]int64{750_000, 1, 800_000, 2, 750_000, 1, 500_000, 1}, units); diff != "" {
			t.Error(diff)
		}
		s.check("ten_a")
		s.reconcile("ten_a")
	})
}

func TestDrawUp_RoundsDollars(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		for i, tenant := range []string{"ten_a", "ten_b"} {
			s.must(s.Agree(t.Context(), tenant, Terms{Currency: portal.USD, CreditLimitMicros: 1_000_000, TermsDays: 15}))
			s.sendMany(tenant, toAWCC, i+1)
		}
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(2)
		for tenant, want := range map[string][2]int64{"ten_a": {10_000, -800}, "ten_b": {20_000, -1600}} {
			v := s.invoicesOf(tenant)[0]
			if v.AmountMicros != want[0] || v.RoundingMicros != want[1] {
				t.Errorf("%s: %d, rounded by %d", tenant, v.AmountMicros, v.RoundingMicros)
			}
			if b := s.balance(tenant); b != -want[0] {
				t.Errorf("%s: the balance is %d", tenant, b)
			}
			s.must(s.Pay(t.Context(), v.Number))
			if b := s.balance(tenant); b != 0 {
				t.Errorf("%s: after paying %d", tenant, b)
			}
			s.check(tenant)
		}
	})
}

// TestDrawUp_TwoReplicas: both at once draw up each invoice once, with numbers that have no gap.
func TestDrawUp_TwoReplicas(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		const tenants = 6
		name := func(i int) string { return "ten_" + string(rune('a'+i)) }
		for i := range tenants {
			s.send(name(i), toAWCC)
		}
		s.at("2026-10-20 10:00")
		for i := range tenants {
			s.send(name(i), toAWCC)
		}
		s.settle()
		s.at("2026-11-01 00:15")
		two := newSite(t, s.db, s.clock, 0)
		made := make(chan int, 4)
		for i := range cap(made) {
			go func() {
				n, err := []*site{s, two}[i%2].DrawUp(context.WithoutCancel(t.Context()))
				if err != nil {
					t.Error(err)
				}
				made <- n
			}()
		}
		drawn := 0
		for range cap(made) {
			drawn += <-made
		}
		if drawn != 2*tenants {
			t.Errorf("%d invoices, want %d", drawn, 2*tenants)
		}
		s.checkNumbers()
		for i := range tenants {
			s.check(name(i))
			s.reconcile(name(i))
		}
	})
}

// TestDrawUp_Undone: what is undone half-way leaves no number out.
func TestDrawUp_Undone(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.send("ten_a", toAWCC)
		s.send("ten_b", toAWCC)
		s.settle()
		s.at("2026-10-01 00:15")
		until := monthOf(s.clock.now()).start
		err := s.db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if made, _, err := s.drawNext(ctx, tx, "ten_a", until, s.clock.now()); !made || err != nil {
				t.Errorf("made %v: %v", made, err)
			}
			return errCrash
		})
		if err == nil {
			t.Fatal("not undone")
		}
		s.drawUp(2)
		s.checkNumbers()
	})
}

// TestCharge_AfterTheInvoice: a message of a month that has been billed is refused, not lost from the bills.
func TestCharge_AfterTheInvoice(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.send("ten_a", toAWCC)
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		s.at("2026-09-30 23:59")
		s.call(503, "POST", "/v1/messages", "user:ten_a", portal.NewMessage{To: toAWCC, From: "PAMIR", Body: "A clock that is wrong"}, nil)
		s.check("ten_a")
	})
}

func TestPay(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.sendMany("ten_a", toAWCC, 2)
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		number := s.invoicesOf("ten_a")[0].Number
		status := func() portal.InvoiceStatus { return s.invoicesOf("ten_a")[0].Status }
		s.at("2026-10-16 23:59")
		if got := status(); got != portal.InvoiceOpen {
			t.Errorf("on its last day it is %s", got)
		}
		s.at("2026-10-17 00:00")
		if got := status(); got != portal.InvoiceOverdue {
			t.Errorf("on the day after it is %s", got)
		}
		s.must(s.Pay(t.Context(), number))
		v := s.invoicesOf("ten_a")[0]
		if v.Status != portal.InvoicePaid || v.PaidAt == nil || !v.PaidAt.Equal(s.clock.now()) || s.balance("ten_a") != 0 {
			t.Errorf("after paying: %+v, balance %d", v, s.balance("ten_a"))
		}
		for name, err := range map[string]error{"paid again": s.Pay(t.Context(), number), "voided": s.Void(t.Context(), number)} {
			if portal.CodeOf(err) != portal.Conflict {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Pay(t.Context(), "GH-2026-999999"); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("an unknown number: %v", err)
		}
		s.check("ten_a")
	})
}

// TestPay_AtOnce: of several payments of one invoice, one counts.
func TestPay_AtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.send("ten_a", toAWCC)
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		number := s.invoicesOf("ten_a")[0].Number
		results := make(chan error, 6)
		for range cap(results) {
			go func() { results <- s.Pay(context.WithoutCancel(t.Context()), number) }()
		}
		paid := 0
		for range cap(results) {
			if err := <-results; err == nil {
				paid++
			} else if portal.CodeOf(err) != portal.Conflict {
				t.Error(err)
			}
		}
		if paid != 1 || s.balance("ten_a") != 0 {
			t.Errorf("paid %d times, balance %d", paid, s.balance("ten_a"))
		}
		s.check("ten_a")
	})
}

// TestVoid_LateFailure: what a void invoice has given back is not given back again when the message fails.
func TestVoid_LateFailure(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.at("2026-09-30 23:59")
		s.send("ten_a", numberOf("operator_unavailable"))
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		s.must(s.Void(t.Context(), "GH-2026-000001"))
		s.clock.advance(time.Second)
		s.settle()
		if b := s.balance("ten_a"); b != 0 {
			t.Errorf("the balance is %d", b)
		}
		s.check("ten_a")
	})
}

func TestVoid(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.send("ten_a", toAWCC)
		s.settle()
		s.at("2026-10-01 00:15")
		s.drawUp(1)
		s.must(s.Void(t.Context(), "GH-2026-000001"))
		if v := s.invoicesOf("ten_a")[0]; v.Status != portal.InvoiceVoid || s.balance("ten_a") != 0 {
			t.Errorf("%s, balance %d", v.Status, s.balance("ten_a"))
		}
		if err := s.Pay(t.Context(), "GH-2026-000001"); portal.CodeOf(err) != portal.Conflict {
			t.Errorf("a void invoice was paid: %v", err)
		}
		s.send("ten_a", toAWCC)
		s.settle()
		s.at("2026-11-01 00:15")
		s.drawUp(1)
		s.checkNumbers()
		s.check("ten_a")
	})
}
