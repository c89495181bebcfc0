package client_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/client"
	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/portal"
)

const (
	tenantID     = "ten_01jdex4v5m8y2k6r3t9w0b7c1d"
	userID       = "usr_01jdex4v5m8y2k6r3t9w0b7c1d"
	serviceToken = "0123456789abcdef0123456789abcdef"
)

// staffSide returns a client that has the services' token, and the platform that it calls.
func staffSide(t *testing.T, h http.HandlerFunc) (*client.Client, *upstream) {
	t.Helper()
	u := &upstream{answer: h}
	c, err := client.New(client.Options{
		BaseURL: "https://api.example.af", Transport: contracttest.Transport(t, client.InProcess(contracttest.Handler(t, u))), ServiceToken: serviceToken,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, u
}

func TestTenants(t *testing.T) {
	want := []portal.Tenant{{TenantID: tenantID, Name: "Pamir Logistics", CreatedAt: at, Currency: portal.AFN, BalanceMicros: -5}}
	c, up := staffSide(t, answer(http.StatusOK, map[string]any{"items": want}))
	got, err := c.Tenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
	if got := up.seen[0].Header.Get("Authorization"); got != "Bearer "+serviceToken {
		t.Errorf("Authorization = %q", got)
	}
}

func TestTAMAssignments(t *testing.T) {
	want := []portal.TAMAssignment{{UserID: userID, Email: "zahra@ghasi.test", Name: "Zahra", TenantID: tenantID, AssignedAt: at}}
	c, up := staffSide(t, answer(http.StatusOK, map[string]any{"items": want}))
	for id, query := range map[string]string{userID: "userId=" + userID, "": ""} {
		got, err := c.TAMAssignments(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("assignments (-want +got):\n%s", diff)
		}
		if got := up.seen[up.calls()-1].URL.RawQuery; got != query {
			t.Errorf("query = %q, want %q", got, query)
		}
	}
}

func sampleAnalytics() portal.Analytics {
	return portal.Analytics{
		TenantID: tenantID, Period: "2026-Q1", Start: "2026-01-01", End: "2026-04-01", Currency: portal.AFN,
		Totals: portal.AnalyticsTotals{Submitted: 3, Delivered: 2, Failed: 1, Final: 3, SpendMicros: 9, BalanceMicros: -1},
		Months: []portal.AnalyticsMonth{{Month: "2026-01", Submitted: 3}}, Operators: []portal.AnalyticsOperator{{Operator: "awcc"}},
		Compliance: []portal.AnalyticsDay{{Day: "2026-01-01", Score: 10_000}}, Senders: []portal.AnalyticsCount{{Name: "GHASI", Count: 3}},
		Prefixes: []portal.AnalyticsCount{{Name: "+9370", Count: 3}}, Invoices: portal.AnalyticsInvoices{Due: 1},
		SLACredits: []portal.AnalyticsCredit{{Month: "2026-01", Final: 3, RatePermille: 666, TargetPermille: 970, CreditMicros: 1}}, GeneratedAt: at,
	}
}

func TestAnalytics(t *testing.T) {
	want := sampleAnalytics()
	c, up := staffSide(t, answer(http.StatusOK, want))
	got, err := c.Analytics(t.Context(), tenantID, "2026-Q1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("analytics (-want +got):\n%s", diff)
	}
	if got := up.seen[0].URL.RequestURI(); got != "/v1/internal/tenants/"+tenantID+"/analytics?period=2026-Q1" {
		t.Errorf("asked for %s", got)
	}
	// Another tenant's figures are never taken for this one's.
	if _, err := c.Analytics(t.Context(), tenantID[:29]+"x", "2026-Q1"); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("another tenant's figures: %v", err)
	}
	c, _ = staffSide(t, problem(http.StatusUnprocessableEntity, "invalid", "", fieldProblem{"period", "out_of_range"}))
	_, err = c.Analytics(t.Context(), tenantID, "2030-Q1")
	if portal.CodeOf(err) != portal.Invalid {
		t.Errorf("a future period: %v", err)
	}
}

func TestTenantInvoices(t *testing.T) {
	want := portal.InvoicePage{
		Items: []portal.Invoice{{
			InvoiceID: "inv_01jdex4v5m8y2k6r3t9w0b7c1d", Number: "GH-2026-000001", PeriodStart: "2026-01-01", PeriodEnd: "2026-02-01", Currency: portal.USD,
			AmountMicros: 1, Status: portal.InvoicePaid, IssuedAt: at, DueAt: at.Add(time.Hour),
		}}, NextCursor: "abc", OutstandingMicros: 7, OverdueCount: 1, Currency: portal.USD,
	}
	c, up := staffSide(t, answer(http.StatusOK, want))
	got, err := c.TenantInvoices(t.Context(), tenantID, portal.InvoiceFilter{Status: portal.InvoicePaid, Limit: 5, Cursor: "x/y"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("invoices (-want +got):\n%s", diff)
	}
	if got := up.seen[0].URL.RawQuery; got != "cursor=x%2Fy&limit=5&status=paid" {
		t.Errorf("query = %q", got)
	}
}

// TestStaffSide_RefusedTokenIsOurs: a person whose session is good must not be signed out because our token is not.
func TestStaffSide_RefusedTokenIsOurs(t *testing.T) {
	refused, _ := staffSide(t, problem(http.StatusUnauthorized, "unauthenticated", ""))
	if _, err := refused.Tenants(t.Context()); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("a refused token: %v", err)
	}
	c, up := inProcess(t, answer(http.StatusOK, nil)) // without a token
	if _, err := c.Tenants(t.Context()); portal.CodeOf(err) != portal.Unavailable || up.calls() != 0 {
		t.Errorf("without a token: %v after %d calls", err, up.calls())
	}
	for _, id := range []string{"", "..", "ten_../x", tenantID + "/"} {
		if _, err := c.Analytics(t.Context(), id, "30d"); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("Analytics(%q): %v", id, err)
		}
		if _, err := c.TenantInvoices(t.Context(), id, portal.InvoiceFilter{}); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("TenantInvoices(%q): %v", id, err)
		}
	}
}
