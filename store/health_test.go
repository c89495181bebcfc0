package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

// eachStore runs body on every database. now is the store's clock, which the body may move.
func eachStore(t *testing.T, body func(t *testing.T, s *Store, now *time.Time)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, open func(schema string) *database.DB) {
		now := time.Date(2026, 11, 24, 7, 30, 0, 0, time.UTC)
		s, err := Open(t.Context(), open("cust"), func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		body(t, s, &now)
	})
}

func TestHealthScores(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, now *time.Time) {
		ctx := t.Context()
		score := func(tenant, day string, value int) portal.HealthScore {
			return portal.HealthScore{
				TenantID: tenant, Day: day, Known: true, Score: value, Formula: 1, ComputedAt: *now,
				Components: []portal.HealthComponent{{Name: portal.HealthDelivery, Measured: 9700, Of: 10, Points: 80, Weight: 35, Share: 10_000, Lost: 2000}},
			}
		}
		unknown := portal.HealthScore{TenantID: "ten_b", Day: "2026-11-23", Formula: 1, Components: []portal.HealthComponent{}, ComputedAt: *now}
		first := []portal.HealthScore{score("ten_a", "2026-11-22", 0), score("ten_a", "2026-11-23", 70), score("ten_a", "2026-08-01", 9), unknown}
		if err := s.SaveHealthScores(ctx, first); err != nil {
			t.Fatal(err)
		}
		again := score("ten_a", "2026-11-23", 71) // recomputed
		if err := s.SaveHealthScores(ctx, []portal.HealthScore{again}); err != nil {
			t.Fatal(err)
		}
		got, err := s.HealthScores(ctx, "ten_a", "2026-11-01")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]portal.HealthScore{first[0], again}, got); diff != "" {
			t.Errorf("scores (-want +got):\n%s", diff)
		}
		all, err := s.AllHealthScores(ctx, "2026-11-01")
		if err != nil || len(all) != 2 || len(all["ten_a"]) != 2 || len(all["ten_b"]) != 1 {
			t.Fatalf("all: %v, %v", all, err)
		}
		if b := all["ten_b"][0]; b.Known || all["ten_a"][0].Score != 0 || !all["ten_a"][0].Known {
			t.Errorf("an unknown score and one of 0: %+v, %+v", b, all["ten_a"][0])
		}
		last, err := s.LastHealthDays(ctx)
		if diff := cmp.Diff(map[string]string{"ten_a": "2026-11-23", "ten_b": "2026-11-23"}, last); diff != "" || err != nil {
			t.Errorf("last days: %s %v", diff, err)
		}
	})
}

func TestNPS(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, now *time.Time) {
		ctx := t.Context()
		due := func(user string) bool {
			t.Helper()
			is, err := s.NPSDue(ctx, "ten_a", user)
			if err != nil {
				t.Fatal(err)
			}
			return is
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		start := now.Add(-time.Hour)
		if !due("usr_1") || !due("usr_2") {
			t.Error("nobody has been asked yet")
		}
		must(s.AnswerNPS(ctx, "ten_a", "usr_1", 10, "quick"))
		must(s.AnswerNPS(ctx, "ten_a", "usr_1", 0, "changed my mind")) // too late
		must(s.DismissNPS(ctx, "ten_a", "usr_1"))
		must(s.DismissNPS(ctx, "ten_a", "usr_2"))
		must(s.AnswerNPS(ctx, "ten_b", "usr_1", 3, "")) // the same person elsewhere
		if due("usr_1") || due("usr_2") || !due("usr_3") {
			t.Error("who answered or put it aside is asked again in the same quarter")
		}
		until := now.Add(time.Hour)
		if n, err := s.NPS(ctx, "ten_a", start, until); err != nil || n != (portal.NPS{Promoters: 1}) {
			t.Errorf("%+v, %v", n, err)
		}
		must(s.AnswerNPS(ctx, "ten_a", "usr_2", 8, "")) // put aside, then answered after all
		must(s.AnswerNPS(ctx, "ten_a", "usr_3", 6, ""))
		n, err := s.NPS(ctx, "ten_a", start, until)
		if err != nil || n != (portal.NPS{Promoters: 1, Passives: 1, Detractors: 1}) || n.Score() != 0 {
			t.Errorf("%+v, %v", n, err)
		}

		*now = time.Date(2026, 12, 31, 19, 29, 0, 0, time.UTC) // one minute before the year ends in Kabul
		if due("usr_1") {
			t.Error("asked twice in a quarter")
		}
		*now = now.Add(time.Minute)
		if !due("usr_1") || !due("usr_2") {
			t.Error("not asked in the next quarter")
		}
		*now = now.Add(time.Hour)
		must(s.AnswerNPS(ctx, "ten_a", "usr_1", 2, "slow since December"))
		if n, err := s.NPS(ctx, "ten_a", start, now.Add(time.Hour)); err != nil || n != (portal.NPS{Passives: 1, Detractors: 2}) {
			t.Errorf("a person's latest answer alone counts: %+v, %v", n, err)
		}
		list, err := s.NPSAnswers(ctx, "ten_a", start, now.Add(time.Hour), 2)
		if err != nil || len(list) != 2 || list[0].Comment != "slow since December" || list[0].Quarter != "2027-Q1" || list[0].Score != 2 {
			t.Errorf("answers %+v, %v", list, err)
		}
		must(s.ImportNPS(ctx, []portal.NPSAnswer{{TenantID: "ten_c", UserID: "usr_9", Quarter: "2026-Q4", Score: 9, AnsweredAt: start}}))
		if n, err := s.NPS(ctx, "ten_c", start, until); err != nil || n.Score() != 100 {
			t.Errorf("imported: %+v, %v", n, err)
		}
	})
}

func TestTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, now *time.Time) {
		ctx := t.Context()
		if list, _, err := s.Tickets(ctx, "ten_a"); err != nil || list != nil {
			t.Errorf("nothing kept: %s, %v", list, err)
		}
		for _, entry := range []struct {
			list string
			at   time.Time
		}{{`[1]`, *now}, {`[2]`, now.Add(time.Minute)}, {`[0]`, now.Add(-time.Minute)}} { // the last comes from a slow replica
			if err := s.SaveTickets(ctx, "ten_a", []byte(entry.list), entry.at); err != nil {
				t.Fatal(err)
			}
		}
		list, at, err := s.Tickets(ctx, "ten_a")
		if err != nil || string(list) != `[2]` || !at.Equal(now.Add(time.Minute)) {
			t.Errorf("%s of %v, %v", list, at, err)
		}
	})
}
