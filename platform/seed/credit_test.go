package seed

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/billing"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
)

func demo(t *testing.T, db *database.DB, at time.Time) (service *billing.Service, byName map[string]string) {
	t.Helper()
	if err := db.Migrate(t.Context(), migrations.FS); err != nil {
		t.Fatal(err)
	}
	if err := Demo(t.Context(), db, at); err != nil {
		t.Fatal(err)
	}
	byName = map[string]string{}
	rows, err := db.Read.QueryContext(t.Context(), "SELECT name, id FROM tenants")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // a test
	for rows.Next() {
		var name, id string
		if err := rows.Scan(&name, &id); err != nil {
			t.Fatal(err)
		}
		byName[name] = id
	}
	return billing.New(billing.Options{DB: db, Now: func() time.Time { return at }}), byName
}

func count(t *testing.T, db *database.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := db.Read.DB.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// TestDemo_Bills: the demo's books are as true as those of a platform that has lived: balances are sums of entries, and
// the messages behind each line of an invoice are there.
func TestDemo_Bills(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		service, tenants := demo(t, db, now)
		statuses := map[string]string{}
		for name, id := range tenants {
			page, err := service.Invoices(t.Context(), id, portal.InvoiceFilter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Items {
				statuses[name] += fmt.Sprintf("%s %s %s, ", v.PeriodStart[:7], v.Currency, v.Status)
				whole, err := service.Invoice(t.Context(), id, v.InvoiceID)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range whole.Lines {
					logged := count(t, db, "SELECT COUNT(*) FROM messages WHERE tenant_id = $1 AND operator = $2 AND submitted_at >= $3 AND submitted_at < $4",
						id, l.Operator, l.SubmittedAfter.UnixMicro(), l.SubmittedBefore.UnixMicro())
					if int(logged) != l.Messages+l.Refunded || l.AmountMicros != int64(l.Segments)*l.UnitMicros {
						t.Errorf("%s, %s: the log has %d messages for %+v", name, v.Number, logged, l)
					}
				}
			}
			a, err := service.Account(t.Context(), id)
			sum := count(t, db, "SELECT CAST(SUM(amount_micros) AS BIGINT) FROM billing_entries WHERE tenant_id = $1", id)
			if err != nil || a.BalanceMicros != sum || a.BalanceMicros < 0 {
				t.Errorf("%s has %d, by the ledger %d: %v", name, a.BalanceMicros, sum, err)
			}
			cost := count(t, db, "SELECT CAST(SUM(price_micros) AS BIGINT) FROM messages WHERE tenant_id = $1", id)
			if charged := count(t, db, "SELECT CAST(SUM(charged_micros) AS BIGINT) FROM billing_days WHERE tenant_id = $1", id); charged != cost {
				t.Errorf("%s: charged %d for messages of %d", name, charged, cost)
			}
		}
		want := map[string]string{
			"Pamir Logistics": "2026-10 AFN open, 2026-09 AFN paid, 2026-08 AFN paid, ",
			"Herat Pharmacy":  "2026-10 AFN paid, 2026-09 AFN overdue, 2026-08 AFN paid, ",
			"Kabul Courier":   "2026-10 USD overdue, 2026-09 USD overdue, 2026-08 USD paid, ",
		}
		if diff := cmp.Diff(want, statuses); diff != "" {
			t.Error(diff)
		}
		if late := count(t, db, "SELECT COUNT(*) FROM billing_invoices WHERE paid_at > due_at"); late != 1 {
			t.Errorf("%d invoices were paid late, want 1", late)
		}
		if drawn, err := service.DrawUp(t.Context()); err != nil || drawn != 0 {
			t.Errorf("%d invoices were missing: %v", drawn, err)
		}
	})
}

// TestDemo_GoesOn: messages under way when the demo begins are refunded when they fail.
func TestDemo_GoesOn(t *testing.T) {
	db := dbtest.Open(t, nil)
	service, tenants := demo(t, db, now)
	id := tenants["Pamir Logistics"]
	before, err := service.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	price := count(t, db, "SELECT CAST(SUM(price_micros) AS BIGINT) FROM messages WHERE tenant_id = $1 AND due_at > 0", id)
	later := now.Add(time.Hour)
	carrier := messages.New(messages.Options{
		DB: db, Now: func() time.Time { return later }, Carrier: lost{}, Observers: []messages.Observer{service},
	})
	defer carrier.Close() //nolint:errcheck // a test
	for {
		_, next, err := carrier.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() {
			break
		}
	}
	after, err := service.Account(t.Context(), id)
	if err != nil || price == 0 || after.BalanceMicros != before.BalanceMicros+price {
		t.Errorf("the balance went from %d to %d, want %d back: %v", before.BalanceMicros, after.BalanceMicros, price, err)
	}
}

// lost is a carrier that loses everything.
type lost struct{}

func (lost) Next(p messages.Passage) (messages.Step, bool) {
	return messages.Step{Status: portal.StatusFailed, ErrorCode: "system_failure"}, !p.Status.Final()
}

// TestDemo_AtTheTurnOfAMonth: just after midnight the month before is not billed yet, and is when its time comes.
func TestDemo_AtTheTurnOfAMonth(t *testing.T) {
	db := dbtest.Open(t, nil)
	at := time.Date(2026, 11, 1, 0, 3, 0, 0, kabul)
	_, tenants := demo(t, db, at)
	later := billing.New(billing.Options{DB: db, Now: func() time.Time { return at.Add(time.Hour) }})
	drawn, err := later.DrawUp(t.Context())
	if err != nil || drawn != len(tenants) {
		t.Errorf("%d invoices for %d tenants: %v", drawn, len(tenants), err)
	}
}
