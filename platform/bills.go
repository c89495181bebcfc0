package platform

import (
	"context"
	"errors"
	"strings"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/billing"
	"ghasi.io/portal/portal"
)

// Terms are what Ghasi agrees with a tenant.
type Terms = billing.Terms

// PayInvoice and VoidInvoice end an open invoice by its number. Errors: NotFound; Conflict when it is not open any more.
func (p *Platform) PayInvoice(ctx context.Context, number string) error {
	return p.billing.Pay(ctx, number)
}

// VoidInvoice is described at [Platform.PayInvoice].
func (p *Platform) VoidInvoice(ctx context.Context, number string) error {
	return p.billing.Void(ctx, number)
}

// AddCredit adds credit that a tenant, named by its id or its name, has bought. Errors: NotFound, Invalid; Conflict when
// the reference was used before.
func (p *Platform) AddCredit(ctx context.Context, tenant string, amountMicros int64, reference string) error {
	id, err := p.tenantNamed(ctx, tenant)
	if err != nil {
		return err
	}
	return p.billing.Credit(ctx, id, billing.TopUp, amountMicros, reference)
}

// SetTerms sets a tenant's terms. Errors: NotFound, Invalid; Conflict for another currency once money has moved.
func (p *Platform) SetTerms(ctx context.Context, tenant string, t Terms) error {
	id, err := p.tenantNamed(ctx, tenant)
	if err != nil {
		return err
	}
	return p.billing.Agree(ctx, id, t)
}

// tenantNamed returns the id of the tenant with an id or a name. Errors: NotFound; Conflict when several have the name.
func (p *Platform) tenantNamed(ctx context.Context, tenant string) (string, error) {
	var ids []string
	err := p.db.Read.NewRaw("SELECT id FROM tenants WHERE id = ? OR name = ? LIMIT 2", tenant, strings.TrimSpace(tenant)).Scan(ctx, &ids)
	switch {
	case err != nil:
		return "", database.Map(err)
	case len(ids) == 0:
		return "", portal.Fail(portal.NotFound, errors.New("there is no such tenant"))
	case len(ids) > 1:
		return "", portal.Fail(portal.Conflict, errors.New("several tenants have this name: give the id"))
	}
	return ids[0], nil
}
