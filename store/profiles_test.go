package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

func TestProfiles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(schema string) *database.DB) {
		ctx := context.Background()
		s, err := Open(ctx, open("cust"), func() time.Time { return time.Unix(1, 0) })
		if err != nil {
			t.Fatal(err)
		}
		first := portal.Profile{Locale: "ps", Theme: "dark", Zone: "Asia/Kabul", Calendar: "shamsi"}
		second := portal.Profile{Locale: "en"}
		for _, want := range []portal.Profile{first, second} {
			if err := s.SaveProfile(ctx, "ten_a", "usr_a", want); err != nil {
				t.Fatal(err)
			}
			got, err := s.Profile(ctx, "ten_a", "usr_a")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
		}
		// The same user id in another tenant is somebody else, who has made no choice.
		got, err := s.Profile(ctx, "ten_b", "usr_a")
		if err != nil || got != (portal.Profile{}) {
			t.Errorf("another tenant's profile: %+v, %v", got, err)
		}
	})
}
