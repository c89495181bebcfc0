package apikeys

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

func (h *Handlers) askRevoke(c *gin.Context) error {
	k, err := h.find(c)
	if err != nil {
		return err
	}
	if k.Status != portal.KeyActive {
		return web.SeeOther(c, home)
	}
	if web.IsPartial(c) {
		view := revokeView(h.kit.Printer(c), k)
		view.Dialog = true
		return web.Fragment(h.kit, c, http.StatusOK, views.APIKeyConfirmFragment, &view)
	}
	return h.askOnPage(c, http.StatusOK, k, nil)
}

func (h *Handlers) revoke(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	id, err := keyID(c)
	if err != nil {
		return err
	}
	if err := h.api.RevokeAPIKey(c.Request.Context(), user.Token, id); err != nil {
		return h.answerNotRevoked(c, err)
	}
	h.kit.Record(c, portal.Event{Type: portal.EventAPIKeyRevoked, Subject: "apikey/" + id})
	p := h.kit.Printer(c)
	h.kit.Toast(c, p.T("apikeys.revoke.done"))
	if !web.IsPartial(c) {
		return web.SeeOther(c, home)
	}
	view := views.APIKeyRevoked{Table: h.refreshed(c, user)}
	return web.Fragment(h.kit, c, http.StatusOK, views.APIKeyRevokedFragment, &view)
}

// answerNotRevoked says in the dialog, or above the question, why the key still works.
func (h *Handlers) answerNotRevoked(c *gin.Context, err error) error {
	if portal.CodeOf(err) == portal.Unauthenticated {
		return err
	}
	alert := h.kit.Alert(c, err)
	alert.Title = h.kit.Printer(c).T("apikeys.revoke.failed")
	if web.IsPartial(c) {
		h.kit.ErrorToast(c, alert.Title)
		return web.Fragment(h.kit, c, web.StatusOf(err), views.AlertFragment, &alert)
	}
	k, findErr := h.find(c)
	if findErr != nil {
		return err
	}
	return h.askOnPage(c, web.StatusOf(err), k, &alert)
}

func (h *Handlers) askOnPage(c *gin.Context, status int, k portal.APIKey, alert *views.Alert) error {
	view := revokeView(h.kit.Printer(c), k)
	view.Alert = alert
	page := views.APIKeyRevokePage{Base: h.base(c, "apikeys.revoke.title"), Revoke: view}
	return web.Page(h.kit, c, status, views.APIKeyConfirm, &page)
}

// find returns the key that the path names, of this tenant.
func (h *Handlers) find(c *gin.Context) (portal.APIKey, error) {
	user, err := web.User(c)
	if err != nil {
		return portal.APIKey{}, err
	}
	id, err := keyID(c)
	if err != nil {
		return portal.APIKey{}, err
	}
	all, err := h.api.APIKeys(c.Request.Context(), user.Token)
	if err != nil {
		return portal.APIKey{}, err
	}
	for _, k := range all {
		if k.KeyID == id {
			return k, nil
		}
	}
	return portal.APIKey{}, portal.Fail(portal.NotFound, nil)
}

func keyID(c *gin.Context) (string, error) {
	id := c.Param("keyId")
	if !portal.ValidID("key", id) {
		return "", portal.Fail(portal.NotFound, nil)
	}
	return id, nil
}
