package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

// clock goes on by a second each time it is read.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Second)
	return c.t
}

func newStore(t *testing.T, db *database.DB) *Store {
	t.Helper()
	s, err := Open(t.Context(), db, newClock().now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	tam      = portal.Actor{UserID: "usr_tam", Name: "Zarghona", Role: "tam"}
	otherTAM = portal.Actor{UserID: "usr_tam2", Name: "Nabi", Role: "tam"}
	admin    = portal.Actor{UserID: "usr_admin", Name: "Latifa", Role: "platform_admin"}
	customer = portal.Actor{UserID: "usr_c", Name: "Maryam", Role: "customer"}
)

func mustRecord(t *testing.T, s *Store, e portal.Event) {
	t.Helper()
	if err := s.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func mustAudit(t *testing.T, s *Store, chain string, f portal.AuditFilter) portal.AuditPage {
	t.Helper()
	page, err := s.AuditEvents(t.Context(), chain, f)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func types(events []portal.AuditEvent) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(string(e.Type), "customer-portal."), ".v1"))
	}
	return out
}

func TestRecord_Chains(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newStore(t, open("cust"))
		mustRecord(t, s, portal.Event{Type: portal.EventSignedIn, TenantID: "ten_a", Actor: customer, Data: map[string]string{"ip": "203.0.113.7"}})
		mustRecord(t, s, portal.Event{Type: portal.EventTenantViewed, TenantID: "ten_a", Actor: tam, Subject: "tenant/ten_a"})
		mustRecord(t, s, portal.Event{Type: portal.EventSignedIn, TenantID: "ten_b", Actor: customer})
		mustRecord(t, s, portal.Event{Type: portal.EventSignedIn, Actor: tam})
		mustRecord(t, s, portal.Event{Type: portal.EventAccessDenied, TenantID: "ten_a", Chain: portal.StaffChain, Actor: tam})
		mustRecord(t, s, portal.Event{Type: portal.EventNoteCreated, TenantID: "ten_a", Chain: "ten_a", Actor: tam})
		if err := s.Record(t.Context(), portal.Event{Type: "customer-portal.other.v1"}); portal.CodeOf(err) != portal.Internal {
			t.Errorf("an unknown type: %v", err)
		}
		page := mustAudit(t, s, "ten_a", portal.AuditFilter{})
		if diff := cmp.Diff([]string{"tenant.viewed", "session.signed_in"}, types(page.Items)); diff != "" {
			t.Errorf("ten_a's log (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"note.created", "access.denied", "session.signed_in"}, types(mustAudit(t, s, portal.StaffChain, portal.AuditFilter{}).Items)); diff != "" {
			t.Errorf("the staff's log (-want +got):\n%s", diff)
		}
		got := page.Items[1]
		if !portal.ValidID("evt", got.EventID) || len(got.Hash) != 64 || got.At.Before(newClock().t) {
			t.Errorf("%+v", got)
		}
		want := portal.AuditEvent{
			EventID: got.EventID, Hash: got.Hash, At: got.At, Chain: "ten_a", Seq: 1, Type: portal.EventSignedIn, TenantID: "ten_a",
			Actor: customer, Data: map[string]string{"ip": "203.0.113.7"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if page := mustAudit(t, s, "ten_c", portal.AuditFilter{}); len(page.Items) != 0 {
			t.Errorf("a log that has not begun: %+v", page)
		}
	})
}

func TestAuditEvents_PagesAndFilters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newStore(t, open("cust"))
		for i := range 12 {
			e := portal.Event{Type: portal.EventSignedIn, TenantID: "ten_a", Actor: customer}
			if i%4 == 0 {
				e.Type = portal.EventAPIKeyCreated
			}
			mustRecord(t, s, e)
		}
		var seqs []int64
		f := portal.AuditFilter{Limit: 5}
		for pages := 0; ; pages++ {
			page := mustAudit(t, s, "ten_a", f)
			for _, e := range page.Items {
				seqs = append(seqs, e.Seq)
			}
			if f.Cursor = page.NextCursor; f.Cursor == "" {
				if pages != 2 {
					t.Errorf("%d pages", pages+1)
				}
				break
			}
		}
		if diff := cmp.Diff([]int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, seqs); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
		page := mustAudit(t, s, "ten_a", portal.AuditFilter{Type: portal.EventAPIKeyCreated})
		if len(page.Items) != 3 || page.Items[0].Seq != 9 {
			t.Errorf("of one type: %+v", page.Items)
		}
		third := mustAudit(t, s, "ten_a", portal.AuditFilter{Cursor: "4", Limit: 1}).Items[0]
		page = mustAudit(t, s, "ten_a", portal.AuditFilter{From: third.At, Until: third.At.Add(time.Microsecond)})
		if len(page.Items) != 1 || page.Items[0].Seq != 3 {
			t.Errorf("of one moment: %+v", page.Items)
		}
		for _, bad := range []string{"x", "-1", "0", "1 OR 1=1"} {
			if _, err := s.AuditEvents(t.Context(), "ten_a", portal.AuditFilter{Cursor: bad}); portal.CodeOf(err) != portal.Invalid {
				t.Errorf("cursor %q: %v", bad, err)
			}
		}
		var exported []int64
		for e, err := range s.ExportAudit(t.Context(), "ten_a", portal.AuditFilter{Type: portal.EventAPIKeyCreated}) {
			if err != nil {
				t.Fatal(err)
			}
			exported = append(exported, e.Seq)
		}
		if diff := cmp.Diff([]int64{1, 5, 9}, exported); diff != "" {
			t.Errorf("export (-want +got):\n%s", diff)
		}
	})
}

