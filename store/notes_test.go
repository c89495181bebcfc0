package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

func mustNote(t *testing.T, s *Store, tenantID string, by portal.Actor, body string) portal.Note {
	t.Helper()
	n, err := s.CreateNote(t.Context(), tenantID, by, body)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func bodies(t *testing.T, s *Store, tenantID string) []string {
	t.Helper()
	page, err := s.Notes(t.Context(), tenantID, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, n := range page.Items {
		out = append(out, n.Body)
	}
	return out
}

func TestNotes_WriteChangeDelete(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s, ctx := newStore(t, open("cust")), t.Context()
		n := mustNote(t, s, "ten_a", tam, "They **renew** in March.")
		if n.Version != 1 || n.Author != tam || !n.CreatedAt.Equal(n.UpdatedAt) || !portal.ValidID("note", n.NoteID) {
			t.Errorf("created: %+v", n)
		}
		if got, err := s.Note(ctx, "ten_a", n.NoteID); err != nil || !cmp.Equal(got, n) {
			t.Errorf("read back: %+v, %v", got, err)
		}
		for name, tc := range map[string]struct {
			tenant  string
			by      portal.Actor
			body    string
			version int
			want    portal.Code
		}{
			"another TAM":        {"ten_a", otherTAM, "mine now", 1, portal.Forbidden},
			"another tenant":     {"ten_b", tam, "x", 1, portal.NotFound},
			"an older version":   {"ten_a", tam, "x", 0, portal.Conflict},
			"no text":            {"ten_a", tam, " \n", 1, portal.Invalid},
			"too long":           {"ten_a", tam, strings.Repeat("a", portal.MaxNote+1), 1, portal.Invalid},
			"not UTF-8":          {"ten_a", tam, "a\xff", 1, portal.Invalid},
			"a NUL":              {"ten_a", tam, "a\x00", 1, portal.Invalid},
			"a customer, by id?": {"ten_a", customer, "x", 1, portal.Forbidden},
		} {
			if _, err := s.ChangeNote(ctx, tc.tenant, n.NoteID, tc.by, tc.body, tc.version); portal.CodeOf(err) != tc.want {
				t.Errorf("change by %s: %v, want %s", name, err, tc.want)
			}
		}
		if err := s.DeleteNote(ctx, "ten_a", n.NoteID, otherTAM, 1); portal.CodeOf(err) != portal.Forbidden {
			t.Errorf("delete by another TAM: %v", err)
		}
		changed, err := s.ChangeNote(ctx, "ten_a", n.NoteID, admin, "They renew in **April**.", 1)
		if err != nil || changed.Version != 2 || changed.Author != tam || !changed.UpdatedAt.After(changed.CreatedAt) {
			t.Errorf("changed by an administrator: %+v, %v", changed, err)
		}
		if _, err := s.ChangeNote(ctx, "ten_a", n.NoteID, tam, "lost update", 1); portal.CodeOf(err) != portal.Conflict {
			t.Errorf("on the old version: %v", err)
		}
		if err := s.DeleteNote(ctx, "ten_a", n.NoteID, tam, 2); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Note(ctx, "ten_a", n.NoteID); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("after it was deleted: %v", err)
		}
		if err := s.DeleteNote(ctx, "ten_a", n.NoteID, tam, 3); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("deleted twice: %v", err)
		}
		history, err := s.NoteHistory(ctx, "ten_a", n.NoteID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range history {
			history[i].At = portal.NoteVersion{}.At
		}
		want := []portal.NoteVersion{
			{Version: 3, By: tam, Deleted: true},
			{Version: 2, By: admin, Body: "They renew in **April**."},
			{Version: 1, By: tam, Body: "They **renew** in March."},
		}
		if diff := cmp.Diff(want, history); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		if _, err := s.NoteHistory(ctx, "ten_b", n.NoteID); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("the history for another tenant: %v", err)
		}
	})
}

// TestNotes_Audited: what is done to notes stands in the staff's log, in none of a tenant's, and never with the text.
func TestNotes_Audited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s, ctx := newStore(t, open("cust")), t.Context()
		n := mustNote(t, s, "ten_a", tam, "sesame")
		if _, err := s.ChangeNote(ctx, "ten_a", n.NoteID, tam, "sesame open", 1); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteNote(ctx, "ten_a", n.NoteID, tam, 2); err != nil {
			t.Fatal(err)
		}
		staff := mustAudit(t, s, portal.StaffChain, portal.AuditFilter{})
		if diff := cmp.Diff([]string{"note.deleted", "note.changed", "note.created"}, types(staff.Items)); diff != "" {
			t.Errorf("the staff's log (-want +got):\n%s", diff)
		}
		if page := mustAudit(t, s, "ten_a", portal.AuditFilter{}); len(page.Items) != 0 {
			t.Errorf("the tenant's log: %+v", page.Items)
		}
		for _, table := range []string{"audit_events WHERE body", "outbox WHERE payload"} {
			var n int
			if err := s.db.Read.QueryRow("SELECT count(*) FROM " + table + " LIKE '%sesame%'").Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: the text is in %d rows, %v", table, n, err)
			}
		}
	})
}

func TestNotes_Pages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newStore(t, open("cust"))
		for _, b := range []string{"1", "2", "3", "4", "5"} {
			mustNote(t, s, "ten_a", tam, b)
		}
		mustNote(t, s, "ten_b", tam, "another's")
		var got []string
		for cursor := ""; ; {
			page, err := s.Notes(t.Context(), "ten_a", 2, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range page.Items {
				got = append(got, n.Body)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"5", "4", "3", "2", "1"}, got); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
		if _, err := s.Notes(t.Context(), "ten_a", 2, "' OR 1=1 --"); portal.CodeOf(err) != portal.Invalid {
			t.Errorf("a cursor of another kind: %v", err)
		}
		if diff := cmp.Diff([]string{"another's"}, bodies(t, s, "ten_b")); diff != "" {
			t.Errorf("another tenant (-want +got):\n%s", diff)
		}
	})
}
