package store

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

func TestPolicyReports(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(schema string) *database.DB) {
		ctx, now := context.Background(), time.Unix(1_800_000_000, 0)
		s, err := Open(ctx, open("cust"), func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		report := portal.PolicyReport{
			TenantID: "ten_a", Directive: "script-src-elem", Source: "https://evil.test", Route: "/messages/{id}",
			Disposition: "report", Count: 1,
		}
		record := func(reports ...portal.PolicyReport) {
			t.Helper()
			if err := s.RecordReports(ctx, reports); err != nil {
				t.Fatal(err)
			}
		}
		record(report, report) // twice in one batch is one group
		first := now
		now = now.Add(time.Hour)
		record(report)
		want := report
		want.Count, want.FirstSeen, want.LastSeen = 3, first, now
		got, err := s.PolicyReports(ctx, "ten_a")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]portal.PolicyReport{want}, got); diff != "" {
			t.Errorf("groups (-want +got):\n%s", diff)
		}

		visitor := report
		visitor.TenantID = ""
		record(visitor)
		if got, err := s.PolicyReports(ctx, "ten_b"); err != nil || len(got) != 0 {
			t.Errorf("another tenant sees %d groups, %v", len(got), err)
		}
		if got, err := s.AllPolicyReports(ctx); err != nil || len(got) != 2 {
			t.Errorf("all: %d groups, %v", len(got), err)
		}

		t.Run("AFloodDropsItsOwnOldest", func(t *testing.T) {
			for i := range 30 {
				batch := make([]portal.PolicyReport, 10)
				for j := range batch {
					batch[j] = visitor
					batch[j].Source = "https://" + strconv.Itoa(i*10+j) + ".test"
				}
				now = now.Add(time.Second)
				record(batch...)
			}
			got, err := s.PolicyReports(ctx, "")
			if err != nil || len(got) != maxReports {
				t.Fatalf("%d groups of visitors, %v", len(got), err)
			}
			for _, g := range got {
				if g.Source == "https://0.test" {
					t.Error("the oldest is kept")
				}
			}
			if got, err := s.PolicyReports(ctx, "ten_a"); err != nil || len(got) != 1 {
				t.Errorf("the flood pushed out what a tenant reported: %d, %v", len(got), err)
			}
		})
		t.Run("OldGroupsGo", func(t *testing.T) {
			now = now.Add(reportAge + time.Hour)
			other := report
			other.Source = "eval"
			record(other)
			if got, err := s.PolicyReports(ctx, "ten_a"); err != nil || len(got) != 1 || got[0].Source != "eval" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	})
}
