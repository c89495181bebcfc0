package webhooks

import (
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// show is one webhook with its log.
func (h *Handlers) show(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	f, err := parseLog(c)
	if err != nil {
		return err
	}
	var w portal.Webhook
	var findErr error
	var log views.WebhookAttempts
	var group sync.WaitGroup
	group.Go(func() { w, findErr = h.api.Webhook(c.Request.Context(), user.Token, id) })
	group.Go(func() { log = h.log(c, user, id, f) })
	group.Wait()
	if findErr != nil {
		return known(findErr)
	}
	return h.answerPage(c, http.StatusOK, w, log, nil)
}

// answerShow shows the webhook's page with what a look at its URL found.
func (h *Handlers) answerShow(c *gin.Context, w portal.Webhook, found *views.WebhookVerdict) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	return h.answerPage(c, http.StatusOK, w, h.log(c, user, w.WebhookID, logFilter{}), found)
}

func (h *Handlers) answerPage(c *gin.Context, status int, w portal.Webhook, log views.WebhookAttempts, found *views.WebhookVerdict) error {
	page := showPage(h.kit.Printer(c), w)
	title := page.Title
	page.Base = h.base(c, "webhooks.list.title")
	page.Title, page.Description = title, ""
	page.Attempts, page.Verdict = log, found
	return web.Page(h.kit, c, status, views.WebhookShow, &page)
}

// log reads a page of the log. What goes wrong with it is said in its place: the rest of the page stands.
func (h *Handlers) log(c *gin.Context, user *auth.User, id string, f logFilter) views.WebhookAttempts {
	p := h.kit.Printer(c)
	page, err := h.api.WebhookAttempts(c.Request.Context(), user.Token, id, f.api())
	if err != nil {
		return h.failedLog(c, id, f, err)
	}
	return newLog(p, id, f, page)
}

func (h *Handlers) failedLog(c *gin.Context, id string, f logFilter, err error) views.WebhookAttempts {
	log := views.WebhookAttempts{WebhookID: id, Tabs: tabs(h.kit.Printer(c), id, f), Outcome: f.outcome}
	alert := h.kit.Alert(c, err)
	alert.Focus = false
	if f.cursor != "" {
		log.NewestURL = f.first().url(id)
	}
	log.Alert = &alert
	return log
}

// attempts is the log alone: narrowed, its next rows, or as it is once an attempt that the page waits for has been made.
func (h *Handlers) attempts(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	f, err := parseLog(c)
	if err != nil {
		return err
	}
	if !web.IsPartial(c) {
		return web.SeeOther(c, f.pageURL(id))
	}
	switch {
	case f.await != "":
		return h.awaitAttempt(c, user, id, f)
	case f.cursor != "":
		return h.more(c, user, id, f)
	}
	c.Header("HX-Replace-Url", f.pageURL(id))
	return h.answerLog(c, http.StatusOK, h.log(c, user, id, f))
}

func (h *Handlers) answerLog(c *gin.Context, status int, log views.WebhookAttempts) error {
	return web.Fragment(h.kit, c, status, views.WebhookAttemptsFragment, &log)
}

// more are the next rows under those on the page.
func (h *Handlers) more(c *gin.Context, user *auth.User, id string, f logFilter) error {
	page, err := h.api.WebhookAttempts(c.Request.Context(), user.Token, id, f.api())
	var view views.WebhookAttemptsMore
	if err != nil {
		if portal.CodeOf(err) == portal.Unauthenticated {
			return err
		}
		alert := h.kit.Alert(c, err)
		view.Alert = &alert
		if portal.CodeOf(err) == portal.Invalid {
			alert.Title = h.kit.Printer(c).T("field.invalid_cursor")
			alert.Text = ""
		}
		return web.Fragment(h.kit, c, web.StatusOf(err), views.WebhookMoreFragment, &view)
	}
	view.Rows, view.MoreURL = rows(h.kit.Printer(c), id, f, page.Items), f.next(id, page)
	if len(view.Rows) > 0 {
		view.Rows[0].Focus = true
	}
	return web.Fragment(h.kit, c, http.StatusOK, views.WebhookMoreFragment, &view)
}

