// Package tenants is /admin/tenants: what the staff see of the customers they look after.
package tenants

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/success/health"
	"ghasi.io/portal/views"
)

const home = "/admin/tenants"

// Access says who may see which tenant.
type Access interface {
	Tenants(ctx context.Context, v success.Viewer) ([]portal.Tenant, error)
	Tenant(ctx context.Context, v success.Viewer, tenantID string) (portal.Tenant, error)
	Assigned(ctx context.Context, tenantID string) ([]portal.TAMAssignment, error)
}

// Scores are the health scores.
type Scores interface {
	Trends(ctx context.Context) (map[string]health.Trend, error)
	Trend(ctx context.Context, tenantID string) (health.Trend, portal.HealthScore, error)
	Recompute(ctx context.Context, tenantID, day string) (portal.HealthScore, error)
	Today() string
}

// Desk is the support desk.
type Desk interface {
	Glance(ctx context.Context, tenantID string) (desk.List, bool)
	Tickets(ctx context.Context, tenantID string) (desk.List, error)
	Name() string
}

// Platform is what the page of a tenant shows of the platform.
type Platform interface {
	Analytics(ctx context.Context, tenantID, period string) (portal.Analytics, error)
	TenantInvoices(ctx context.Context, tenantID string, f portal.InvoiceFilter) (portal.InvoicePage, error)
}

// Records are the notes and the audit log.
type Records interface {
	Notes(ctx context.Context, tenantID string, limit int, cursor string) (portal.NotePage, error)
	Note(ctx context.Context, tenantID, noteID string) (portal.Note, error)
	CreateNote(ctx context.Context, tenantID string, by portal.Actor, body string) (portal.Note, error)
	ChangeNote(ctx context.Context, tenantID, noteID string, by portal.Actor, body string, version int) (portal.Note, error)
	DeleteNote(ctx context.Context, tenantID, noteID string, by portal.Actor, version int) error
	NoteHistory(ctx context.Context, tenantID, noteID string) ([]portal.NoteVersion, error)
	LastContacts(ctx context.Context) (map[string]time.Time, error)
	Record(ctx context.Context, e portal.Event) error
}

// Reviews are the exports of quarterly reviews.
type Reviews interface {
	Export(ctx context.Context, by portal.Actor, tenantID, period, locale string) (portal.QBR, error)
	Get(ctx context.Context, tenantID, qbrID string) (portal.QBR, error)
	List(ctx context.Context, tenantID string) ([]portal.QBR, error)
	Link(ctx context.Context, q portal.QBR, filename string) (portal.SignedURL, error)
}

// Parts are what the handlers stand on. Nothing may be nil but Desk: no support desk is connected.
type Parts struct {
	Access   Access
	Scores   Scores
	Desk     Desk
	Platform Platform
	Records  Records
	Reviews  Reviews
}

// Handlers answers for tenants.
type Handlers struct {
	Parts

	kit *web.Kit
}

// New returns the handlers.
func New(kit *web.Kit, p Parts) *Handlers { return &Handlers{Parts: p, kit: kit} }

// Register adds the routes. They need somebody of the staff; each of them looks again whether the tenant is theirs.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(home, h.kit.Handle(h.list))
	r.GET(home+"/:tenantId", h.kit.Handle(h.show))
	r.POST(home+"/:tenantId/health", h.kit.Handle(h.recompute))
	r.GET(home+"/:tenantId/reviews", h.kit.Handle(h.reviews))
	r.POST(home+"/:tenantId/reviews", h.kit.Handle(h.export))
	r.GET(home+"/:tenantId/reviews/:qbrId", h.kit.Handle(h.open))
	r.GET(home+"/:tenantId/notes", h.kit.Handle(h.notes))
	r.POST(home+"/:tenantId/notes", h.kit.Handle(h.createNote))
	r.POST(home+"/:tenantId/notes/preview", h.kit.Handle(h.previewNote))
	r.GET(home+"/:tenantId/notes/:noteId/edit", h.kit.Handle(h.editNote))
	r.POST(home+"/:tenantId/notes/:noteId/edit", h.kit.Handle(h.changeNote))
	r.POST(home+"/:tenantId/notes/:noteId/preview", h.kit.Handle(h.previewNote))
	r.GET(home+"/:tenantId/notes/:noteId/delete", h.kit.Handle(h.askDeleteNote))
	r.POST(home+"/:tenantId/notes/:noteId/delete", h.kit.Handle(h.deleteNote))
	r.GET(home+"/:tenantId/notes/:noteId/history", h.kit.Handle(h.noteHistory))
}

// actor is a person of the staff as the records name them.
func actor(u *auth.User) portal.Actor {
	role := success.RoleTAM
	if u.Has(success.RoleAdmin) {
		role = success.RoleAdmin
	}
	name := u.Name
	if name == "" {
		name = u.Email
	}
	return portal.Actor{UserID: u.ID, Name: name, Role: role}
}

func viewer(u *auth.User) success.Viewer { return success.Viewer{UserID: u.ID, Roles: u.Roles} }

// tenant returns the tenant of the path, if the person may see it. An attempt at somebody else's is written down.
func (h *Handlers) tenant(c *gin.Context) (*auth.User, portal.Tenant, error) {
	user, err := web.User(c)
	if err != nil {
		return nil, portal.Tenant{}, err
	}
	ctx, id := c.Request.Context(), c.Param("tenantId")
	if !portal.ValidID("ten", id) {
		return nil, portal.Tenant{}, portal.Fail(portal.NotFound, errors.New("malformed tenant id"))
	}
	t, err := h.Access.Tenant(ctx, viewer(user), id)
	if portal.CodeOf(err) == portal.Forbidden {
		err = errors.Join(err, h.Records.Record(ctx, portal.Event{
			Type: portal.EventAccessDenied, Chain: portal.StaffChain, TenantID: id, Subject: "tenant/" + id, Actor: actor(user),
			Data: map[string]string{"path": c.FullPath()},
		}))
	}
	return user, t, err
}

func (h *Handlers) list(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	q, err := web.Query(c)
	if err != nil {
		return err
	}
	f := parseFilter(q)
	ctx := c.Request.Context()
	tenants, err := h.Access.Tenants(ctx, viewer(user))
	if err != nil {
		return err
	}
	trends, err := h.Scores.Trends(ctx)
	if err != nil {
		return err
	}
	contacts, err := h.Records.LastContacts(ctx)
	if err != nil {
		return err
	}
	rows := make([]row, 0, len(tenants))
	for _, t := range tenants {
		r := row{tenant: t, trend: trends[t.TenantID], contact: contacts[t.TenantID], tickets: unknown}
		if h.Desk != nil {
			if list, ok := h.Desk.Glance(ctx, t.TenantID); ok {
				r.tickets = list.Open
			}
		}
		rows = append(rows, r)
	}
	page := views.TenantListPage{Base: h.kit.Base(c, "tenants.list.title")}
	p := h.kit.Printer(c)
	shown := f.apply(slices.Clone(rows))
	page.Filter = f.view(p, len(shown), len(rows))
	page.Table = table(p, shown, len(rows))
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.TenantTablePart, &page)
	}
	return web.Page(h.kit, c, http.StatusOK, views.TenantList, &page)
}
