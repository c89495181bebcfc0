package health

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/jobs"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/store"
)

// platform has tenants, and figures that fall by the day.
type platform struct {
	tenants []portal.Tenant
	fail    map[string]error // by tenant
	asked   []string         // tenant and period
}

func (p *platform) Tenants(context.Context) ([]portal.Tenant, error) { return p.tenants, nil }

func (p *platform) Analytics(_ context.Context, tenantID, period string) (portal.Analytics, error) {
	p.asked = append(p.asked, tenantID+" "+period)
	return portal.Analytics{
		TenantID: tenantID, Totals: portal.AnalyticsTotals{Submitted: 1000, Delivered: 990, Final: 1000}, Invoices: portal.AnalyticsInvoices{Due: 1, PaidInTime: 1},
	}, p.fail[tenantID]
}

// queue is a desk whose tickets were opened at these times, in every tenant.
type queue struct {
	times []time.Time
	err   error
}

func (d queue) OpenedSince(context.Context, string, time.Time) ([]time.Time, error) {
	return d.times, d.err
}

// begin is 09:00 in Kabul on 24 November.
var begin = time.Date(2026, 11, 24, 4, 30, 0, 0, time.UTC)

type site struct {
	*Service
	now      time.Time
	platform *platform
	records  *store.Store
	db       *database.DB
}

func newSite(t *testing.T, db *database.DB, desk Desk) *site {
	t.Helper()
	s := &site{now: begin, db: db, platform: &platform{tenants: []portal.Tenant{
		{TenantID: "ten_1", CreatedAt: begin.AddDate(-1, 0, 0)}, {TenantID: "ten_2", CreatedAt: begin.AddDate(0, 0, -3)},
	}}}
	clock := func() time.Time { return s.now }
	records, err := store.Open(t.Context(), db, clock)
	if err != nil {
		t.Fatal(err)
	}
	s.records = records
	s.Service = New(Options{Platform: s.platform, Records: records, Desk: desk, Now: clock, Log: slog.New(slog.DiscardHandler)})
	return s
}

func (s *site) days(t *testing.T, tenant string) []string {
	t.Helper()
	scores, err := s.records.HealthScores(t.Context(), tenant, "")
	if err != nil {
		t.Fatal(err)
	}
	days := []string{}
	for _, x := range scores {
		days = append(days, x.Day)
	}
	return days
}

func TestCatchUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open("cust"), queue{})
		if err := s.CatchUp(t.Context(), s.Yesterday()); err != nil {
			t.Fatal(err)
		}
		first := s.days(t, "ten_1")
		if len(first) != SeriesDays || first[0] != "2026-08-26" || first[len(first)-1] != "2026-11-23" {
			t.Errorf("%d days from %s to %s", len(first), first[0], first[len(first)-1])
		}
		if diff := cmp.Diff([]string{"2026-11-21", "2026-11-22", "2026-11-23"}, s.days(t, "ten_2")); diff != "" {
			t.Errorf("a tenant that came three days ago: %s", diff)
		}
		if s.platform.asked[0] != "ten_1 2026-07-28/2026-08-27" {
			t.Errorf("the first window is %q", s.platform.asked[0])
		}
		s.platform.asked = nil
		if err := s.CatchUp(t.Context(), s.Yesterday()); err != nil || len(s.platform.asked) != 0 {
			t.Errorf("the second time asks for %v: %v", s.platform.asked, err)
		}
		// Five days without anybody at work.
		s.now = s.now.AddDate(0, 0, 5)
		if err := s.CatchUp(t.Context(), s.Yesterday()); err != nil || len(s.platform.asked) != 10 || len(s.days(t, "ten_2")) != 8 {
			t.Errorf("after five days: %v, %v, %v", s.platform.asked, s.days(t, "ten_2"), err)
		}
	})
}

