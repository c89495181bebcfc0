package billing

import (
	"context"
	"slices"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

const selectPrice = "SELECT currency, unit_micros FROM billing_prices " +
	"WHERE currency = COALESCE((SELECT currency FROM billing_accounts WHERE tenant_id = $1), 'AFN') AND operator = $2 AND valid_from <= $3 " +
	"ORDER BY valid_from DESC LIMIT 1"

// Price implements [messages.Tariff]: what a segment to operator costs a tenant at a time.
func (s *Service) Price(ctx context.Context, tenantID, operator string, at time.Time) (currency portal.Currency, unitMicros int64, err error) {
	err = s.db.Read.DB.QueryRowContext(ctx, selectPrice, tenantID, operator, micros(at)).Scan(&currency, &unitMicros)
	return currency, unitMicros, database.Map(err)
}

// SetPrice gives a price from a midnight in Kabul on that is still to come: what was charged stays as it was, and a day
// has one price. Setting it again before that day replaces it. Errors: Invalid.
func (s *Service) SetPrice(ctx context.Context, currency portal.Currency, operator string, from time.Time, unitMicros int64) error {
	switch {
	case !slices.Contains(portal.Currencies, currency):
		return portal.InvalidField("currency", "field.invalid")
	case operator != sms.OtherOperator && !slices.Contains(sms.Operators, operator):
		return portal.InvalidField("operator", "field.invalid")
	case !from.Equal(dayOf(from)):
		return portal.InvalidField("from", "field.invalid")
	case !from.After(s.now()):
		return portal.InvalidField("from", "field.in_past")
	case unitMicros <= 0 || unitMicros > maxAmount:
		return portal.InvalidField("unitMicros", "field.out_of_range")
	}
	_, err := s.db.Write.DB.ExecContext(ctx, "INSERT INTO billing_prices (currency, operator, valid_from, unit_micros) VALUES ($1, $2, $3, $4) "+
		"ON CONFLICT (currency, operator, valid_from) DO UPDATE SET unit_micros = excluded.unit_micros",
		string(currency), operator, micros(from), unitMicros)
	return database.Map(err)
}
