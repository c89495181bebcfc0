package app

import (
	"fmt"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/client"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/store"
	"ghasi.io/portal/success"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/success/health"
	"ghasi.io/portal/success/qbr"
)

// staff are the parts of the staff side.
type staff struct {
	access   *success.Access
	desk     *desk.Service // nil: no support desk is connected
	demoDesk *desk.Demo    // nil unless desk is the demo's own
	health   *health.Service
	reviews  *qbr.Service
}

// openStaff builds the staff side and schedules its nightly work.
func (a *App) openStaff(api *client.Client, records *store.Store, documents blob.Store, bundle *locales.Bundle) (staff, error) {
	s := staff{access: success.NewAccess(api, a.now)}
	source, err := a.openDesk(&s, api)
	if err != nil {
		return s, err
	}
	o := health.Options{Platform: api, Records: records, Weights: weights(a.cfg.HealthWeights), Now: a.now, Log: a.log, Demo: a.demo}
	if source != nil {
		s.desk = desk.New(source, records, a.now, a.log)
		a.closers = append(a.closers, s.desk.Close)
		o.Desk = s.desk
	}
	s.health = health.New(o)
	a.health, a.api = s.health, api
	if a.serviceToken != "" { // without it the platform tells nothing
		s.health.Schedule(a.jobs)
	}
	keys, err := qbr.NewKeys(qbr.KeyOptions{
		Dir: a.cfg.DataDir, Now: a.now,
		Vault: qbr.VaultOptions{Addr: a.cfg.VaultAddr, Token: a.cfg.VaultToken, Namespace: a.cfg.VaultNamespace},
	})
	if err != nil {
		return s, err
	}
	s.reviews = qbr.New(qbr.Options{
		Platform: api, Records: records, Jobs: a.jobs, Blobs: documents, Keys: keys, Bundle: bundle, Now: a.now, Log: a.log,
	})
	return s, nil
}

// openDesk returns the support desk of the settings, else the demo's; nil when there is none.
func (a *App) openDesk(s *staff, api *client.Client) (desk.Source, error) {
	if a.cfg.SupportURL != "" {
		source, err := desk.OpenSource(desk.Settings{URL: a.cfg.SupportURL, User: a.cfg.SupportUser, Token: a.cfg.SupportToken}, nil, a.now)
		if err != nil {
			return nil, fmt.Errorf("SUPPORT_URL: %w", err)
		}
		return source, nil
	}
	if !a.demo {
		return nil, nil //nolint:nilnil // no desk is no error
	}
	demo, err := desk.NewDemo(api.Tenants, a.now)
	if err != nil {
		return nil, err
	}
	s.demoDesk = demo
	return demo.Source(a.url + "/admin/desk"), nil
}

func weights(named map[string]int) health.Weights {
	if len(named) == 0 {
		return nil // the defaults
	}
	w := health.Weights{}
	for name, n := range named {
		w[portal.HealthComponentName(name)] = n
	}
	return w
}
