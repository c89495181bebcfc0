package messages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"context"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// page lists messages by a query string.
func (s *site) page(tenant, query string) portal.MessagePage {
	s.t.Helper()
	return decode[portal.MessagePage](s.t, s.call("GET", "/v1/messages?"+query, "user:"+tenant, nil), http.StatusOK)
}

// history makes n messages of the tenant, newest first, from a fixed seed. Some share a microsecond.
func history(tenant string, n int, seed uint64) []Record {
	rnd := rand.New(rand.NewPCG(seed, 7))
	senders := []string{"PAMIR", "PAMIR-OTP", "Bazaar", "+93700100200"}
	records := make([]Record, n)
	at := start
	for i := range records {
		at = at.Add(-time.Duration(rnd.IntN(3)) * 17 * time.Minute)
		status := portal.MessageStatuses[rnd.IntN(len(portal.MessageStatuses))]
		if rnd.IntN(3) > 0 {
			status = portal.StatusDelivered
		}
		number := fmt.Sprintf("+937%d%07d", rnd.IntN(10), rnd.IntN(40))
		operator := sms.Operator(number)
		r := Record{
			ID: portal.NewID("msg", at), TenantID: tenant, To: number, From: senders[rnd.IntN(len(senders))], Body: "سلام",
			Status: status, Encoding: "UCS-2", Segments: 1 + rnd.IntN(3), Operator: operator, SubmittedAt: at.UnixMicro(),
			SourceKind: "api_key", SourceName: "Test",
		}
		r.PriceMicros = int64(r.Segments) * sms.PriceMicros(operator)
		if status != portal.StatusQueued && status != portal.StatusHeld && status != portal.StatusRejected {
			r.SentAt = at.Add(time.Second).UnixMicro()
		}
		if status.Final() {
			r.DoneAt = at.Add(3 * time.Second).UnixMicro()
			if status != portal.StatusDelivered {
				r.ErrorCode = portal.ErrorCodes[rnd.IntN(len(portal.ErrorCodes))].Code
			}
		}
		records[i] = r
	}
	return records
}

func (s *site) load(records []Record) {
	s.t.Helper()
	err := s.db.InTx(s.t.Context(), func(ctx context.Context, tx bun.Tx) error { return Import(ctx, s.db, tx, records) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// naive is the list by its definition: filter and sort what is in memory.
func naive(records []Record, q url.Values) []string {
	at := func(name string, none time.Time) time.Time {
		if t, err := time.Parse(time.RFC3339, q.Get(name)); err == nil {
			return t
		}
		return none
	}
	after, before := at("submittedAfter", time.Time{}), at("submittedBefore", start.Add(time.Hour))
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, func(a, b Record) int {
		if a.SubmittedAt != b.SubmittedAt {
			return int(b.SubmittedAt - a.SubmittedAt)
		}
		return strings.Compare(b.ID, a.ID)
	})
	var ids []string
	for _, r := range sorted {
		t := time.UnixMicro(r.SubmittedAt)
		if t.Before(after) || !t.Before(before) || !strings.HasPrefix(r.To, q.Get("to")) ||
			!strings.HasPrefix(strings.ToUpper(r.From), strings.ToUpper(q.Get("from"))) ||
			q.Has("operator") && q.Get("operator") != r.Operator ||
			q.Has("status") && !slices.Contains(q["status"], string(r.Status)) {
			continue
		}
		ids = append(ids, r.ID)
	}
	return ids
}

// follow reads every page of a list and checks that the first tells the right total.
func (s *site) follow(tenant string, q url.Values) []string {
	s.t.Helper()
	q = url.Values(http.Header(q).Clone())
	var ids []string
	total := -1
	for range 1000 {
		p := s.page(tenant, q.Encode())
		if (p.Total != nil) && q.Has("cursor") {
			s.t.Error("a page after the first tells a total")
		}
		if p.Total != nil {
			total = *p.Total
		}
		for _, m := range p.Items {
			ids = append(ids, m.MessageID)
		}
		if p.NextCursor == "" {
			if total != -1 && total != len(ids) {
				s.t.Errorf("the first page told a total of %d, there are %d", total, len(ids))
			}
			return ids
		}
		q.Set("cursor", p.NextCursor)
	}
	s.t.Fatal("the list does not end")
	return nil
}

// TestList_EveryFilter compares every combination of filters with the list's definition, once with bounds that make
// every prefix narrow, once with such that make nearly all wide and every search longer than one scan.
func TestList_EveryFilter(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ours := history("tenant-a", 300, 1)
		s.load(ours)
		s.load(history("tenant-b", 100, 2))
		s.handler = s.bare
		for _, s.bounds = range []bounds{defaultBounds, {scan: 40, narrow: 12}} {
			for _, q := range everyFilter(ours[3].To) {
				if diff := cmp.Diff(naive(ours, q), s.follow("tenant-a", q)); diff != "" {
					t.Fatalf("%s with %+v (-want +got):\n%s", q.Encode(), s.bounds, diff)
				}
			}
		}
	})
}

