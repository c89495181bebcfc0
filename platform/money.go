package platform

import (
	"context"

	"ghasi.io/portal/platform/billing"
	"ghasi.io/portal/platform/tenants"
)

// money is billing as the staff side asks it.
type money struct{ *billing.Service }

// Accounts returns the currency and the balance of every account.
func (m money) Accounts(ctx context.Context) (map[string]tenants.Account, error) {
	accounts, err := m.Service.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	list := make(map[string]tenants.Account, len(accounts))
	for id, a := range accounts {
		list[id] = tenants.Account{Currency: a.Currency, BalanceMicros: a.BalanceMicros}
	}
	return list, nil
}
