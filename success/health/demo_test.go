package health_test

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"ghasi.io/portal/client"
	"ghasi.io/portal/database"
	"ghasi.io/portal/platform"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/store"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/success/health"
)

// TestDemo: the demo's ninety days come from its own history, quickly, and tell one declining account from two that do
// well.
func TestDemo(t *testing.T) {
	now := time.Now
	open := func(name string) *database.DB {
		db, err := database.Open(t.Context(), database.Options{File: filepath.Join(t.TempDir(), name)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	log := slog.New(slog.DiscardHandler)
	const token = "0123456789abcdef0123456789abcdef"
	p, err := platform.New(t.Context(), platform.Options{
		DB: open("platform.db"), Issuer: "http://localhost", ClientID: "customer-portal", Now: now, Log: log, ServiceToken: token,
		RedirectURIs: []string{"http://localhost/auth/callback"},
		SignIn:       func(http.ResponseWriter, *http.Request, int, platform.SignInPage) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if err := p.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	api, err := client.New(client.Options{BaseURL: "http://localhost", Transport: client.InProcess(p.Handler()), ServiceToken: token})
	if err != nil {
		t.Fatal(err)
	}
	records, err := store.Open(t.Context(), open("portal.db"), now)
	if err != nil {
		t.Fatal(err)
	}
	demo, err := desk.NewDemo(api.Tenants, now)
	if err != nil {
		t.Fatal(err)
	}
	tickets := desk.New(demo.Source("http://localhost/admin/desk"), records, now, log)
	defer tickets.Close()
	s := health.New(health.Options{Platform: api, Records: records, Desk: tickets, Now: now, Log: log, Demo: true})
	began := time.Now()
	if err := s.CatchUp(t.Context(), s.Yesterday()); err != nil {
		t.Fatal(err)
	}
	t.Logf("ninety days of three tenants in %v", time.Since(began))
	trends, err := s.Trends(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := api.Tenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]portal.HealthBand{"Pamir Logistics": portal.HealthGreen, "Kabul Courier": portal.HealthRed}
	for _, tenant := range tenants {
		trend := trends[tenant.TenantID]
		if !trend.Known || len(trend.Days) < 80 || trend.Change30 == nil {
			t.Errorf("%s: %d days, change %v", tenant.Name, len(trend.Days), trend.Change30)
			continue
		}
		t.Logf("%s: %d, %+d in 7 days, %+d in 30", tenant.Name, trend.Latest.Score, *trend.Change7, *trend.Change30)
		if band, ok := want[tenant.Name]; ok && trend.Latest.Band() != band {
			t.Errorf("%s is %s", tenant.Name, trend.Latest.Band())
		}
		if tenant.Name == "Kabul Courier" && *trend.Change30 > -15 {
			t.Errorf("the declining account changed by %d in 30 days", *trend.Change30)
		}
		list, err := tickets.Tickets(t.Context(), tenant.TenantID)
		if err != nil || len(list.Tickets) == 0 || list.Stale {
			t.Errorf("%s: tickets %+v, %v", tenant.Name, list, err)
		}
		_, latest, err := s.Trend(t.Context(), tenant.TenantID)
		if err != nil || len(latest.Components) != 5 {
			t.Errorf("%s: %+v, %v", tenant.Name, latest, err)
		}
		for _, c := range latest.Components {
			t.Logf("  %+v", c)
		}
	}
}
