package billing

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// Account is what a tenant can spend.
type Account struct {
	TenantID          string
	Currency          portal.Currency
	BalanceMicros     int64 // below zero it is owed
	CreditLimitMicros int64 // how far below zero it may go
	LowBalanceMicros  int64 // warn below this; 0: never
	TermsDays         int   // from issue of an invoice until it is due

	billedUntil int64 // end of the last month that was billed, 0 before the first
}

// A new account is charged in afghani and may owe a little, so that its first messages go out before anybody has paid.
const (
	defaultCurrency    = portal.AFN
	defaultCreditLimit = int64(10_000_000_000)
	defaultTerms       = 15
)

func newAccount(tenantID string) Account {
	return Account{TenantID: tenantID, Currency: defaultCurrency, CreditLimitMicros: defaultCreditLimit, TermsDays: defaultTerms}
}

const accountColumns = "currency, balance_micros, credit_limit_micros, low_balance_micros, terms_days, billed_until"

func (a *Account) fields() []any {
	return []any{&a.Currency, &a.BalanceMicros, &a.CreditLimitMicros, &a.LowBalanceMicros, &a.TermsDays, &a.billedUntil}
}

// Account returns a tenant's account. One that nothing has happened on yet is as it will be.
func (s *Service) Account(ctx context.Context, tenantID string) (Account, error) {
	a := newAccount(tenantID)
	err := s.db.Read.DB.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM billing_accounts WHERE tenant_id = $1", tenantID).
		Scan(a.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return newAccount(tenantID), nil
	}
	return a, database.Map(err)
}

// open makes a's row unless there is one.
func (s *Service) open(ctx context.Context, tx bun.Tx, a Account) error {
	_, err := tx.Tx.ExecContext(ctx, "INSERT INTO billing_accounts (tenant_id, currency, credit_limit_micros, terms_days, created_at) "+
		"VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id) DO NOTHING",
		a.TenantID, string(a.Currency), a.CreditLimitMicros, a.TermsDays, micros(s.now()))
	return err
}

// lock returns the tenant's account, which nobody else changes until tx ends.
func (s *Service) lock(ctx context.Context, tx bun.Tx, tenantID string) (*Account, error) {
	a := newAccount(tenantID)
	if err := s.open(ctx, tx, a); err != nil {
		return nil, err
	}
	err := tx.Tx.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM billing_accounts WHERE tenant_id = $1"+s.db.ForUpdate(), tenantID).
		Scan(a.fields()...)
	return &a, err
}

// SetSettings stores what the customer chooses. Errors: Invalid.
func (s *Service) SetSettings(ctx context.Context, tenantID string, set portal.BillingSettings) error {
	if set.LowBalanceMicros < 0 || set.LowBalanceMicros > maxAmount {
		return portal.InvalidField("lowBalanceMicros", "field.out_of_range")
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.open(ctx, tx, newAccount(tenantID)); err != nil {
			return err
		}
		_, err := tx.Tx.ExecContext(ctx, "UPDATE billing_accounts SET low_balance_micros = $1 WHERE tenant_id = $2", set.LowBalanceMicros, tenantID)
		return err
	})
}

// maxAmount bounds what comes in from outside: a milliard of either currency, far from what int64 can hold.
const maxAmount = int64(1_000_000_000_000_000)

// Terms are what Ghasi agrees with a tenant.
type Terms struct {
	Currency          portal.Currency
	CreditLimitMicros int64
	TermsDays         int
}

// Agree sets a tenant's terms. Errors: Invalid; Conflict when the currency is another one and money has moved already.
func (s *Service) Agree(ctx context.Context, tenantID string, t Terms) error {
	switch {
	case t.Currency != portal.AFN && t.Currency != portal.USD:
		return portal.InvalidField("currency", "field.invalid")
	case t.CreditLimitMicros < 0 || t.CreditLimitMicros > maxAmount:
		return portal.InvalidField("creditLimit", "field.out_of_range")
	case t.TermsDays < 0 || t.TermsDays > 365:
		return portal.InvalidField("termsDays", "field.out_of_range")
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.agree(ctx, tx, tenantID, t) })
}

func (s *Service) agree(ctx context.Context, tx bun.Tx, tenantID string, t Terms) error {
	a, err := s.lock(ctx, tx, tenantID)
	if err != nil {
		return err
	}
	if a.Currency != t.Currency {
		var moved bool
		err := tx.Tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM billing_entries WHERE tenant_id = $1)", tenantID).Scan(&moved)
		if err != nil {
			return err
		}
		if moved {
			return &portal.Error{Code: portal.Conflict, Detail: "The account has entries in " + string(a.Currency) + " already."}
		}
	}
	_, err = tx.Tx.ExecContext(ctx, "UPDATE billing_accounts SET currency = $1, credit_limit_micros = $2, terms_days = $3 WHERE tenant_id = $4",
		string(t.Currency), t.CreditLimitMicros, t.TermsDays, tenantID)
	return err
}