func everyFilter(number string) []url.Values {
	rfc := func(back time.Duration) string { return start.Add(-back).Format(time.RFC3339) }
	var all []url.Values
	for _, statuses := range [][]string{nil, {"failed"}, {"queued", "delivered"}, {"failed", "expired", "rejected", "held", "sent"}} {
		for _, number := range []string{"", "+", "+9370", "+937", number, "+4"} {
			for _, from := range []string{"", "pamir", "PAMIR-", "Z", "+93"} {
				for _, days := range [][2]string{{}, {rfc(30 * time.Hour), ""}, {"", rfc(20 * time.Hour)}, {rfc(50 * time.Hour), rfc(10 * time.Hour)}} {
					q := url.Values{"limit": {"17"}}
					if statuses != nil {
						q["status"] = statuses
					}
					for name, v := range map[string]string{"to": number, "from": from, "submittedAfter": days[0], "submittedBefore": days[1]} {
						if v != "" {
							q.Set(name, v)
						}
					}
					all = append(all, q)
					if days[0] == "" {
						with := url.Values(http.Header(q).Clone())
						with.Set("operator", "roshan")
						all = append(all, with)
					}
				}
			}
		}
	}
	return all
}

// TestList_Budget makes every prefix wide and every search longer than a scan may read.
func TestList_Budget(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		records := make([]Record, 45_000)
		for i := range records {
			at := start.Add(-time.Duration(i) * time.Second)
			records[i] = Record{
				ID: portal.NewID("msg", at), TenantID: "tenant-a", To: "+93700000001", From: "PAMIR", Body: "x", Status: portal.StatusDelivered,
				Encoding: "GSM-7", Segments: 1, Operator: "awcc", PriceMicros: 750_000, SubmittedAt: at.UnixMicro(),
				SentAt: at.UnixMicro(), DoneAt: at.UnixMicro(), SourceKind: "portal", SourceName: "a",
			}
			if i%9_000 == 8_000 { // 8 000, 17 000, 26 000, 35 000, 44 000
				records[i].Status, records[i].ErrorCode = portal.StatusFailed, "call_barred"
			}
			if i%2 == 1 {
				records[i].From = "BAZAAR"
			}
		}
		s.load(records)

		q := "to=%2B9370&status=failed&status=expired"
		first := s.page("tenant-a", q)
		if len(first.Items) != 2 || first.SearchedTo == nil || first.NextCursor == "" || first.Total != nil {
			t.Fatalf("first page: %d items, searched to %v, cursor %q, total %v", len(first.Items), first.SearchedTo, first.NextCursor, first.Total)
		}
		if want := start.Add(-19_999 * time.Second); !first.SearchedTo.Equal(want) {
			t.Errorf("searched to %v, want %v", first.SearchedTo, want)
		}
		second := s.page("tenant-a", q+"&cursor="+first.NextCursor)
		third := s.page("tenant-a", q+"&cursor="+second.NextCursor)
		if len(second.Items) != 2 || len(third.Items) != 1 || third.NextCursor != "" || third.SearchedTo != nil {
			t.Errorf("second page %d items, third %d, cursor %q", len(second.Items), len(third.Items), third.NextCursor)
		}

		// A whole number and one state read along narrower indexes.
		if p := s.page("tenant-a", "to=%2B93700000001&status=failed"); len(p.Items) != 2 || p.SearchedTo == nil {
			t.Errorf("a whole number and a state: %d items, searched to %v", len(p.Items), p.SearchedTo)
		}
		if p := s.page("tenant-a", "operator=roshan&status=failed&status=expired"); len(p.Items) != 0 || p.SearchedTo != nil || *p.Total != 0 {
			t.Errorf("an operator without messages: %d items, searched to %v", len(p.Items), p.SearchedTo)
		}
		if p := s.page("tenant-a", "to=%2B93&status=failed"); len(p.Items) != 5 || p.NextCursor != "" || *p.Total != 5 {
			t.Errorf("a prefix and one state: %d items, cursor %q", len(p.Items), p.NextCursor)
		}
		// Counts stop at ten thousand, except where they are kept.
		for query, want := range map[string]int{
			"": 10_000, "operator=awcc": 10_000, "operator=roshan": 0, "status=delivered": 10_000, "status=failed": 5, "to=%2B93700000001": 10_000,
			"submittedAfter=" + start.Add(-30_000*time.Second).Format(time.RFC3339): 10_000,
			"submittedAfter=" + start.Add(-999*time.Second).Format(time.RFC3339):    1_000,
		} {
			p := s.page("tenant-a", query)
			if p.Total == nil || *p.Total != want || p.TotalCapped != (want == 10_000) {
				t.Errorf("%q: total %v, capped %v, want %d", query, p.Total, p.TotalCapped, want)
			}
		}
		if got := s.page("tenant-a", "from=bazaar&limit=3"); len(got.Items) != 3 || got.NextCursor == "" {
			t.Errorf("a wide sender: %d items", len(got.Items))
		}
	})
}

