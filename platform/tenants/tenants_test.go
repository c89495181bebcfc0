package tenants

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"ghasi.io/portal/client"
	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/auth"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

const serviceToken = "0123456789abcdef0123456789abcdef"

// now is a Tuesday noon in Kabul.
var now = time.Date(2026, 11, 24, 7, 30, 0, 0, time.UTC)

// site is the staff side on a database of its own, reached by the client as the portal reaches it.
type site struct {
	*Service
	t   *testing.T
	db  *database.DB
	h   http.Handler
	api *client.Client
}

// newSite has tariff for its money, unless another is given.
func newSite(t *testing.T, db *database.DB, given ...Money) *site {
	t.Helper()
	var money Money = tariff{db}
	if len(given) > 0 {
		money = given[0]
	}
	if err := db.Migrate(t.Context(), migrations.FS); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, db: db, Service: New(db, money, func() time.Time { return now })}
	guard := access.NewGuard(refuse{}, refuse{}, access.Limits{}, time.Now)
	guard.AllowService(serviceToken)
	mux := http.NewServeMux()
	s.Register(mux, guard)
	s.h = contracttest.Handler(t, problem.Handler(slog.New(slog.DiscardHandler), mux))
	api, err := client.New(client.Options{BaseURL: "http://platform.test", Transport: client.InProcess(s.h), ServiceToken: serviceToken})
	if err != nil {
		t.Fatal(err)
	}
	s.api = api
	return s
}

// refuse knows nobody.
type refuse struct{}

func (refuse) VerifyToken(context.Context, string) (access.Principal, error) {
	return access.Principal{}, portal.Fail(portal.Unauthenticated, nil)
}

func (refuse) VerifyKey(context.Context, string, string) (access.Principal, error) {
	return access.Principal{}, portal.Fail(portal.Unauthenticated, nil)
}

func (s *site) inTx(fn func(ctx context.Context, tx bun.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) tenantNamed(name string) (id string) {
	s.t.Helper()
	s.inTx(func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = auth.CreateTenant(ctx, tx, name, now.AddDate(-1, 0, 0))
		return err
	})
	return id
}

func (s *site) person(email string, roles ...string) (id string) {
	s.t.Helper()
	s.inTx(func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = auth.CreateUser(ctx, tx, auth.NewUser{Email: email, Name: "Zahra", Locale: "en", Roles: roles, PasswordHash: "!"}, now)
		return err
	})
	return id
}

// get asks without the client and returns the status.
func (s *site) get(target, authorization string) (int, string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, target, nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestTenants(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		money := &ledger{accounts: map[string]Account{}}
		s := newSite(t, open("platform"), money)
		if list, err := s.api.Tenants(t.Context()); err != nil || list == nil || len(list) != 0 {
			t.Errorf("without tenants: %v, %v", list, err)
		}
		pamir, herat := s.tenantNamed("Pamir Logistics"), s.tenantNamed("Herat Pharmacy")
		money.accounts[herat] = Account{portal.USD, -12_500_000}
		list, err := s.api.Tenants(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []portal.Tenant{
			{TenantID: herat, Name: "Herat Pharmacy", CreatedAt: now.AddDate(-1, 0, 0), Currency: portal.USD, BalanceMicros: -12_500_000},
			{TenantID: pamir, Name: "Pamir Logistics", CreatedAt: now.AddDate(-1, 0, 0), Currency: portal.AFN},
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("tenants (-want +got):\n%s", diff)
		}
	})
}

// TestOnlyServices: nothing but the services' token opens the staff side, whatever the path.
func TestOnlyServices(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil))
	id := s.tenantNamed("Pamir Logistics")
	for _, path := range []string{
		"/v1/internal/tenants", "/v1/internal/tenants/" + id + "/analytics?period=30d", "/v1/internal/tenants/" + id + "/invoices",
		"/v1/internal/tam-assignments",
	} {
		for _, authorization := range []string{
			"", "Bearer ", "Bearer eyJ.x.y", "Bearer ghasi_abcdef", "Basic " + serviceToken, "Bearer " + serviceToken[:31], "Bearer " + serviceToken + "0",
		} {
			if status, _ := s.get(path, authorization); status != http.StatusUnauthorized {
				t.Errorf("%s as %q: %d, want 401", path, authorization, status)
			}
		}
		if status, body := s.get(path, "Bearer "+serviceToken); status != http.StatusOK {
			t.Errorf("%s as a service: %d %s", path, status, body)
		}
	}
}

func TestBadRequests(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil))
	id := s.tenantNamed("Pamir Logistics")
	at := "/v1/internal/tenants/" + id
	for path, want := range map[string]int{
		"/v1/internal/tenants?x=1":                                                   400,
		at + "/analytics":                                                            422,
		at + "/analytics?period=":                                                    422,
		at + "/analytics?period=2026-Q5":                                             422,
		at + "/analytics?period=2027-Q1":                                             422,
		at + "/analytics?period=30d&period=7d":                                       422,
		at + "/invoices?limit=101":                                                   422,
		at + "/invoices?limit=x":                                                     422,
		at + "/invoices?status=late":                                                 422,
		at + "/invoices?status=paid&limit=100":                                       200,
		"/v1/internal/tam-assignments?userId=usr_1":                                  422,
		"/v1/internal/tam-assignments?userId=":                                       422,
		"/v1/internal/tenants/ten_0000000000000000000000000x/analytics?period=30d":   404,
		"/v1/internal/tenants/ten_0000000000000000000000000x/invoices":               404,
		"/v1/internal/tenants/" + url.PathEscape("../ten") + "/analytics?period=30d": 404,
	} {
		if status, body := s.get(path, "Bearer "+serviceToken); status != want {
			t.Errorf("%s: %d, want %d: %s", path, status, want, body)
		}
	}
}

