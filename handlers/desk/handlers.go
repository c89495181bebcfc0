// Package desk shows a ticket of the demo's own support desk, which has no pages of its own as a real one has.
package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/views"
)

// tickets finds one.
type tickets interface {
	Ticket(ctx context.Context, id string) (desk.Request, error)
}

// access says who may see which tenant.
type access interface {
	Tenant(ctx context.Context, v success.Viewer, tenantID string) (portal.Tenant, error)
}

// Handlers serve the page.
type Handlers struct {
	kit     *web.Kit
	access  access
	tickets tickets
}

// New returns the handlers.
func New(kit *web.Kit, a access, t tickets) *Handlers {
	return &Handlers{kit: kit, access: a, tickets: t}
}

// Register adds the route, for staff. It is the address that Zendesk gives a ticket, below a folder of ours.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET("/admin/desk/agent/tickets/:ticketId", h.kit.Handle(h.show))
}

// show handles GET /admin/desk/agent/tickets/{ticketId}.
func (h *Handlers) show(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	ticket, err := h.tickets.Ticket(c.Request.Context(), c.Param("ticketId"))
	if err != nil {
		return err
	}
	tenant, err := h.access.Tenant(c.Request.Context(), success.Viewer{UserID: user.ID, Roles: user.Roles}, ticket.Tenant.TenantID)
	if err != nil {
		return err
	}
	p := h.kit.Printer(c)
	page := views.DeskTicketPage{
		Base: h.kit.Base(c, "desk.ticket.title"), Subject: ticket.Subject, Text: ticket.Text, Tenant: tenant.Name,
		TenantURL: "/admin/tenants/" + tenant.TenantID, Number: ticket.ID, Status: p.T("tenants.ticket." + string(ticket.Status)),
		Opened: instant(p, ticket.CreatedAt),
	}
	if ticket.Priority != "" {
		page.Priority = p.T("tenants.priority." + string(ticket.Priority))
	}
	return web.Page(h.kit, c, http.StatusOK, views.DeskTicket, &page)
}

func instant(p *locales.Printer, t time.Time) views.Time {
	return views.NewTime(p, t)
}
