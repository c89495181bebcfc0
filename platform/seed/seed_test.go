package seed

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

var now = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

func records(t *testing.T, i int) []messages.Record {
	t.Helper()
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	traffic := newTraffic("ten_1", tenants[i].profile, texts, uint64(i), now)
	return append(traffic.history(tenants[i].profile), traffic.latest()...)
}

func TestHistory_IsTrueToItself(t *testing.T) {
	all := 0
	for i := range tenants {
		made := records(t, i)
		all += len(made)
		byTime(made)
		ids := map[string]bool{}
		under := 0
		for _, r := range made {
			a := sms.Analyse(r.Body)
			if a.Encoding != r.Encoding || a.Segments != r.Segments || a.Segments == 0 || sms.Operator(r.To) != r.Operator ||
				r.PriceMicros != int64(r.Segments)*sms.PriceMicros(r.Operator) {
				t.Fatalf("%+v is not what its text and number say", r)
			}
			if !sms.ValidNumber(r.To) || !sms.ValidSender(r.From) || !portal.ValidID("msg", r.ID) || ids[r.ID] || r.Operator == "other" {
				t.Fatalf("%+v: number, sender or id", r)
			}
			ids[r.ID] = true
			if r.Status.Final() != (r.DoneAt > 0) || r.Status.Final() != (r.DueAt == 0) {
				t.Fatalf("%+v is %s, done at %d, due at %d", r, r.Status, r.DoneAt, r.DueAt)
			}
			if (r.ErrorCode != "") != (r.Status.Final() && r.Status != portal.StatusDelivered) {
				t.Fatalf("%+v: %s with error %q", r, r.Status, r.ErrorCode)
			}
			for _, at := range []int64{r.SubmittedAt, r.HeldAt, r.SentAt, r.DoneAt} {
				if at > now.UnixMicro() {
					t.Fatalf("%+v happened in the future", r)
				}
			}
			if !r.Status.Final() {
				under++
			}
		}
		if under < 5 {
			t.Errorf("%s: %d messages are under way", tenants[i].name, under)
		}
	}
	if all < 30_000 || all > 42_000 {
		t.Errorf("%d messages in all", all)
	}
}

func TestHistory_LooksLikeLife(t *testing.T) {
	made := records(t, 0)
	delivered := 0
	days := map[time.Weekday]int{}
	recent, old := 0, 0
	for _, r := range made {
		at := time.UnixMicro(r.SubmittedAt).In(kabul)
		days[at.Weekday()]++
		if r.Status == portal.StatusDelivered {
			delivered++
		}
		switch age := now.Sub(at); {
		case age < 30*24*time.Hour:
			recent++
		case age > 60*24*time.Hour:
			old++
		}
	}
	if rate := float64(delivered) / float64(len(made)); rate < 0.955 || rate > 0.985 {
		t.Errorf("%.1f %% delivered", 100*rate)
	}
	if days[time.Friday]*2 > days[time.Sunday] {
		t.Errorf("Friday %d, Sunday %d", days[time.Friday], days[time.Sunday])
	}
	if recent <= old {
		t.Errorf("the last 30 days have %d messages, the first %d", recent, old)
	}
	if again := records(t, 0); !slices.Equal(made, again) {
		t.Error("the same seed gives another history")
	}
}

func TestDemo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		if err := db.Migrate(t.Context(), migrations.FS); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := Demo(t.Context(), db, now); err != nil {
			t.Fatal(err)
		}
		t.Logf("seeded in %v", time.Since(began))
		counts := map[string]int{}
		for name, query := range map[string]string{
			"tenants":  "SELECT count(*) FROM tenants",
			"accounts": "SELECT count(*) FROM users WHERE email LIKE '%@demo.ghasi.test'",
			"revoked":  "SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL",
			"messages": "SELECT count(*) FROM messages",
			"told":     "SELECT count(*) FROM webhook_deliveries d JOIN messages m ON m.id = d.message_id WHERE d.state = 'delivered'",
			"tries":    "SELECT count(*) FROM webhook_attempts",
			"totals":   "SELECT CAST(SUM(messages) AS BIGINT) FROM message_totals",
			"rollups":  "SELECT CAST(SUM(submitted) AS BIGINT) FROM message_rollups",
		} {
			var n int
			if err := db.Read.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			counts[name] = n
		}
		if counts["told"] != told || counts["tries"] != told+2 {
			t.Errorf("webhook: counts %v", counts)
		}
		if counts["tenants"] != 3 || counts["accounts"] != 5 || counts["revoked"] < 2 {
			t.Errorf("counts %v", counts)
		}
		if counts["messages"] < 30_000 || counts["totals"] != counts["messages"] || counts["rollups"] != counts["messages"] {
			t.Errorf("counts %v", counts)
		}
		clock := now.Add(4 * time.Minute)
		service := messages.New(messages.Options{DB: db, Now: func() time.Time { return clock }})
		defer service.Close() //nolint:errcheck // a test
		for {
			clock = clock.Add(time.Minute)
			if _, next, err := service.Step(t.Context()); err != nil {
				t.Fatal(err)
			} else if next.IsZero() {
				break
			}
		}
		var underWay int
		err := db.Read.QueryRowContext(t.Context(), "SELECT count(*) FROM messages WHERE status IN ('queued', 'held', 'sent')").Scan(&underWay)
		if err != nil || underWay != 0 {
			t.Errorf("%d messages never arrive: %v", underWay, err)
		}
	})
}

func TestLoad(t *testing.T) {
	db := dbtest.Open(t, migrations.FS)
	if err := Load(t.Context(), db, "ten_1", 1234, now); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Read.QueryRowContext(t.Context(), "SELECT count(*) FROM messages WHERE tenant_id = 'ten_1'").Scan(&n); err != nil || n != 1234 {
		t.Errorf("%d messages: %v", n, err)
	}
}

func TestNumber_IsNeverMagic(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		if n := number(rnd, []string{"70", "744"}); !sms.ValidNumber(n) || n < "+93701" {
			t.Fatalf("number %s", n)
		}
	}
}
