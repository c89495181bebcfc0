package tenants

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/success/health"
	"ghasi.io/portal/views"
)

const (
	trafficPeriod = "90d"
	shownInvoices = 6
)

// findings are what the parts of a tenant's page come from. An upstream that fails leaves its own part alone empty.
type findings struct {
	tenant    portal.Tenant
	assigned  []portal.TAMAssignment
	trend     health.Trend
	latest    portal.HealthScore // of the last day, also when it has no score
	analytics portal.Analytics
	noTraffic error
	invoices  portal.InvoicePage
	noInvoice error
	tickets   desk.List
	noTickets error
	notes     portal.NotePage
	reviews   []portal.QBR
}

func (h *Handlers) show(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	// The look stands in the tenant's own log before anything is shown.
	err = h.Records.Record(ctx, portal.Event{
		Type: portal.EventTenantViewed, TenantID: t.TenantID, Subject: "tenant/" + t.TenantID, Actor: actor(user),
	})
	if err != nil {
		return err
	}
	f, err := h.find(ctx, t)
	if err != nil {
		return err
	}
	b := builder{p: h.kit.Printer(c), alert: func(err error) *views.Alert { a := h.kit.Alert(c, err); return &a }, by: actor(user)}
	page := b.page(h.kit.Base(c, "tenants.show.title"), f)
	page.Title = locales.Verbatim(t.Name)
	page.Breadcrumb = []views.Link{{Label: b.p.T("tenants.list.title"), URL: home}}
	if h.Desk != nil {
		page.Tickets = b.tickets(h.Desk.Name(), f)
	} else {
		page.Tickets = views.TicketList{Empty: b.p.T("tenants.tickets.off")}
	}
	return web.Page(h.kit, c, http.StatusOK, views.TenantShow, &page)
}

// find asks everybody at once.
func (h *Handlers) find(ctx context.Context, t portal.Tenant) (findings, error) {
	f := findings{tenant: t}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { f.assigned, err = h.Access.Assigned(ctx, t.TenantID); return err })
	g.Go(func() (err error) { f.trend, f.latest, err = h.Scores.Trend(ctx, t.TenantID); return err })
	g.Go(func() (err error) { f.notes, err = h.Records.Notes(ctx, t.TenantID, 0, ""); return err })
	g.Go(func() (err error) { f.reviews, err = h.Reviews.List(ctx, t.TenantID); return err })
	g.Go(func() error {
		f.analytics, f.noTraffic = h.Platform.Analytics(ctx, t.TenantID, trafficPeriod)
		return nil
	})
	g.Go(func() error {
		f.invoices, f.noInvoice = h.Platform.TenantInvoices(ctx, t.TenantID, portal.InvoiceFilter{Limit: shownInvoices})
		return nil
	})
	if h.Desk != nil {
		g.Go(func() error {
			f.tickets, f.noTickets = h.Desk.Tickets(ctx, t.TenantID)
			return nil
		})
	}
	return f, g.Wait()
}

func (h *Handlers) recompute(c *gin.Context) error {
	_, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	if _, err := h.Scores.Recompute(c.Request.Context(), t.TenantID, h.Scores.Today()); err != nil {
		return err
	}
	h.kit.Toast(c, h.kit.Printer(c).T("tenants.health.recomputed"))
	return web.SeeOther(c, home+"/"+t.TenantID)
}
