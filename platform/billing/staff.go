package billing

import (
	"context"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// Accounts returns every account there is, by tenant. A tenant that is missing has none yet.
func (s *Service) Accounts(ctx context.Context) (map[string]Account, error) {
	all := map[string]Account{}
	err := s.query(ctx, "SELECT tenant_id, "+accountColumns+" FROM billing_accounts", nil, func(scan func(...any) error) error {
		var a Account
		err := scan(append([]any{&a.TenantID}, a.fields()...)...)
		all[a.TenantID] = a
		return err
	})
	return all, database.Map(err)
}

// BalanceAt returns a tenant's balance as it was at the midnight in Kabul that a time follows, or as it is now when that
// time is not past.
func (s *Service) BalanceAt(ctx context.Context, tenantID string, at time.Time) (int64, error) {
	if !at.Before(s.now()) {
		a, err := s.Account(ctx, tenantID)
		return a.BalanceMicros, err
	}
	var balance int64
	err := s.db.Read.DB.QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(amount_micros), 0) AS BIGINT) FROM billing_entry_days "+
		"WHERE tenant_id = $1 AND day < $2", tenantID, micros(dayOf(at))).Scan(&balance)
	return balance, database.Map(err)
}

// SpendByDay returns what the messages submitted on each day in Kabul cost, refunds taken off, by YYYY-MM-DD. until is
// exclusive; a day without messages is left out.
func (s *Service) SpendByDay(ctx context.Context, tenantID string, from, until time.Time) (map[string]int64, error) {
	days := map[string]int64{}
	err := s.query(ctx, "SELECT day, CAST(SUM(charged_micros - refunded_micros) AS BIGINT) FROM billing_days "+
		"WHERE tenant_id = $1 AND day >= $2 AND day < $3 GROUP BY day", []any{tenantID, micros(from), micros(until)},
		func(scan func(...any) error) error {
			var at, spend int64
			err := scan(&at, &spend)
			days[dayString(at)] = spend
			return err
		})
	return days, database.Map(err)
}

// DueBetween returns a tenant's invoices that fell due from a time on and before another, oldest first, without their
// lines; void ones are left out.
func (s *Service) DueBetween(ctx context.Context, tenantID string, from, until time.Time) ([]portal.Invoice, error) {
	now := micros(s.now())
	list := []portal.Invoice{}
	err := s.query(ctx, "SELECT "+invoiceColumns+" FROM billing_invoices WHERE tenant_id = $1 AND voided_at = 0 AND due_at >= $2 AND due_at < $3 "+
		"ORDER BY due_at, id", []any{tenantID, micros(from), micros(until)}, func(scan func(...any) error) error {
		var v invoice
		err := scan(v.fields()...)
		list = append(list, v.portal(now))
		return err
	})
	return list, database.Map(err)
}

// Prices returns what a segment to each operator costs at a time, by operator.
func (s *Service) Prices(ctx context.Context, currency portal.Currency, at time.Time) (map[string]int64, error) {
	prices := map[string]int64{}
	err := s.query(ctx, "SELECT operator, unit_micros FROM billing_prices WHERE currency = $1 AND valid_from <= $2 ORDER BY valid_from",
		[]any{string(currency), micros(at)}, func(scan func(...any) error) error {
			var operator string
			var unit int64
			err := scan(&operator, &unit)
			prices[operator] = unit // the latest stays
			return err
		})
	return prices, database.Map(err)
}
