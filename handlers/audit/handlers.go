// Package audit is /settings/audit: what happened in an account, who did it, and whether the log is whole.
package audit

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
	"ghasi.io/portal/views"
)

const home = "/settings/audit"

// Records are the logs.
type Records interface {
	AuditEvents(ctx context.Context, chain string, f portal.AuditFilter) (portal.AuditPage, error)
	ExportAudit(ctx context.Context, chain string, f portal.AuditFilter) iter.Seq2[portal.AuditEvent, error]
	VerifyAudit(ctx context.Context, chain string) (portal.AuditCheck, error)
}

// Access says which tenants' logs somebody of the staff may read.
type Access interface {
	Tenants(ctx context.Context, v success.Viewer) ([]portal.Tenant, error)
}

// Handlers answers for audit logs.
type Handlers struct {
	kit     *web.Kit
	records Records
	access  Access
}

// New returns the handlers.
func New(kit *web.Kit, records Records, access Access) *Handlers {
	return &Handlers{kit: kit, records: records, access: access}
}

// Register adds the routes. They need a signed-in person and find out which log is theirs.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(home, h.kit.Handle(h.list))
	r.POST(home+"/verify", h.kit.Handle(h.verify))
	r.GET(home+"/export.csv", h.kit.Handle(h.exportCSV))
	r.GET(home+"/export.json", h.kit.Handle(h.exportJSON))
}

// chain is a log that somebody may read.
type chain struct{ id, name string }

// chains are the logs that a person may read: a customer their tenant's; staff those of their tenants, an administrator
// the staff's own too. The first is shown unless another is asked for.
func (h *Handlers) chains(ctx context.Context, u *auth.User) ([]chain, error) {
	if u.Has(auth.RoleCustomer) && u.TenantID != "" {
		return []chain{{id: u.TenantID, name: u.Tenant}}, nil
	}
	tenants, err := h.access.Tenants(ctx, success.Viewer{UserID: u.ID, Roles: u.Roles})
	if err != nil {
		return nil, err
	}
	var all []chain
	if u.Has(success.RoleAdmin) {
		all = append(all, chain{id: portal.StaffChain})
	}
	for _, t := range tenants {
		all = append(all, chain{id: t.TenantID, name: t.Name})
	}
	if len(all) == 0 {
		return nil, portal.Fail(portal.NotFound, errors.New("no tenant is assigned"))
	}
	return all, nil
}

// chosen returns the logs that the person may read and the one that is asked for. Another's is Forbidden.
func (h *Handlers) chosen(c *gin.Context, wanted string) ([]chain, chain, error) {
	user, err := web.User(c)
	if err != nil {
		return nil, chain{}, err
	}
	all, err := h.chains(c.Request.Context(), user)
	if err != nil {
		return nil, chain{}, err
	}
	if wanted == "" {
		return all, all[0], nil
	}
	for _, x := range all {
		if x.id == wanted {
			return all, x, nil
		}
	}
	return nil, chain{}, portal.Fail(portal.Forbidden, errors.New("not this person's log"))
}

func (h *Handlers) list(c *gin.Context) error {
	q, err := web.Query(c)
	if err != nil {
		return err
	}
	all, log, err := h.chosen(c, q.Get(inputLog))
	if err != nil {
		return err
	}
	b := newBuilder(h.kit.Printer(c), all, log, q)
	if len(b.wrong) > 0 {
		view := b.refused()
		return h.answer(c, http.StatusUnprocessableEntity, &view)
	}
	page, err := h.records.AuditEvents(c.Request.Context(), log.id, b.filter)
	if err != nil {
		return err
	}
	view := b.log(page)
	if web.IsPartial(c) && b.filter.Cursor != "" {
		return web.Fragment(h.kit, c, http.StatusOK, views.AuditRowsPart, &view)
	}
	return h.answer(c, http.StatusOK, &view)
}

func (h *Handlers) answer(c *gin.Context, status int, log *views.AuditLog) error {
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, status, views.AuditFragment, log)
	}
	page := views.AuditPage{Base: h.kit.Base(c, "audit.list.title"), Tabs: web.SettingsTabs(h.kit.Printer(c), home), Log: *log}
	return web.Page(h.kit, c, status, views.Audit, &page)
}

// verify goes through the whole log. Without htmx the page shows what it found.
func (h *Handlers) verify(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	all, log, err := h.chosen(c, form.Get(inputLog))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	check, err := h.records.VerifyAudit(ctx, log.id)
	if err != nil {
		return err
	}
	p := h.kit.Printer(c)
	found := verdict(p, check)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.AuditCheckAlert, &found)
	}
	b := newBuilder(p, all, log, nil)
	page, err := h.records.AuditEvents(ctx, log.id, b.filter)
	if err != nil {
		return err
	}
	view := b.log(page)
	view.Check = &found
	return h.answer(c, http.StatusOK, &view)
}