// TestCatchUp_Failures: what one tenant lacks, the others do not go without; the next try makes what is missing.
func TestCatchUp_Failures(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil), queue{})
	s.platform.fail = map[string]error{"ten_1": portal.Fail(portal.Unavailable, nil)}
	err := s.CatchUp(t.Context(), s.Yesterday())
	if portal.CodeOf(err) != portal.Unavailable || !strings.Contains(err.Error(), "ten_1") {
		t.Errorf("error %v", err)
	}
	if len(s.days(t, "ten_1")) != 0 || len(s.days(t, "ten_2")) != 3 {
		t.Errorf("days %v and %v", s.days(t, "ten_1"), s.days(t, "ten_2"))
	}
	s.platform.fail = nil
	if err := s.CatchUp(t.Context(), s.Yesterday()); err != nil || len(s.days(t, "ten_1")) != SeriesDays {
		t.Errorf("days %d: %v", len(s.days(t, "ten_1")), err)
	}
}

func TestRecompute(t *testing.T) {
	at := time.Date(2026, 11, 10, 0, 0, 0, 0, kabul)
	desk := &queue{times: []time.Time{at.Add(24*time.Hour - 1), at, at.AddDate(0, 0, -29), at.AddDate(0, 0, -29).Add(-1), at.AddDate(0, 0, 1)}}
	s := newSite(t, dbtest.Open(t, nil), desk)
	ctx := t.Context()
	if err := s.records.ImportNPS(ctx, []portal.NPSAnswer{
		{TenantID: "ten_1", UserID: "usr_1", Quarter: "2026-Q4", Score: 10, AnsweredAt: at}, {TenantID: "ten_1", UserID: "usr_2", Quarter: "2026-Q4", Score: 3, AnsweredAt: at.AddDate(0, 0, 1)},
	}); err != nil {
		t.Fatal(err)
	}
	score, err := s.Recompute(ctx, "ten_1", "2026-11-10")
	if err != nil || score.Score != 97 { // three tickets within the window: 15 of 100 lose a fifth
		t.Errorf("score %d, %v", score.Score, err)
	}
	c := score.Components
	if c[3].Measured != 3 || c[4].Measured != 100 || c[4].Of != 1 {
		t.Errorf("tickets %+v, survey %+v", c[3], c[4])
	}
	desk.err = errors.New("no answer")
	if _, err := s.Recompute(ctx, "ten_1", "2026-11-10"); err != nil {
		t.Fatal(err)
	}
	kept, err := s.records.HealthScores(ctx, "ten_1", "2026-11-10")
	if err != nil || len(kept) != 1 || kept[0].Components[3].Gap != portal.HealthUnreachable || kept[0].Score != 100 {
		t.Errorf("recomputed without a desk: %+v, %v", kept, err)
	}
	if score, err := s.Recompute(ctx, "ten_1", s.Today()); err != nil || score.Day != "2026-11-24" {
		t.Errorf("today so far: %+v, %v", score, err)
	}
	for _, day := range []string{"", "2026-13-01", "yesterday", "2026-11-25", "2027-01-01"} {
		if _, err := s.Recompute(ctx, "ten_1", day); portal.CodeOf(err) != portal.Invalid {
			t.Errorf("%q: %v", day, err)
		}
	}
}

func TestTrend(t *testing.T) {
	var scores []portal.HealthScore
	add := func(daysAgo, score int, known bool) {
		scores = append(scores, portal.HealthScore{Day: begin.AddDate(0, 0, -daysAgo).Format(time.DateOnly), Score: score, Known: known})
	}
	if got := NewTrend(nil); got.Known || got.Change7 != nil {
		t.Errorf("without scores: %+v", got)
	}
	add(60, 90, true)
	add(32, 85, true) // stands for the day thirty days ago
	add(8, 70, true)
	add(7, 0, false) // a night on which too little was known
	add(1, 55, true)
	add(0, 52, true)
	got := NewTrend(scores)
	if !got.Known || got.Latest.Score != 52 || len(got.Days) != 5 || got.Change7 == nil || *got.Change7 != -18 || got.Change30 == nil || *got.Change30 != -33 {
		t.Errorf("trend %+v", got)
	}
	if got := NewTrend(scores[4:]); got.Change7 != nil || got.Change30 != nil {
		t.Errorf("two days are a trend of weeks: %+v", got)
	}
	if got := NewTrend([]portal.HealthScore{scores[0], scores[5]}); got.Change30 != nil {
		t.Error("a score of sixty days ago is taken for one of thirty")
	}
}

