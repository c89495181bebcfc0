package store

import (
	"errors"
	"testing"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

func TestQBR_Life(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s, ctx := newStore(t, open("cust")), t.Context()
		want := portal.QBR{TenantID: "ten_a", Period: "2026-Q1", Locale: "ps", By: tam}
		q, fresh, err := s.BeginQBR(ctx, want)
		if err != nil || !fresh || q.State != portal.QBRQueued || q.By != tam || !q.EndedAt.IsZero() {
			t.Fatalf("begun: %+v, %t, %v", q, fresh, err)
		}
		if again, fresh, err := s.BeginQBR(ctx, want); err != nil || fresh || again.QBRID != q.QBRID {
			t.Errorf("begun twice: %+v, %t, %v", again, fresh, err)
		}
		other := want
		other.Locale = "en"
		if o, fresh, err := s.BeginQBR(ctx, other); err != nil || !fresh || o.QBRID == q.QBRID {
			t.Errorf("another language: %+v, %t, %v", o, fresh, err)
		}
		if err := s.MoveQBR(ctx, q.QBRID, 40); err != nil {
			t.Fatal(err)
		}
		q.Key, q.Size, q.SHA256 = "qbr/ten_a/x.pdf", 1234, "ab"
		event := portal.Event{Type: portal.EventQBRExported, TenantID: "ten_a", Actor: tam}
		for range 2 {
			if err := s.FinishQBR(ctx, q, event); err != nil {
				t.Fatal(err)
			}
		}
		done, err := s.QBR(ctx, "ten_a", q.QBRID)
		if err != nil || done.State != portal.QBRDone || done.Progress != 100 || done.Key != q.Key || done.Size != 1234 || done.EndedAt.IsZero() {
			t.Errorf("done: %+v, %v", done, err)
		}
		if log, err := s.AuditEvents(ctx, "ten_a", portal.AuditFilter{}); err != nil || len(log.Items) != 1 {
			t.Errorf("recorded %d times, %v", len(log.Items), err)
		}
		mustNote(t, s, "ten_b", tam, "called them")
		if last, err := s.LastContacts(ctx); err != nil || len(last) != 2 || last["ten_a"].IsZero() || last["ten_b"].IsZero() {
			t.Errorf("last contacts: %v, %v", last, err)
		}
		if err := errors.Join(s.FailQBR(ctx, q.QBRID), s.MoveQBR(ctx, q.QBRID, 3)); err != nil {
			t.Fatal(err)
		}
		if still, err := s.QBR(ctx, "ten_a", q.QBRID); err != nil || still != done {
			t.Errorf("what has ended changed: %+v, %v", still, err)
		}
		if _, err := s.QBR(ctx, "ten_b", q.QBRID); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("another tenant's: %v", err)
		}
		if _, fresh, err := s.BeginQBR(ctx, want); err != nil || !fresh {
			t.Errorf("again after the end: %t, %v", fresh, err)
		}
		if list, err := s.QBRs(ctx, "ten_a"); err != nil || len(list) != 3 || list[2].QBRID != q.QBRID && list[1].QBRID != q.QBRID {
			t.Errorf("list: %+v, %v", list, err)
		}
	})
}

func TestQBR_OneOfManyAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newStore(t, open("cust"))
		const n = 8
		fresh := make(chan bool, n)
		for range n {
			go func() {
				_, f, err := s.BeginQBR(t.Context(), portal.QBR{TenantID: "ten_a", Period: "2026-Q2", Locale: "en", By: tam})
				if err != nil {
					t.Error(err)
				}
				fresh <- f
			}()
		}
		begun := 0
		for range n {
			if <-fresh {
				begun++
			}
		}
		if begun != 1 {
			t.Errorf("%d of %d began", begun, n)
		}
	})
}