// tamper writes past the triggers, as somebody with the database's administrator's rights would.
func tamper(t *testing.T, db *database.DB, queries ...string) {
	t.Helper()
	if db.IsPostgres() {
		queries = append([]string{"ALTER TABLE audit_events DISABLE TRIGGER USER"}, append(queries, "ALTER TABLE audit_events ENABLE TRIGGER USER")...)
	} else {
		queries = append([]string{"DROP TRIGGER IF EXISTS audit_events_stand", "DROP TRIGGER IF EXISTS audit_events_are_kept"}, queries...)
	}
	for _, q := range queries {
		if _, err := db.Write.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func TestVerifyAudit(t *testing.T) {
	for name, tc := range map[string]struct {
		change []string
		broken int64
	}{
		"untouched":         {nil, 0},
		"text changed":      {[]string{"UPDATE audit_events SET body = replace(body, 'Maryam', 'Nobody') WHERE seq = 3 AND chain = 'ten_a'"}, 3},
		"type column":       {[]string{"UPDATE audit_events SET type = 'customer-portal.session.signed_out.v1' WHERE seq = 4 AND chain = 'ten_a'"}, 4},
		"time column":       {[]string{"UPDATE audit_events SET at = at - 1 WHERE seq = 2 AND chain = 'ten_a'"}, 2},
		"first removed":     {[]string{"DELETE FROM audit_events WHERE seq = 1 AND chain = 'ten_a'"}, 1},
		"middle removed":    {[]string{"DELETE FROM audit_events WHERE seq = 3 AND chain = 'ten_a'"}, 3},
		"last removed":      {[]string{"DELETE FROM audit_events WHERE seq = 6 AND chain = 'ten_a'"}, 6},
		"two exchanged":     {[]string{"UPDATE audit_events SET seq = 99 WHERE seq = 3 AND chain = 'ten_a'", "UPDATE audit_events SET seq = 3 WHERE seq = 4 AND chain = 'ten_a'", "UPDATE audit_events SET seq = 4 WHERE seq = 99 AND chain = 'ten_a'"}, 3},
		"all removed":       {[]string{"DELETE FROM audit_events WHERE chain = 'ten_a'"}, 1},
		"another's put in":  {[]string{"UPDATE audit_events SET chain = 'ten_a', seq = 7 WHERE seq = 1 AND chain = 'ten_b'"}, 7},
		"another's changed": {[]string{"UPDATE audit_events SET body = '{}' WHERE chain = 'ten_b'"}, 0},
		"no JSON":           {[]string{"UPDATE audit_events SET body = '{' WHERE seq = 5 AND chain = 'ten_a'"}, 5},
		"rewritten from it on": {[]string{
			"UPDATE audit_events SET hash = repeat('a', 64) WHERE seq = 6 AND chain = 'ten_a'",
		}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
				db := open("cust")
				s := newStore(t, db)
				for range 6 {
					mustRecord(t, s, portal.Event{Type: portal.EventSignedIn, TenantID: "ten_a", Actor: customer})
				}
				mustRecord(t, s, portal.Event{Type: portal.EventSignedIn, TenantID: "ten_b", Actor: customer})
				if !db.IsPostgres() { // it has no repeat
					for i := range tc.change {
						tc.change[i] = strings.ReplaceAll(tc.change[i], "repeat('a', 64)", "'"+strings.Repeat("a", 64)+"'")
					}
				}
				tamper(t, db, tc.change...)
				got, err := s.VerifyAudit(t.Context(), "ten_a")
				if err != nil {
					t.Fatal(err)
				}
				want := int64(6)
				if tc.broken > 0 {
					want = tc.broken - 1
				}
				if got.BrokenSeq != tc.broken || got.Events != want || tc.broken == 0 && len(got.Head) != 64 {
					t.Errorf("%+v, want broken at %d", got, tc.broken)
				}
			})
		})
	}
}

