package messages

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

func principal(tenant string) access.Principal {
	return access.Principal{TenantID: tenant, UserID: "usr_1", Email: "amir@" + tenant + ".af", Roles: []string{access.RoleCustomer}}
}

func analysis() sms.Analysis { return sms.Analyse(sample().Body) }

// readLedger reads the kept counts, without the zeros that come of messages moving on.
func readLedger(t *testing.T, s *site) ledger {
	t.Helper()
	l := ledger{rollups: map[rollupKey]rollup{}, totals: map[totalKey]int64{}, failures: map[failureKey]int64{}, days: map[dayKey]dayCount{}}
	read := func(query string, scan func(func(...any))) {
		rows, err := s.db.Read.DB.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close() //nolint:errcheck // a test
		for rows.Next() {
			scan(func(dst ...any) {
				if err := rows.Scan(dst...); err != nil {
					t.Fatal(err)
				}
			})
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	read("SELECT tenant_id, bucket, submitted, delivered, failed, segments, spend_micros FROM message_rollups", func(scan func(...any)) {
		var k rollupKey
		var u rollup
		scan(&k.tenant, &k.bucket, &u.submitted, &u.delivered, &u.failed, &u.segments, &u.spend)
		l.rollups[k] = u
	})
	read("SELECT tenant_id, status, messages FROM message_totals WHERE messages <> 0", func(scan func(...any)) {
		var k totalKey
		var n int64
		scan(&k.tenant, &k.status, &n)
		l.totals[k] = n
	})
	read("SELECT tenant_id, day, error_code, messages FROM message_failures", func(scan func(...any)) {
		var k failureKey
		var n int64
		scan(&k.tenant, &k.day, &k.code, &n)
		l.failures[k] = n
	})
	read("SELECT tenant_id, kind, day, name, submitted, delivered, failed, held, flagged, segments, spend_micros FROM message_days", func(scan func(...any)) {
		var k dayKey
		var u dayCount
		scan(&k.tenant, &k.kind, &k.day, &k.name, &u.submitted, &u.delivered, &u.failed, &u.held, &u.flagged, &u.segments, &u.spend)
		l.days[k] = u
	})
	return l
}

func TestStats(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		get := func(query string) portal.MessageStats {
			t.Helper()
			return decode[portal.MessageStats](t, s.call("GET", "/v1/messages/stats"+query, "user:tenant-a", nil), http.StatusOK)
		}
		empty := get("")
		if len(empty.Days) != 30 || len(empty.Failures) != 0 || empty.Any {
			t.Errorf("without messages: %d days, %v, any %v", len(empty.Days), empty.Failures, empty.Any)
		}
		if first, last := empty.Days[0].Day, empty.Days[29].Day; first != "2026-10-23" || last != "2026-11-21" {
			t.Errorf("from %s to %s", first, last) // start is 21 November, two in the morning, in Kabul
		}
		s.clock.advance(-2*time.Hour - time.Microsecond) // the last microsecond of the day before in Kabul
		s.post("tenant-a", sample(to(NumberUnknown)))
		s.clock.advance(time.Microsecond)
		s.post("tenant-a", sample())
		s.post("tenant-a", sample(to(NumberRejected)))
		s.post("tenant-a", sample(to(NumberSlow)))
		s.post("tenant-b", sample(to(NumberAbsent)))
		s.settle(5 * time.Second)
		want := portal.MessageStats{
			Days: []portal.MessageDay{
				{Day: "2026-11-19"},
				{Day: "2026-11-20", Submitted: 1, Failed: 1, SpendMicros: 750_000, SegmentCount: 1},
				{Day: "2026-11-21", Submitted: 3, Delivered: 1, Failed: 1, SpendMicros: 2_250_000, SegmentCount: 3},
			},
			Failures: []portal.FailureCount{{ErrorCode: "rejected_by_operator", Count: 1}, {ErrorCode: "unknown_subscriber", Count: 1}},
			Any:      true,
		}
		if diff := cmp.Diff(want, get("?days=3")); diff != "" {
			t.Errorf("three days (-want +got):\n%s", diff)
		}
		today := get("?days=1")
		if diff := cmp.Diff(want.Days[2:], today.Days); diff != "" || len(today.Failures) != 1 {
			t.Errorf("today: failures %v, days (-want +got):\n%s", today.Failures, diff)
		}
	})
}

func TestStats_Invalid(t *testing.T) {
	s := newSite(t, dbtest.Open(t, migrations.FS), newClock())
	for _, query := range []string{"days=0", "days=91", "days=x", "days=", "days=1&days=2"} {
		if a := s.call("GET", "/v1/messages/stats?"+query, "user:tenant-a", nil); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", query, a.status)
		}
	}
	if a := s.call("GET", "/v1/messages/stats?since=1", "user:tenant-a", nil); a.status != http.StatusBadRequest {
		t.Errorf("an unknown parameter: %d", a.status)
	}
}

func TestDays(t *testing.T) {
	kabul := time.FixedZone("+0430", 4*3600+1800)
	for _, at := range []time.Time{start, time.Unix(0, 0), time.Date(1969, 12, 31, 19, 29, 59, 999999000, time.UTC), time.Date(2026, 3, 21, 0, 0, 0, 0, kabul)} {
		y, m, d := at.In(kabul).Date()
		if got, want := dayOf(at.UnixMicro()), time.Date(y, m, d, 0, 0, 0, 0, kabul).UnixMicro(); got != want {
			t.Errorf("the day of %v begins at %v, want %v", at, time.UnixMicro(got), time.UnixMicro(want))
		}
		if got, want := bucketOf(at.UnixMicro()), at.Truncate(30*time.Minute).UnixMicro(); at.Unix() > 0 && got != want {
			t.Errorf("the half hour of %v begins at %v", at, time.UnixMicro(got))
		}
	}
}