// TestSchedule: two replicas (on PostgreSQL; SQLite has one), one night: every day of every tenant is scored once.
func TestSchedule(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		one := newSite(t, open("cust"), queue{})
		replicas := []*site{one}
		if one.db.IsPostgres() {
			replicas = append(replicas, newSite(t, open("cust"), queue{}))
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, len(replicas))
		for _, s := range replicas {
			r, err := jobs.New(ctx, jobs.Options{DB: s.db, Now: func() time.Time { return begin }, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			s.Schedule(r)
			go func() { done <- r.Run(ctx) }()
		}
		for deadline := time.Now().Add(20 * time.Second); len(one.days(t, "ten_2")) < 3 && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond) // for a second run, which must not be
		stop()
		n := 0
		for _, s := range replicas {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			n += len(s.platform.asked)
		}
		if n != SeriesDays+3 || len(one.days(t, "ten_1")) != SeriesDays {
			t.Errorf("%d scores made by both, %d days", n, len(one.days(t, "ten_1")))
		}
	})
}

// TestExplain: every component has words in every language, what it lacks and what would raise it.
func TestExplain(t *testing.T) {
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	poor := Inputs{
		Delivered: 900, Final: 1000, Submitted: 1000, Held: 30, Invoices: portal.AnalyticsInvoices{Due: 4, PaidInTime: 1, PaidLate: 1, Overdue: 2, MeanDaysLate: 9},
		Tickets: 7, NPS: portal.NPS{Promoters: 1, Detractors: 2},
	}
	for _, tag := range locales.Tags {
		p := bundle.Locale(tag).Printer(begin, "Asia/Kabul", "")
		for _, c := range Compute(poor, DefaultWeights).Components {
			e := Explain(p, c)
			for _, text := range []locales.Text{e.Name, e.Measured, e.Raise} {
				if text == "" || strings.Contains(string(text), "health.") {
					t.Errorf("%s: %s: %+v", tag, c.Name, e)
				}
			}
		}
		for _, gap := range portal.HealthGaps {
			if e := Explain(p, portal.HealthComponent{Name: portal.HealthTickets, Gap: gap}); strings.Contains(string(e.Measured), "health.") || e.Raise != "" {
				t.Errorf("%s: %s: %+v", tag, gap, e)
			}
		}
	}
	p := bundle.Locale("en").Printer(begin, "Asia/Kabul", "")
	var got []string
	for _, c := range Compute(poor, DefaultWeights).Components {
		e := Explain(p, c)
		got = append(got, string(e.Measured), string(e.Raise))
	}
	want := []string{
		"90% of 1,000 messages delivered in 30 days", "Full at 99% delivered. See which operators fail and clear numbers that never answer.",
		"3% of 1,000 messages held in 30 days", "Full at 0.5% held. Agree sender IDs and texts with compliance before a campaign.",
		"25% of 4 invoices due in 180 days paid on time", "3 invoices were late, by 9 days on average. Remind the customer before the due date.",
		"7 tickets opened in 30 days", "Full at one ticket in 30 days. Answer the open ones and find what they have in common.",
		"Net promoter score -33 from 3 answers in 90 days", "Full when every answer is 9 or 10. Call who gave 6 or less.",
	}
	got = slices.Collect(func(yield func(string) bool) {
		for _, s := range got {
			yield(strings.NewReplacer("\u00a0", " ", "−", "-", "\u200e", "").Replace(s))
		}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
}
