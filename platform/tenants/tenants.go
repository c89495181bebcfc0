// Package tenants is the staff side of the platform: who its customers are, who looks after them, and the figures that a
// review is drawn from. Other services reach it with the services' token.
package tenants

import (
	"context"
	"net/http"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// Money is what the staff side asks billing. Times are exclusive at the end.
type Money interface {
	// Accounts returns the currency and the balance now, by tenant. A tenant that is missing has none yet.
	Accounts(ctx context.Context) (map[string]Account, error)
	// BalanceAt returns the balance as it was at a time.
	BalanceAt(ctx context.Context, tenantID string, at time.Time) (int64, error)
	// SpendByDay returns what the messages submitted on each day of Kabul cost, charged less refunded, by YYYY-MM-DD.
	SpendByDay(ctx context.Context, tenantID string, from, until time.Time) (map[string]int64, error)
	// DueBetween returns the invoices that fell due from a time on and before another, void ones apart.
	DueBetween(ctx context.Context, tenantID string, from, until time.Time) ([]portal.Invoice, error)
	// Invoices lists a tenant's invoices.
	Invoices(ctx context.Context, tenantID string, f portal.InvoiceFilter) (portal.InvoicePage, error)
}

// Account is what a tenant is charged in, and what is left.
type Account struct {
	Currency      portal.Currency
	BalanceMicros int64
}

// Service answers the staff side's calls. Safe for concurrent use.
type Service struct {
	db    *database.DB
	money Money
	now   func() time.Time
}

// New returns a Service on migrated tables.
func New(db *database.DB, money Money, now func() time.Time) *Service {
	return &Service{db: db, money: money, now: now}
}

// Register adds the routes, for services alone.
func (s *Service) Register(mux *http.ServeMux, guard *access.Guard) {
	mux.Handle("GET /v1/internal/tenants", guard.RequireService(s.list))
	mux.Handle("GET /v1/internal/tenants/{tenantId}/analytics", guard.RequireService(s.analytics))
	mux.Handle("GET /v1/internal/tenants/{tenantId}/invoices", guard.RequireService(s.invoices))
	mux.Handle("GET /v1/internal/tam-assignments", guard.RequireService(s.assignments))
}

// list answers GET /v1/internal/tenants: all of them, by name.
func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	if _, err := parameters(r); err != nil {
		problem.Write(w, r, err)
		return
	}
	list, err := s.tenants(r.Context())
	if err != nil {
		problem.Write(w, r, database.Map(err))
		return
	}
	problem.JSON(w, r, http.StatusOK, items[portal.Tenant]{list})
}

// items is how a list is answered.
type items[T any] struct {
	Items []T `json:"items"`
}

func (s *Service) tenants(ctx context.Context) ([]portal.Tenant, error) {
	accounts, err := s.money.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Read.QueryContext(ctx, "SELECT id, name, created_at FROM tenants ORDER BY name, id")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	list := []portal.Tenant{}
	for rows.Next() {
		var t portal.Tenant
		var created int64
		if err := rows.Scan(&t.TenantID, &t.Name, &created); err != nil {
			return nil, err
		}
		t.CreatedAt = time.UnixMicro(created).UTC()
		t.Currency = portal.AFN
		if a, ok := accounts[t.TenantID]; ok {
			t.Currency, t.BalanceMicros = a.Currency, a.BalanceMicros
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// tenant returns the id of the path when there is such a tenant. Errors: NotFound.
func (s *Service) tenant(r *http.Request) (string, error) {
	id := r.PathValue("tenantId")
	if !portal.ValidID("ten", id) {
		return "", portal.Fail(portal.NotFound, nil)
	}
	var is bool
	err := s.db.Read.QueryRowContext(r.Context(), "SELECT EXISTS (SELECT 1 FROM tenants WHERE id = ?)", id).Scan(&is)
	if err != nil {
		return "", database.Map(err)
	}
	if !is {
		return "", portal.Fail(portal.NotFound, nil)
	}
	return id, nil
}
