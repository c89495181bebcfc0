package webhooks

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// overlaps are how long an old secret may go on signing, in seconds, and the one that is chosen at first.
var overlaps = []int{0, 3600, 86400, 604800}

const usualOverlap = 86400

// askRotate asks how long the old secret goes on signing. While one still does there is nothing to ask.
func (h *Handlers) askRotate(c *gin.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	if w.Rotation != nil {
		return web.SeeOther(c, home+"/"+w.WebhookID)
	}
	view := h.rotationForm(c, w.WebhookID, usualOverlap)
	if web.IsPartial(c) {
		view.Dialog = true
		return web.Fragment(h.kit, c, http.StatusOK, views.RotationDialogFragment, &view)
	}
	return h.answerRotation(c, http.StatusOK, view)
}

func (h *Handlers) rotationForm(c *gin.Context, id string, chosen int) views.RotationForm {
	view := rotationForm(h.kit.Printer(c), id, chosen)
	view.Attempt = portal.NewID("att", h.kit.Now())
	return view
}

// answerRotation shows the form: in its dialog for htmx, as a page otherwise.
func (h *Handlers) answerRotation(c *gin.Context, status int, view views.RotationForm) error {
	if web.IsPartial(c) {
		view.Dialog = true
		return web.Fragment(h.kit, c, status, views.RotationFormFragment, &view)
	}
	page := views.RotationFormPage{Base: h.base(c, "webhooks.rotate.title"), Form: view}
	return web.Page(h.kit, c, status, views.RotationAsk, &page)
}

// rotate makes a new secret. A form makes one: the secret of the first could not be shown again.
func (h *Handlers) rotate(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	overlap, err := strconv.Atoi(values.Get(inputOverlap))
	if err != nil || !slices.Contains(overlaps, overlap) {
		view := h.rotationForm(c, id, usualOverlap)
		view.Overlap.Error = h.kit.Printer(c).T("field.out_of_range")
		return h.answerRotation(c, http.StatusUnprocessableEntity, view)
	}
	attempt := user.ID + " " + values.Get(inputAttempt)
	if !portal.ValidID("att", values.Get(inputAttempt)) || !h.used.Claim(attempt, h.kit.Now()) {
		return h.refuseRotation(c, id, overlap, &portal.Error{Code: portal.Conflict, Key: "rotation.form.again"})
	}
	made, err := h.api.RotateWebhookSecret(c.Request.Context(), user.Token, id, overlap)
	switch portal.CodeOf(err) {
	case "":
		h.kit.Record(c, portal.Event{
			Type: portal.EventWebhookSecretRotated, Subject: subject(id), Data: map[string]string{"step": "new"},
		})
		return h.answerRotated(c, id, overlap, made)
	case portal.Unauthenticated, portal.NotFound:
		return known(err)
	}
	h.used.Release(attempt)
	return h.refuseRotation(c, id, overlap, err)
}

func (h *Handlers) refuseRotation(c *gin.Context, id string, overlap int, why error) error {
	view := h.rotationForm(c, id, overlap)
	alert := h.kit.Alert(c, why)
	view.Alert = &alert
	return h.answerRotation(c, web.StatusOf(why), view)
}

// answerRotated shows the new secret. This answer is the only place where it ever is.
func (h *Handlers) answerRotated(c *gin.Context, id string, overlap int, made portal.RotatedWebhookSecret) error {
	c.Header("Cache-Control", "no-store")
	view := rotatedView(h.kit.Printer(c), id, overlap, made)
	if !web.IsPartial(c) {
		page := views.RotatedPage{Base: h.base(c, "webhooks.rotate.made.title"), Rotated: view}
		return web.Page(h.kit, c, http.StatusOK, views.RotationMade, &page)
	}
	view.Dialog = true
	if w, err := h.find(c); err == nil { // that it can't be read mustn't cost the secret
		status := rotationStatus(h.kit.Printer(c), w, "")
		status.OutOfBand = true
		view.Status = &status
	}
	return web.Fragment(h.kit, c, http.StatusOK, views.RotatedFragment, &view)
}

// rotation is the live count of a change of secret. The page tells in the address what it shows already; when that is still
// so the answer is empty, and nothing on the page moves.
func (h *Handlers) rotation(c *gin.Context) error {
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"/"+c.Param("webhookId"))
	}
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	seen := query.Get("seen")
	w, err := h.find(c)
	switch code := portal.CodeOf(err); {
	case code == portal.Unavailable || code == portal.RateLimited:
		h.kit.Log.WarnContext(c, "rotation not read; the page asks again", "err", err)
		c.Status(http.StatusNoContent)
		return nil
	case err != nil:
		return err
	}
	if w.Rotation != nil && seen == seenOf(w.Rotation) {
		c.Status(http.StatusNoContent)
		return nil
	}
	view := rotationStatus(h.kit.Printer(c), w, seen)
	return web.Fragment(h.kit, c, http.StatusOK, views.RotationStatusFragment, &view)
}

func (h *Handlers) askRetire(c *gin.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	if w.Rotation == nil {
		return web.SeeOther(c, home+"/"+w.WebhookID)
	}
	view := retireView(h.kit.Printer(c), w)
	if web.IsPartial(c) {
		view.Dialog = true
		return web.Fragment(h.kit, c, http.StatusOK, views.RotationConfirmFragment, &view)
	}
	page := views.RotationRetirePage{Base: h.baseOf(c, "webhooks.retire.title", w), Retire: view}
	return web.Page(h.kit, c, http.StatusOK, views.RotationConfirm, &page)
}

func (h *Handlers) retire(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	p := h.kit.Printer(c)
	if err := h.api.RetireWebhookSecret(c.Request.Context(), user.Token, id); err != nil {
		return h.answerNotRetired(c, err)
	}
	h.kit.Record(c, portal.Event{
		Type: portal.EventWebhookSecretRotated, Subject: subject(id), Data: map[string]string{"step": "old_ended"},
	})
	h.kit.Toast(c, p.T("rotation.retire.done"))
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"/"+id)
	}
	view := views.RotationRetired{Status: views.RotationStatus{OutOfBand: true}}
	return web.Fragment(h.kit, c, http.StatusOK, views.RotationRetiredFragment, &view)
}

// answerNotRetired says in the dialog, or above the question, why the old secret still signs.
func (h *Handlers) answerNotRetired(c *gin.Context, err error) error {
	switch portal.CodeOf(err) {
	case portal.Unauthenticated, portal.NotFound:
		return known(err)
	}
	alert := h.kit.Alert(c, err)
	if portal.CodeOf(err) != portal.Conflict { // else it has ended already
		alert.Title = h.kit.Printer(c).T("rotation.retire.failed")
	}
	if web.IsPartial(c) {
		h.kit.ErrorToast(c, alert.Title)
		return web.Fragment(h.kit, c, web.StatusOf(err), views.AlertFragment, &alert)
	}
	w, findErr := h.find(c)
	if findErr != nil || w.Rotation == nil {
		return err
	}
	view := retireView(h.kit.Printer(c), w)
	view.Alert = &alert
	page := views.RotationRetirePage{Base: h.baseOf(c, "webhooks.retire.title", w), Retire: view}
	return web.Page(h.kit, c, web.StatusOf(err), views.RotationConfirm, &page)
}
