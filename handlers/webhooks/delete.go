package webhooks

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

func (h *Handlers) askDelete(c *gin.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	view := h.deleteView(c, w)
	if web.IsPartial(c) {
		view.Dialog = true
		return web.Fragment(h.kit, c, http.StatusOK, views.WebhookConfirmFragment, &view)
	}
	page := views.WebhookDeletePage{Base: h.baseOf(c, "webhooks.delete.title", w), Delete: view}
	return web.Page(h.kit, c, http.StatusOK, views.WebhookConfirm, &page)
}

func (h *Handlers) deleteView(c *gin.Context, w portal.Webhook) views.WebhookDelete {
	view := deleteView(h.kit.Printer(c), w)
	view.Back = back(c, w.WebhookID)
	if onPage(c) {
		view.From = fromPage
	}
	return view
}

func (h *Handlers) remove(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	if _, err := web.Form(c); err != nil {
		return err
	}
	switch err := h.api.DeleteWebhook(c.Request.Context(), user.Token, id); {
	case err == nil:
		h.kit.Record(c, portal.Event{Type: portal.EventWebhookDeleted, Subject: subject(id)})
	case portal.CodeOf(err) != portal.NotFound: // gone already is what was wanted, but not this person's deed
		return h.answerNotDeleted(c, err)
	}
	done := h.kit.Printer(c).T("webhooks.delete.done")
	if !web.IsPartial(c) || onPage(c) { // that page is gone with it
		h.kit.Flash(c, done)
		return web.SeeOther(c, home)
	}
	h.kit.Toast(c, done)
	view := views.WebhookDeleted{List: h.refreshed(c, user)}
	return web.Fragment(h.kit, c, http.StatusOK, views.WebhookDeletedFragment, &view)
}

// answerNotDeleted says in the dialog, or above the question, why the webhook is still there.
func (h *Handlers) answerNotDeleted(c *gin.Context, err error) error {
	if portal.CodeOf(err) == portal.Unauthenticated {
		return err
	}
	alert := h.kit.Alert(c, err)
	alert.Title = h.kit.Printer(c).T("webhooks.delete.failed")
	if web.IsPartial(c) {
		h.kit.ErrorToast(c, alert.Title)
		return web.Fragment(h.kit, c, web.StatusOf(err), views.AlertFragment, &alert)
	}
	w, findErr := h.find(c)
	if findErr != nil {
		return err
	}
	view := h.deleteView(c, w)
	view.Alert = &alert
	page := views.WebhookDeletePage{Base: h.baseOf(c, "webhooks.delete.title", w), Delete: view}
	return web.Page(h.kit, c, web.StatusOf(err), views.WebhookConfirm, &page)
}
