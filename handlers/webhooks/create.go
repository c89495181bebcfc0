package webhooks

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// newForm is the form before anything is typed: told of every end of a message, as most programs want to be.
func (h *Handlers) newForm() form {
	return form{
		attempt: portal.NewID("att", h.kit.Now()),
		events:  []string{string(portal.EventDelivered), string(portal.EventFailed), string(portal.EventExpired), string(portal.EventRejected)},
	}
}

func (h *Handlers) showNew(c *gin.Context) error {
	f := h.newForm()
	if kept, ok := web.Draft(c); ok {
		attempt := f.attempt
		f = bind(kept, "")
		f.attempt = attempt
	}
	if web.IsPartial(c) {
		view := formView(h.kit.Printer(c), f, nil)
		view.Dialog = true
		return web.Fragment(h.kit, c, http.StatusOK, views.WebhookDialogFragment, &view)
	}
	return h.answerForm(c, http.StatusOK, f, nil, nil)
}

func (h *Handlers) create(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	f := bind(values, "")
	if wrong := f.validate(); len(wrong) > 0 {
		return h.answerForm(c, http.StatusUnprocessableEntity, f, wrong, nil)
	}
	if !portal.ValidID("att", f.attempt) {
		return h.askAgain(c, f, &portal.Error{Code: portal.Invalid, Key: "webhooks.new.stale"})
	}
	attempt := user.ID + " " + f.attempt
	if !h.used.Claim(attempt, h.kit.Now()) {
		return h.askAgain(c, f, &portal.Error{Code: portal.Conflict, Key: "webhooks.new.again"})
	}
	saved, err := h.api.CreateWebhook(c.Request.Context(), user.Token, f.create())
	if err != nil {
		h.used.Release(attempt)
		return h.answerRefusal(c, f, err)
	}
	h.kit.Record(c, portal.Event{Type: portal.EventWebhookCreated, Subject: subject(saved.WebhookID)})
	return h.answerCreated(c, user, saved)
}

// subject is a webhook as the audit log names it. Its URL may hold a secret, so it stands in no log.
func subject(id string) string { return "webhook/" + id }

// answerRefusal shows the platform's refusal in the form, with what was typed.
func (h *Handlers) answerRefusal(c *gin.Context, f form, err error) error {
	if portal.CodeOf(err) == portal.Unauthenticated {
		return err
	}
	if wrong := wrongFields(err); len(wrong) > 0 {
		return h.answerForm(c, web.StatusOf(err), f, wrong, nil)
	}
	alert := h.kit.Alert(c, err)
	return h.answerForm(c, web.StatusOf(err), f, nil, &alert)
}

// wrongFields are the inputs that the platform did not take.
func wrongFields(err error) []portal.FieldError {
	var e *portal.Error
	if errors.As(err, &e) && e.Code == portal.Invalid {
		return e.Fields
	}
	return nil
}

// askAgain shows the form as a new attempt: submitting that, on purpose, makes a webhook.
func (h *Handlers) askAgain(c *gin.Context, f form, why *portal.Error) error {
	f.attempt = h.newForm().attempt
	alert := h.kit.Alert(c, why)
	return h.answerForm(c, web.StatusOf(why), f, nil, &alert)
}

// answerForm shows the form: in its dialog for htmx, as a page otherwise.
func (h *Handlers) answerForm(c *gin.Context, status int, f form, wrong []portal.FieldError, alert *views.Alert) error {
	view := formView(h.kit.Printer(c), f, wrong)
	if alert != nil {
		view.Alert = alert
	}
	if web.IsPartial(c) {
		view.Dialog = true
		return web.Fragment(h.kit, c, status, views.WebhookFormFragment, &view)
	}
	page := views.WebhookFormPage{Base: h.base(c, "webhooks.new.title"), Form: view}
	return web.Page(h.kit, c, status, views.WebhookNew, &page)
}

// answerCreated shows the signing secret. This answer is the only place where it ever is: it isn't redirected to, kept or
// logged.
func (h *Handlers) answerCreated(c *gin.Context, user *auth.User, saved portal.SavedWebhook) error {
	c.Header("Cache-Control", "no-store")
	view := createdView(h.kit.Printer(c), saved)
	if !web.IsPartial(c) {
		page := views.WebhookCreatedPage{Base: h.base(c, "webhooks.created.title"), Created: view}
		return web.Page(h.kit, c, http.StatusOK, views.WebhookMade, &page)
	}
	list := h.refreshed(c, user)
	view.Dialog, view.List = true, &list
	return web.Fragment(h.kit, c, http.StatusOK, views.WebhookMadeFragment, &view)
}
