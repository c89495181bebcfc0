package tenants

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	inputBody    = "body_text" // "body" is a property of documents, which fragments may not name
	inputVersion = "version"
)

// notes is one page of older notes, or the list anew for htmx.
func (h *Handlers) notes(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	q, err := web.Query(c)
	if err != nil {
		return err
	}
	if !web.IsPartial(c) && q.Get("cursor") == "" {
		return web.SeeOther(c, home+"/"+t.TenantID+"#notes-title")
	}
	page, err := h.Records.Notes(c.Request.Context(), t.TenantID, 0, q.Get("cursor"))
	if err != nil {
		return err
	}
	view := builder{p: h.kit.Printer(c), by: actor(user)}.notes(t.TenantID, page)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.NotesFragment, &view)
	}
	alone := h.alone(c, t, "tenants.notes.title")
	alone.List = &view
	return web.Page(h.kit, c, http.StatusOK, views.NoteAlone, &alone)
}

func (h *Handlers) createNote(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	_, err = h.Records.CreateNote(c.Request.Context(), t.TenantID, actor(user), form.Get(inputBody))
	if err != nil {
		return h.refused(c, user, t, nil, form, err)
	}
	return h.noted(c, user, t, "tenants.notes.added")
}

// noted answers a change: the list anew, or the tenant's page.
func (h *Handlers) noted(c *gin.Context, user *auth.User, t portal.Tenant, toast string) error {
	h.kit.Toast(c, h.kit.Printer(c).T(toast))
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"/"+t.TenantID+"#notes-title")
	}
	page, err := h.Records.Notes(c.Request.Context(), t.TenantID, 0, "")
	if err != nil {
		return err
	}
	view := builder{p: h.kit.Printer(c), by: actor(user)}.notes(t.TenantID, page)
	return web.Fragment(h.kit, c, http.StatusOK, views.NotesFragment, &view)
}

// refused shows the form again with what was typed and why it was not taken. Somebody else's change shows beside it.
func (h *Handlers) refused(c *gin.Context, user *auth.User, t portal.Tenant, n *portal.Note, form url.Values, cause error) error {
	code := portal.CodeOf(cause)
	if code != portal.Invalid && code != portal.Conflict {
		return cause
	}
	b := builder{p: h.kit.Printer(c), by: actor(user)}
	view := b.noteForm(t.TenantID, n)
	view.Body.Value = form.Get(inputBody)
	var e *portal.Error
	if errors.As(cause, &e) && len(e.Fields) > 0 {
		view.Body.Error = b.p.T(e.Fields[0].Key, e.Fields[0].Args...)
	} else {
		alert := h.kit.Alert(c, cause)
		alert.Title = b.p.T("tenants.notes.conflict")
		view.Alert = &alert
	}
	if web.IsPartial(c) {
		c.Header("HX-Retarget", "closest form")
		c.Header("HX-Reswap", "outerHTML")
		return web.Fragment(h.kit, c, web.StatusOf(cause), views.NoteFormFragment, &view)
	}
	page := h.alone(c, t, "tenants.notes.title")
	page.Form = &view
	return web.Page(h.kit, c, web.StatusOf(cause), views.NoteAlone, &page)
}

// previewNote renders what was typed, and keeps nothing.
func (h *Handlers) previewNote(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	var n *portal.Note
	if c.Param("noteId") != "" {
		if n, err = h.mine(c, user, t); err != nil {
			return err
		}
	}
	typed := form.Get(inputBody)
	if len(typed) > portal.MaxNote {
		typed = strings.ToValidUTF8(typed[:portal.MaxNote], "")
	}
	view := builder{p: h.kit.Printer(c), by: actor(user)}.noteForm(t.TenantID, n)
	view.Body.Value = typed
	if version, err := strconv.Atoi(form.Get(inputVersion)); err == nil && n != nil {
		view.Version = version // the one that the text was begun on
	}
	rendered := views.Markdown(typed)
	view.Preview = &rendered
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.NoteFormFragment, &view)
	}
	page := h.alone(c, t, "tenants.notes.title")
	page.Form = &view
	return web.Page(h.kit, c, http.StatusOK, views.NoteAlone, &page)
}

// mine returns the note of the path, if the person may change it.
func (h *Handlers) mine(c *gin.Context, user *auth.User, t portal.Tenant) (*portal.Note, error) {
	id := c.Param("noteId")
	if !portal.ValidID("note", id) {
		return nil, portal.Fail(portal.NotFound, errors.New("malformed note id"))
	}
	n, err := h.Records.Note(c.Request.Context(), t.TenantID, id)
	if err == nil && !n.MayChange(actor(user)) {
		err = portal.Fail(portal.Forbidden, errors.New("somebody else's note"))
	}
	return &n, err
}

// alone is a page for one thing about a tenant.
func (h *Handlers) alone(c *gin.Context, t portal.Tenant, titleKey string) views.NotePage {
	page := views.NotePage{Base: h.kit.Base(c, titleKey), Tenant: t.Name, BackURL: home + "/" + t.TenantID}
	page.Breadcrumb = []views.Link{{Label: h.kit.Printer(c).T("tenants.list.title"), URL: home}}
	return page
}