// TestAudit_AppendOnly: the database itself refuses to change or delete an event.
func TestAudit_AppendOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		s := newStore(t, db)
		mustRecord(t, s, portal.Event{Type: portal.EventSignedIn, TenantID: "ten_a", Actor: customer})
		queries := []string{"UPDATE audit_events SET body = ''", "DELETE FROM audit_events"}
		if db.IsPostgres() {
			queries = append(queries, "TRUNCATE audit_events")
		}
		for _, q := range queries {
			if _, err := db.Write.Exec(q); err == nil {
				t.Errorf("%s was obeyed", q)
			}
		}
	})
}

// TestRecord_AtOnce records into one chain from many sides, some of which roll back: there is no gap and no fork.
func TestRecord_AtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("cust")
		stores := []*Store{newStore(t, db)}
		if db.IsPostgres() {
			stores = append(stores, newStore(t, open("cust")))
		}
		boom := errors.New("boom")
		var wg sync.WaitGroup
		for _, s := range stores {
			for range 4 {
				wg.Go(func() {
					for i := range 10 {
						err := s.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
							if err := s.record(ctx, tx, portal.Event{Type: portal.EventSignedIn, TenantID: "ten_a", Actor: customer}); err != nil {
								return err
							}
							if i == 5 {
								return boom
							}
							return nil
						})
						if err != nil && !errors.Is(err, boom) {
							t.Error(err)
						}
					}
				})
			}
		}
		wg.Wait()
		want := int64(36 * len(stores))
		got, err := stores[0].VerifyAudit(t.Context(), "ten_a")
		if err != nil || got.BrokenSeq != 0 || got.Events != want {
			t.Errorf("%+v, %v; want %d", got, err, want)
		}
		due, err := stores[0].DueEvents(t.Context(), 1000)
		if err != nil || int64(len(due)) != want {
			t.Errorf("%d in the outbox, %v; want %d", len(due), err, want)
		}
	})
}

func TestOutbox(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newStore(t, open("cust"))
		for i := range 5 {
			mustRecord(t, s, portal.Event{
				Type: portal.EventQBRExported, TenantID: "ten_a", Subject: fmt.Sprintf("qbr/qbr_%d", i), Actor: tam,
				Data: map[string]string{"period": "2026-Q1"},
			})
		}
		due, err := s.DueEvents(t.Context(), 3)
		if err != nil || len(due) != 3 {
			t.Fatalf("%+v, %v", due, err)
		}
		last := mustAudit(t, s, "ten_a", portal.AuditFilter{Cursor: "2"}).Items[0]
		var envelope map[string]any
		if err := json.Unmarshal(due[0].Payload, &envelope); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"specversion": "1.0", "id": last.EventID, "source": "/ghasi/customer-portal", "type": "customer-portal.qbr.exported.v1",
			"subject": "qbr/qbr_0", "time": last.At.Format(time.RFC3339Nano), "datacontenttype": "application/json",
			"sequence": "1", "auditchain": "ten_a", "audithash": last.Hash,
			"data": map[string]any{
				"tenantId": "ten_a", "actor": map[string]any{"userId": "usr_tam", "name": "Zarghona", "role": "tam"},
				"details": map[string]any{"period": "2026-Q1"},
			},
		}
		if diff := cmp.Diff(want, envelope); diff != "" {
			t.Errorf("envelope (-want +got):\n%s", diff)
		}
		if due[0].Subject != "customer-portal.qbr.exported.v1" || due[0].EventID != last.EventID {
			t.Errorf("%+v", due[0])
		}
		if err := s.EventsPublished(t.Context(), []int64{due[0].Seq, due[2].Seq}); err != nil {
			t.Fatal(err)
		}
		rest, err := s.DueEvents(t.Context(), 10)
		if err != nil || len(rest) != 3 || rest[0].Seq != due[1].Seq {
			t.Errorf("after two were published: %+v, %v", rest, err)
		}
		if err := s.PruneEvents(t.Context(), newClock().t.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := s.db.Read.QueryRow("SELECT count(*) FROM outbox").Scan(&left); err != nil || left != 3 {
			t.Errorf("%d left of what was published and what was not, %v", left, err)
		}
	})
}
