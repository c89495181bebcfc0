package messages

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/migrations"
)

// BenchmarkList is the list call without the HTTP server and the token: parse, plan, query, JSON.
func BenchmarkList(b *testing.B) {
	db := dbtest.Open(b, migrations.FS)
	s := newSite(b, db, newClock())
	for batch := range 10 {
		s.load(history("tenant-a", 10_000, uint64(batch)))
	}
	call := func(b *testing.B, query string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(b.Context(), "GET", "/v1/messages?"+query, nil)
		r = r.WithContext(access.With(r.Context(), principal("tenant-a")))
		w := httptest.NewRecorder()
		s.list(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%s: %d %s", query, w.Code, w.Body)
		}
		return w
	}
	deep := "cursor=" + encodeCursor(position{at: start.UnixMicro() - 700*17*60*1_000_000, id: "msg_00000000000000000000000000"},
		filter{tenant: "tenant-a", after: minTime, before: maxTime})
	for _, tt := range []struct{ name, query string }{
		{"first", ""},
		{"deep", deep},
		{"failed", "status=failed"},
		{"two-states", "status=failed&status=expired"},
		{"number", "to=%2B93700000007"},
		{"wide-sender", "from=PAMIR"},
		{"sender-and-state", "from=PAMIR&status=failed"},
		{"operator", "operator=salaam"},
		{"operator-and-state", "operator=salaam&status=failed"},
		{"operator-and-dates", "operator=salaam&submittedAfter=2026-10-31T19:30:00Z&submittedBefore=2026-11-30T19:30:00Z"},
		{"dates", "submittedAfter=2026-11-01T00:00:00Z"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call(b, tt.query)
			}
		})
	}
}
