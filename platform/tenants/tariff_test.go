package tenants

import (
	"context"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// tariff is billing that knows the price of each message when it was submitted, and nothing else.
type tariff struct{ db *database.DB }

func (tariff) Accounts(context.Context) (map[string]Account, error) { return map[string]Account{}, nil }

func (tariff) BalanceAt(context.Context, string, time.Time) (int64, error) { return 0, nil }

func (t tariff) SpendByDay(ctx context.Context, tenantID string, from, until time.Time) (map[string]int64, error) {
	rows, err := t.db.Read.QueryContext(ctx, "SELECT day, CAST(SUM(spend_micros) AS BIGINT) FROM message_days "+
		"WHERE tenant_id = ? AND kind = 'operator' AND day >= ? AND day < ? GROUP BY day", tenantID, from.UnixMicro(), until.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	spend := map[string]int64{}
	for rows.Next() {
		var at, micros int64
		if err := rows.Scan(&at, &micros); err != nil {
			return nil, err
		}
		spend[day(time.UnixMicro(at))] = micros
	}
	return spend, rows.Err()
}

func (tariff) DueBetween(context.Context, string, time.Time, time.Time) ([]portal.Invoice, error) {
	return nil, nil
}

func (tariff) Invoices(context.Context, string, portal.InvoiceFilter) (portal.InvoicePage, error) {
	return portal.InvoicePage{Items: []portal.Invoice{}, Currency: portal.AFN}, nil
}
