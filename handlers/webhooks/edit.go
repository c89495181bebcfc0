package webhooks

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// keyStale is the conflict of a change that was made on an older version.
const keyStale = "webhooks.error.stale"

// onPage reports whether the request comes from the webhook's own page.
func onPage(c *gin.Context) bool {
	return c.Query(inputFrom) == fromPage || c.PostForm(inputFrom) == fromPage
}

// back is where a request came from: the webhook's page or the list.
func back(c *gin.Context, id string) string {
	if onPage(c) {
		return home + "/" + id
	}
	return home
}

// card is one webhook as it is, in the place of its form.
func (h *Handlers) card(c *gin.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	if !web.IsPartial(c) {
		return web.SeeOther(c, back(c, w.WebhookID))
	}
	return h.answerCard(c, http.StatusOK, w, nil)
}

// answerCard swaps in a webhook. check is what a look at its URL found, nil when there was none.
func (h *Handlers) answerCard(c *gin.Context, status int, w portal.Webhook, check *portal.WebhookCheck) error {
	p := h.kit.Printer(c)
	view := newCard(p, w)
	view.Whole, view.Focus, view.Verdict = onPage(c), true, verdict(p, check)
	return web.Fragment(h.kit, c, status, views.WebhookCardFragment, &view)
}

func (h *Handlers) edit(c *gin.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	return h.answerEdit(c, http.StatusOK, formOf(w), nil, func(*views.WebhookForm) {})
}

func (h *Handlers) update(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	f := bind(values, id)
	if wrong := f.validate(); len(wrong) > 0 {
		return h.answerEdit(c, http.StatusUnprocessableEntity, f, wrong, func(*views.WebhookForm) {})
	}
	saved, err := h.api.ChangeWebhook(c.Request.Context(), user.Token, id, f.change())
	if err != nil {
		return h.answerUnsaved(c, f, err)
	}
	h.kit.Record(c, portal.Event{Type: portal.EventWebhookChanged, Subject: subject(id), Data: map[string]string{"status": string(saved.Status)}})
	p := h.kit.Printer(c)
	if web.IsPartial(c) {
		h.kit.Toast(c, p.T("webhooks.edit.done"))
		return h.answerCard(c, http.StatusOK, saved.Webhook, saved.Check)
	}
	done := p.T("webhooks.edit.done")
	if v := verdict(p, saved.Check); v != nil { // the next page has no other place for it
		done = p.T("webhooks.edit.done_checked", "verdict", v.Title)
	}
	h.kit.Flash(c, done)
	return web.SeeOther(c, back(c, id))
}

// answerUnsaved says in the form why nothing was saved, with what was typed. To a change that somebody else's has overtaken
// it shows theirs, and saves nothing until that has been seen.
func (h *Handlers) answerUnsaved(c *gin.Context, f form, err error) error {
	var e *portal.Error
	switch code := portal.CodeOf(err); {
	case code == portal.Unauthenticated, code == portal.NotFound:
		return known(err)
	case errors.As(err, &e) && e.Key == keyStale:
		return h.answerStale(c, f, err)
	}
	if wrong := wrongFields(err); len(wrong) > 0 {
		return h.answerEdit(c, web.StatusOf(err), f, wrong, func(*views.WebhookForm) {})
	}
	alert := h.kit.Alert(c, err)
	return h.answerEdit(c, web.StatusOf(err), f, nil, func(v *views.WebhookForm) { v.Alert = &alert })
}

func (h *Handlers) answerStale(c *gin.Context, f form, cause error) error {
	now, err := h.find(c)
	if err != nil {
		return err
	}
	p := h.kit.Printer(c)
	alert := h.kit.Alert(c, cause)
	alert.Tone = "warning"
	f.version = now.Version
	return h.answerEdit(c, http.StatusConflict, f, nil, func(v *views.WebhookForm) {
		v.Alert, v.URL.Autofocus = &alert, false
		v.Newer = &views.WebhookNewer{
			URL: now.URL, Events: views.EventNames(now.Events), Status: statusBadge(p, now.Status), At: views.NewTime(p, now.UpdatedAt),
		}
	})
}

// answerEdit shows the form of a webhook in the place of its card, or on a page.
func (h *Handlers) answerEdit(c *gin.Context, status int, f form, wrong []portal.FieldError, change func(*views.WebhookForm)) error {
	view := formView(h.kit.Printer(c), f, wrong)
	view.Back = back(c, f.id)
	view.From = "list"
	if onPage(c) {
		view.From = fromPage
	}
	change(&view)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, status, views.WebhookEditFragment, &view)
	}
	page := views.WebhookFormPage{Base: h.base(c, "webhooks.edit.title"), Form: view}
	return web.Page(h.kit, c, status, views.WebhookEdit, &page)
}

func (h *Handlers) pause(c *gin.Context) error {
	return h.setStatus(c, portal.WebhookPaused, "webhooks.pause.done")
}

func (h *Handlers) resume(c *gin.Context) error {
	return h.setStatus(c, portal.WebhookActive, "webhooks.resume.done")
}

// setStatus pauses or resumes. When somebody was quicker nothing changes: the card shows how it is now.
func (h *Handlers) setStatus(c *gin.Context, status portal.WebhookStatus, doneKey string) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	f := bind(values, id)
	saved, err := h.api.ChangeWebhook(c.Request.Context(), user.Token, id, portal.WebhookChange{Status: &status, Version: f.version})
	p := h.kit.Printer(c)
	var e *portal.Error
	switch {
	case errors.As(err, &e) && (e.Key == keyStale || e.Code == portal.Invalid): // an odd version is none that there is
		now, err := h.find(c)
		if err != nil {
			return err
		}
		saved, doneKey = portal.SavedWebhook{Webhook: now}, "webhooks.error.overtaken"
	case err != nil:
		return known(err)
	default:
		h.kit.Record(c, portal.Event{Type: portal.EventWebhookChanged, Subject: subject(id), Data: map[string]string{"status": string(status)}})
	}
	h.kit.Toast(c, p.T(doneKey))
	if web.IsPartial(c) {
		return h.answerCard(c, http.StatusOK, saved.Webhook, nil)
	}
	return web.SeeOther(c, back(c, id))
}

// check looks where a webhook's URL points, without sending anything.
func (h *Handlers) check(c *gin.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	user, err := web.User(c)
	if err != nil {
		return err
	}
	found, err := h.api.CheckWebhookURL(c.Request.Context(), user.Token, w.URL)
	if err != nil {
		return err
	}
	view := verdict(h.kit.Printer(c), &found)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.WebhookVerdictFragment, view)
	}
	return h.answerShow(c, w, view)
}