func TestList_Invalid(t *testing.T) {
	s := newSite(t, dbtest.Open(t, migrations.FS), newClock())
	for query, want := range map[string][]string{
		"limit=0":     {"limit:out_of_range"},
		"limit=201":   {"limit:out_of_range"},
		"limit=ten":   {"limit:out_of_range"},
		"status=lost": {"status:unknown_status"},
		"status=":     {"status:unknown_status"},
		"submittedAfter=yesterday&to=x&from=%3Cb%3E": {"from:invalid_sender", "submittedAfter:not_a_time", "to:not_e164"},
		"to=":             {"to:not_e164"},
		"to=%27+OR+1%3D1": {"to:not_e164"},
		"from=":           {"from:invalid_sender"},
		"from=%00":        {"from:invalid_sender"},
		"limit=5&limit=6": {"limit:invalid"},
		"operator=mtn":    {"operator:invalid"},
		"operator=":       {"operator:invalid"},
		"cursor=x":        {"cursor:invalid_cursor"},
		"cursor=":         {"cursor:invalid_cursor"},
		"submittedAfter=2026-02-01T00:00:00Z&submittedBefore=2026-01-01T00:00:00Z": {"submittedBefore:out_of_range"},
	} {
		if diff := cmp.Diff(want, faults(t, s.call("GET", "/v1/messages?"+query, "user:tenant-a", nil), http.StatusUnprocessableEntity)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	for _, query := range []string{"page=2", "to=%zz", "a;b"} {
		if a := s.call("GET", "/v1/messages?"+query, "user:tenant-a", nil); a.status != http.StatusBadRequest {
			t.Errorf("%q: %d, want 400", query, a.status)
		}
	}
}

func TestList_ForeignCursor(t *testing.T) {
	s := newSite(t, dbtest.Open(t, migrations.FS), newClock())
	s.load(history("tenant-a", 30, 1))
	s.load(history("tenant-b", 30, 2))
	cursor := s.page("tenant-a", "limit=5&from=pamir").NextCursor
	if cursor == "" {
		t.Fatal("no cursor")
	}
	if p := s.page("tenant-a", "limit=9&from=PAMIR&cursor="+cursor); len(p.Items) != 9 {
		t.Errorf("the same filter in other words and another limit: %d items", len(p.Items))
	}
	for name, call := range map[string][2]string{
		"another tenant":  {"tenant-b", "from=pamir&cursor=" + cursor},
		"another filter":  {"tenant-a", "cursor=" + cursor},
		"an operator":     {"tenant-a", "from=pamir&operator=awcc&cursor=" + cursor},
		"another prefix":  {"tenant-a", "from=pamir-&cursor=" + cursor},
		"cut":             {"tenant-a", "from=pamir&cursor=" + cursor[:len(cursor)-1]},
		"changed":         {"tenant-a", "from=pamir&cursor=" + strings.Replace(cursor, cursor[20:21], "_", 1)},
		"of another kind": {"tenant-a", "from=pamir&cursor=eyJpZCI6MX0"},
	} {
		a := s.call("GET", "/v1/messages?"+call[1], "user:"+call[0], nil)
		if diff := cmp.Diff([]string{"cursor:invalid_cursor"}, faults(t, a, http.StatusUnprocessableEntity)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestList_JSON holds the hand-written encoder to encoding/json.
func TestList_JSON(t *testing.T) {
	s := newSite(t, dbtest.Open(t, migrations.FS), newClock())
	records := history("tenant-a", 60, 3)
	records[0].From, records[0].Operator = `a"b\c`, "é<\x01>"
	s.load(records)
	r := s.statement(filter{tenant: "tenant-a", after: minTime, cursor: position{at: maxTime}}, byTime, "")
	rows, err := s.reader.query(t.Context(), r.page(100), r.args)
	if err != nil {
		t.Fatal(err)
	}
	b, n, _, err := appendRows([]byte("["), rows, 100)
	if err != nil || n != 60 {
		t.Fatalf("%d rows: %v", n, err)
	}
	dec := json.NewDecoder(bytes.NewReader(append(b, ']')))
	dec.DisallowUnknownFields()
	var got []portal.Message
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	var want []portal.Message
	for _, r := range records {
		m := r.whole()
		m.Body, m.Events, m.Source = "", nil, nil
		want = append(want, m)
	}
	byID := func(a, b portal.Message) int { return strings.Compare(a.MessageID, b.MessageID) }
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func FuzzCursor(f *testing.F) {
	list := filter{tenant: "tenant-a", after: minTime, before: maxTime, from: "PAMIR"}
	good := encodeCursor(position{at: start.UnixMicro(), id: "msg_01jdex4v5m8y2k6r3t9w0b7c1d"}, list)
	f.Add(good)
	f.Add("")
	f.Add(strings.Repeat("A", len(good)))
	f.Add(good[:len(good)-1] + "=")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := decodeCursor(s, list)
		if !ok {
			if p != (position{}) {
				t.Errorf("a refusal with %+v", p)
			}
			return
		}
		if !portal.ValidID("msg", p.id) {
			t.Errorf("cursor %q gives the id %q", s, p.id)
		}
		if again := encodeCursor(p, list); again != s {
			t.Errorf("%q and %q are the same cursor", s, again)
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, q := range []string{"", "status=failed&status=sent&to=%2B937&from=pa&limit=3", "submittedAfter=2026-01-01T00:00:00%2B04:30", "to=۰۷", "cursor=AA", "from=%ff"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		parsed, err := parseFilter("tenant-a", q)
		if err != nil {
			if portal.CodeOf(err) != portal.Invalid {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if parsed.limit < 1 || parsed.limit > maxLimit || parsed.after > parsed.before || len(parsed.to) > 16 || len(parsed.from) > 16 || len(parsed.statuses) >= 7 {
			t.Errorf("%q is read as %+v", raw, parsed)
		}
		for _, c := range []byte(parsed.to + parsed.from) {
			if c < ' ' || c >= 127 {
				t.Errorf("%q: prefix byte %d", raw, c)
			}
		}
	})
}
