package tenants

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

func (h *Handlers) editNote(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	n, err := h.mine(c, user, t)
	if err != nil {
		return err
	}
	view := builder{p: h.kit.Printer(c), by: actor(user)}.noteForm(t.TenantID, n)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.NoteFormFragment, &view)
	}
	page := h.alone(c, t, "tenants.notes.edit_title")
	page.Form = &view
	return web.Page(h.kit, c, http.StatusOK, views.NoteAlone, &page)
}

func (h *Handlers) changeNote(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	n, err := h.mine(c, user, t)
	if err != nil {
		return err
	}
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(form.Get(inputVersion)) // none is an old one
	if _, err := h.Records.ChangeNote(c.Request.Context(), t.TenantID, n.NoteID, actor(user), form.Get(inputBody), version); err != nil {
		return h.refused(c, user, t, n, form, err)
	}
	return h.noted(c, user, t, "tenants.notes.changed")
}

func (h *Handlers) askDeleteNote(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	n, err := h.mine(c, user, t)
	if err != nil {
		return err
	}
	view := views.NoteDelete{
		Action: notesAt(t.TenantID) + "/" + n.NoteID + "/delete", BackURL: home + "/" + t.TenantID, Version: n.Version,
		Dialog: web.IsPartial(c), Author: n.Author.Name, At: instant(h.kit.Printer(c), n.CreatedAt),
	}
	if view.Dialog {
		return web.Fragment(h.kit, c, http.StatusOK, views.NoteDialog, &view)
	}
	page := h.alone(c, t, "tenants.notes.delete_title")
	page.Delete = &view
	return web.Page(h.kit, c, http.StatusOK, views.NoteAlone, &page)
}

func (h *Handlers) deleteNote(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	n, err := h.mine(c, user, t)
	if err != nil {
		return err
	}
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(form.Get(inputVersion)) // none is an old one
	if err := h.Records.DeleteNote(c.Request.Context(), t.TenantID, n.NoteID, actor(user), version); err != nil {
		return err
	}
	h.kit.Toast(c, h.kit.Printer(c).T("tenants.notes.gone"))
	return web.SeeOther(c, home+"/"+t.TenantID+"#notes-title")
}

func (h *Handlers) noteHistory(c *gin.Context) error {
	_, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	id := c.Param("noteId")
	if !portal.ValidID("note", id) {
		return portal.Fail(portal.NotFound, nil)
	}
	versions, err := h.Records.NoteHistory(c.Request.Context(), t.TenantID, id)
	if err != nil {
		return err
	}
	p := h.kit.Printer(c)
	page := h.alone(c, t, "tenants.notes.history_title")
	for _, v := range versions {
		page.History = append(page.History, views.NoteVersion{
			By: v.By.Name, At: instant(p, v.At), Body: views.Markdown(v.Body), Deleted: v.Deleted,
		})
	}
	return web.Page(h.kit, c, http.StatusOK, views.NoteAlone, &page)
}

func notesAt(tenantID string) string { return home + "/" + tenantID + "/notes" }

// notes is the list with the form for a new one.
func (b builder) notes(tenantID string, page portal.NotePage) views.NoteList {
	v := views.NoteList{Form: b.noteForm(tenantID, nil), Empty: b.p.T("tenants.notes.none")}
	for _, n := range page.Items {
		at := notesAt(tenantID) + "/" + n.NoteID
		row := views.NoteRow{ID: n.NoteID, Author: n.Author.Name, At: instant(b.p, n.CreatedAt), Body: views.Markdown(n.Body)}
		if n.Version > 1 {
			edited := instant(b.p, n.UpdatedAt)
			row.Edited, row.HistoryURL = &edited, at+"/history"
		}
		if n.MayChange(b.by) {
			row.EditURL, row.DeleteURL = at+"/edit", at+"/delete"
		}
		v.Rows = append(v.Rows, row)
	}
	if page.NextCursor != "" {
		v.More = notesAt(tenantID) + "?cursor=" + page.NextCursor
	}
	return v
}

// noteForm is the form for a note, or for a new one when n is nil.
func (b builder) noteForm(tenantID string, n *portal.Note) views.NoteForm {
	at := notesAt(tenantID)
	f := views.NoteForm{
		Action: at, PreviewURL: at + "/preview",
		Body: views.Field{
			Name: inputBody, Label: b.p.T("tenants.notes.body"), Help: b.p.T("tenants.notes.help"), Type: "textarea", Rows: 4,
			Required: true, MaxLength: portal.MaxNote,
		},
	}
	if n != nil {
		f.ID, f.Version, f.Body.Value = n.NoteID, n.Version, n.Body
		f.Action, f.PreviewURL, f.CancelURL = at+"/"+n.NoteID+"/edit", at+"/"+n.NoteID+"/preview", home+"/"+tenantID
	}
	return f
}