func TestPeriods(t *testing.T) {
	for given, want := range map[string]string{
		"2026-Q1":               "2026-01-01 2026-04-01 2025-10-01",
		"2026-Q4":               "2026-10-01 2027-01-01 2026-07-01", // under way
		"2026-01":               "2026-01-01 2026-02-01 2025-12-01",
		"2026-11":               "2026-11-01 2026-12-01 2026-10-01",
		"2024-02":               "2024-02-01 2024-03-01 2024-01-01",
		"30d":                   "2026-10-26 2026-11-25 2026-09-26",
		"1d":                    "2026-11-24 2026-11-25 2026-11-23",
		"366d":                  "2025-11-24 2026-11-25 2024-11-23",
		"2026-01-05/2026-01-12": "2026-01-05 2026-01-12 2025-12-29",
		"2026-11-24/2026-11-25": "2026-11-24 2026-11-25 2026-11-23",
	} {
		p, err := parsePeriod(given, now)
		if got := strings.Join([]string{day(p.start), day(p.end), day(p.previous)}, " "); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", given, got, err, want)
		}
	}
	for _, given := range []string{
		"", "Q1", "2026", "2026-Q0", "2026-q1", "2026-13", "2026-1", "2026-12", "2027-Q1", "0d", "367d", "-1d", "1000d", "30", " 30d", "30d ",
		"2026-11-25/2026-11-26", "2026-01-05/2026-01-05", "2026-01-06/2026-01-05", "2026-02-30/2026-03-02", "2025-01-01/2026-11-01",
		"2026-01-05/", "/", "1999-Q4", "9999-Q4", "2026-Q1\n", "٢٠٢٦-Q1",
	} {
		if p, err := parsePeriod(given, now); portal.CodeOf(err) != portal.Invalid {
			t.Errorf("%q is taken for %v: %v", given, p, err)
		}
	}
	// In Kabul the day turns at 19:30 UTC.
	for at, want := range map[time.Time]string{
		time.Date(2026, 11, 24, 19, 29, 59, 0, time.UTC): "2026-11-24", time.Date(2026, 11, 24, 19, 30, 0, 0, time.UTC): "2026-11-25",
	} {
		if p, err := parsePeriod("1d", at); err != nil || day(p.start) != want {
			t.Errorf("at %s today is %s, want %s: %v", at, day(p.start), want, err)
		}
	}
}

func TestAssignments(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open("platform"))
		ctx := t.Context()
		zahra, other := s.person("zahra@ghasi.test", auth.RoleTAM), s.person("omar@ghasi.test", auth.RoleTAM)
		s.person("admin@ghasi.test", auth.RolePlatformAdmin)
		pamir, herat := s.tenantNamed("Pamir Logistics"), s.tenantNamed("Herat Pharmacy")
		s.tenantNamed("Twin")
		s.tenantNamed("Twin")
		for range 2 { // the second time is no error
			if err := errors.Join(s.Assign(ctx, " Zahra@ghasi.test", "Pamir Logistics"), s.Assign(ctx, "zahra@ghasi.test", herat),
				s.Assign(ctx, "omar@ghasi.test", pamir)); err != nil {
				t.Fatal(err)
			}
		}
		for name, tc := range map[string]struct {
			err  error
			want portal.Code
		}{
			"nobody":         {s.Assign(ctx, "nobody@ghasi.test", pamir), portal.NotFound},
			"no tenant":      {s.Assign(ctx, "zahra@ghasi.test", "Balkh"), portal.NotFound},
			"two of a name":  {s.Assign(ctx, "zahra@ghasi.test", "Twin"), portal.Conflict},
			"no TAM":         {s.Assign(ctx, "admin@ghasi.test", pamir), portal.Forbidden},
			"never assigned": {s.Unassign(ctx, "omar@ghasi.test", herat), portal.NotFound},
		} {
			if portal.CodeOf(tc.err) != tc.want {
				t.Errorf("%s: %v, want %s", name, tc.err, tc.want)
			}
		}
		mine, err := s.api.TAMAssignments(ctx, zahra)
		if err != nil || len(mine) != 2 {
			t.Fatalf("zahra's: %+v, %v", mine, err)
		}
		if a := mine[0]; a.UserID != zahra || a.Email != "zahra@ghasi.test" || a.Name != "Zahra" || !a.AssignedAt.Equal(now) {
			t.Errorf("assignment %+v", a)
		}
		if all, err := s.api.TAMAssignments(ctx, ""); err != nil || len(all) != 3 {
			t.Errorf("all: %+v, %v", all, err)
		}
		if err := s.Unassign(ctx, "zahra@ghasi.test", "Herat Pharmacy"); err != nil {
			t.Fatal(err)
		}
		if mine, err := s.api.TAMAssignments(ctx, zahra); err != nil || len(mine) != 1 || mine[0].TenantID != pamir {
			t.Errorf("after taking one back: %+v, %v", mine, err)
		}
		// Who loses the role loses the tenants with it, before anybody tidies up.
		s.inTx(func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE users SET roles = 'customer' WHERE id = ?", other)
			return err
		})
		if theirs, err := s.api.TAMAssignments(ctx, other); err != nil || len(theirs) != 0 {
			t.Errorf("a former TAM's: %+v, %v", theirs, err)
		}
	})
}