// awaitAttempt answers with nothing until the awaited attempt is in the log, or there is no use in waiting any longer.
func (h *Handlers) awaitAttempt(c *gin.Context, user *auth.User, id string, f logFilter) error {
	page, err := h.api.WebhookAttempts(c.Request.Context(), user.Token, id, portal.WebhookAttemptFilter{Limit: pageSize})
	if portal.CodeOf(err) == portal.Unauthenticated {
		return err
	}
	if arrived := err == nil && f.arrived(page); !arrived && !f.over(h.kit.Now()) { // the page asks again
		c.Status(http.StatusNoContent)
		return nil
	}
	f.await = ""
	log := h.log(c, user, id, f)
	if w, err := h.api.Webhook(c.Request.Context(), user.Token, id); err == nil { // the card shows what has come of it
		card := newCard(h.kit.Printer(c), w)
		card.Whole, card.OutOfBand = true, true
		log.State = &card
	}
	return h.answerLog(c, http.StatusOK, log)
}

// attempt is one attempt whole: in the drawer for htmx, as a page otherwise.
func (h *Handlers) attempt(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	attemptID := c.Param("attemptId")
	if !portal.ValidID("wat", attemptID) {
		return portal.Fail(portal.NotFound, nil)
	}
	a, err := h.api.WebhookAttempt(c.Request.Context(), user.Token, id, attemptID)
	if err != nil {
		return err
	}
	view := attemptView(h.kit.Printer(c), id, a)
	if web.IsPartial(c) {
		view.Dialog = true
		return web.Fragment(h.kit, c, http.StatusOK, views.WebhookAttemptFragment, &view)
	}
	page := views.WebhookAttemptPage{Base: h.base(c, "webhooks.attempt.title"), Attempt: view}
	page.Breadcrumb = append(page.Breadcrumb, views.Link{Label: h.kit.Printer(c).T("webhooks.attempts.title"), URL: home + "/" + id})
	return web.Page(h.kit, c, http.StatusOK, views.WebhookAttempt, &page)
}

// test sends a test event.
func (h *Handlers) test(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	d, err := h.api.TestWebhook(c.Request.Context(), user.Token, id)
	return h.answerSent(c, user, id, logFilter{}, d, err, "webhooks.test.sent")
}

// retry tries a delivery again at once.
func (h *Handlers) retry(c *gin.Context) error {
	user, id, err := target(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	deliveryID := c.Param("deliveryId")
	if !portal.ValidID("dlv", deliveryID) {
		return portal.Fail(portal.NotFound, nil)
	}
	d, err := h.api.RetryWebhookDelivery(c.Request.Context(), user.Token, id, deliveryID)
	return h.answerSent(c, user, id, logFilter{outcome: outcomeOf(values.Get(inputOutcome))}, d, err, "webhooks.retry.sent")
}

// answerSent shows the log, which waits for the attempt that was asked for, or says there why nothing was sent.
func (h *Handlers) answerSent(c *gin.Context, user *auth.User, id string, f logFilter, d portal.WebhookDelivery, err error, doneKey string) error {
	if portal.CodeOf(err) == portal.Unauthenticated {
		return err
	}
	p := h.kit.Printer(c)
	if err == nil && !web.IsPartial(c) {
		h.kit.Flash(c, p.T(doneKey))
		return web.SeeOther(c, f.pageURL(id))
	}
	log := h.log(c, user, id, f)
	status := http.StatusOK
	if err != nil {
		alert := h.kit.Alert(c, known(err))
		alert.Title = p.T("webhooks.test.failed")
		log.Alert, status = &alert, web.StatusOf(err)
	} else {
		wait := f
		wait.await, wait.after, wait.until = d.DeliveryID, d.Attempts, h.kit.Now().Add(patience).Unix()
		log.Wait = &views.WebhookWait{URL: wait.url(id), Text: p.T(doneKey)}
	}
	if web.IsPartial(c) {
		return h.answerLog(c, status, log)
	}
	w, findErr := h.find(c)
	if findErr != nil {
		return findErr
	}
	return h.answerPage(c, status, w, log, nil)
}
