package billing

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
)

// TestMoneyIsConserved makes random lives of accounts: messages to every operator and with every ending, credit that runs
// out, top-ups, months that pass, invoices drawn up, paid and voided, two replicas; with transactions undone at the end,
// and interrupted at any point of theirs. After every few steps the books must add up in every way that [site.check]
// knows.
func TestMoneyIsConserved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		done := map[string]int{}
		for seed := range uint64(3) {
			db := open("platform" + string(rune('a'+seed)))
			if err := db.Migrate(t.Context(), migrations.FS); err != nil {
				t.Fatal(err)
			}
			newLife(t, db, seed, done).live(130)
		}
		for _, what := range []string{"sent", "refused", "crashed", "interrupted", "moved", "drawn", "paid", "topped up", "voided"} {
			if done[what] == 0 {
				t.Errorf("in all these lives nothing was %s: %v", what, done)
			}
		}
	})
}

var lifeTenants = []string{"ten_afn", "ten_usd", "ten_new"}

// life is a random one.
type life struct {
	*site

	rnd     *rand.Rand
	replica [2]*site
	topUps  int
	done    map[string]int // what happened, so that lives in which nothing does fail
}

func newLife(t *testing.T, db *database.DB, seed uint64, done map[string]int) *life {
	clk := newClock()
	l := &life{rnd: rand.New(rand.NewPCG(seed, 41)), done: done}
	for i := range l.replica {
		l.replica[i] = newSite(t, db, clk, 3*time.Hour)
		l.replica[i].crash.next = func() bool { return l.rnd.IntN(9) == 0 }
	}
	l.site = l.replica[0]
	l.must(l.Agree(t.Context(), "ten_afn", Terms{Currency: portal.AFN, CreditLimitMicros: 8_000_000, TermsDays: 15}))
	l.must(l.Agree(t.Context(), "ten_usd", Terms{Currency: portal.USD, CreditLimitMicros: 150_000, TermsDays: 30}))
	return l
}

func (l *life) live(steps int) {
	l.t.Helper()
	for i := range steps {
		l.site = l.replica[l.rnd.IntN(2)]
		l.step()
		if i%30 == 0 {
			l.checkAll()
		}
	}
	l.checkAll()
	l.end()
}

func (l *life) step() {
	l.t.Helper()
	tenant := lifeTenants[l.rnd.IntN(len(lifeTenants))]
	switch n := l.rnd.IntN(100); {
	case n < 55:
		for range 1 + l.rnd.IntN(4) {
			l.sendAny(tenant)
		}
	case n < 75:
		l.clock.advance(time.Duration(l.rnd.Int64N(int64(6 * time.Hour))))
		_, _, err := l.sms.Step(l.interrupted())
		l.note("moved", err)
	case n < 80:
		l.clock.advance(time.Duration(l.rnd.Int64N(int64(25 * 24 * time.Hour))))
	case n < 86:
		drawn, err := l.DrawUp(l.interrupted())
		if drawn > 0 {
			l.done["drawn"]++
		}
		l.note("looked", err)
	case n < 95:
		l.payAny(tenant)
	default:
		l.topUps++
		l.note("topped up", l.Credit(l.interrupted(), tenant, TopUp, 1+l.rnd.Int64N(2_000_000), "bank "+string(rune('0'+l.topUps))))
	}
}

// interrupted is a context that, now and then, ends within the time that a transaction takes.
func (l *life) interrupted() context.Context {
	if l.rnd.IntN(3) > 0 {
		return l.t.Context()
	}
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Duration(l.rnd.Int64N(int64(4*time.Millisecond))))
	l.t.Cleanup(cancel)
	return ctx
}

// note counts what happened. An interruption is one; anything else that goes wrong fails.
func (l *life) note(what string, err error) {
	l.t.Helper()
	switch {
	case err == nil:
		l.done[what]++
	case isCrash(err):
		l.done["crashed"]++
	case isInterruption(err):
		l.done["interrupted"]++
	default:
		l.t.Errorf("%s: %v", what, err)
	}
}

func (l *life) sendAny(tenant string) {
	l.t.Helper()
	numbers := []string{toAWCC, toRoshan, toSalaam, "+93781234567", "+93771234567", "+14155550100"}
	to := numbers[l.rnd.IntN(len(numbers))]
	if l.rnd.IntN(2) == 0 {
		to = failing(l.rnd.IntN(len(portal.ErrorCodes)))
	}
	switch status := l.try(tenant, to); status {
	case 202:
		l.done["sent"]++
	case 402:
		l.done["refused"]++
	case 500:
		l.done["crashed"]++
	default:
		l.t.Errorf("a message was answered with %d", status)
	}
}

func (l *life) payAny(tenant string) {
	l.t.Helper()
	invoices := l.invoicesOf(tenant)
	if len(invoices) == 0 {
		return
	}
	v := invoices[l.rnd.IntN(len(invoices))]
	what, settle := "paid", l.Pay
	if l.rnd.IntN(4) == 0 {
		what, settle = "voided", l.Void
	}
	if err := settle(l.interrupted(), v.Number); portal.CodeOf(err) != portal.Conflict {
		l.note(what, err)
	}
}

func (l *life) checkAll() {
	l.t.Helper()
	for _, tenant := range lifeTenants {
		l.check(tenant)
		l.reconcile(tenant)
	}
	l.checkNumbers()
}

// end lets everything come to rest: all messages end, all months are billed, all invoices paid. What is left then is what
// was bought, less what no invoice could give back yet.
func (l *life) end() {
	l.t.Helper()
	for _, r := range l.replica {
		r.crash.next = nil
	}
	l.settle()
	l.clock.advance(40 * 24 * time.Hour)
	if _, err := l.DrawUp(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	for _, tenant := range lifeTenants {
		for _, v := range l.invoicesOf(tenant) {
			if v.Status == portal.InvoiceOpen || v.Status == portal.InvoiceOverdue {
				l.must(l.Pay(l.t.Context(), v.Number))
			}
		}
		bought := l.number("SELECT CAST(COALESCE(SUM(amount_micros), 0) AS BIGINT) FROM billing_entries WHERE kind = 'topup' AND tenant_id = $1", tenant)
		waiting := l.number("SELECT CAST(COALESCE(SUM(refunded_micros - billed_refunded_micros), 0) AS BIGINT) FROM billing_days WHERE tenant_id = $1", tenant)
		if b := l.balance(tenant); b != bought+waiting {
			l.t.Errorf("%s ends with %d, bought %d and waits for %d", tenant, b, bought, waiting)
		}
	}
	l.checkAll()
}
