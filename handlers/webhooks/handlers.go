// Package webhooks is /webhooks: the endpoints that are told what becomes of messages, what was tried at each, and their
// signing secrets.
package webhooks

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const home = "/webhooks"

// hooks is what this feature needs of the platform.
type hooks interface {
	Webhooks(ctx context.Context, token string) ([]portal.Webhook, error)
	CreateWebhook(ctx context.Context, token string, w portal.NewWebhook) (portal.SavedWebhook, error)
	Webhook(ctx context.Context, token, id string) (portal.Webhook, error)
	ChangeWebhook(ctx context.Context, token, id string, ch portal.WebhookChange) (portal.SavedWebhook, error)
	DeleteWebhook(ctx context.Context, token, id string) error
	CheckWebhookURL(ctx context.Context, token, url string) (portal.WebhookCheck, error)
	TestWebhook(ctx context.Context, token, id string) (portal.WebhookDelivery, error)
	WebhookAttempts(ctx context.Context, token, id string, f portal.WebhookAttemptFilter) (portal.WebhookAttemptPage, error)
	WebhookAttempt(ctx context.Context, token, id, attemptID string) (portal.WebhookAttempt, error)
	RetryWebhookDelivery(ctx context.Context, token, id, deliveryID string) (portal.WebhookDelivery, error)
	RotateWebhookSecret(ctx context.Context, token, id string, overlapSeconds int) (portal.RotatedWebhookSecret, error)
	RetireWebhookSecret(ctx context.Context, token, id string) error
}

// Handlers answers for webhooks.
type Handlers struct {
	kit  *web.Kit
	api  hooks
	used web.Once
}

// New returns the handlers.
func New(kit *web.Kit, api hooks) *Handlers { return &Handlers{kit: kit, api: api} }

// Register adds the routes. They need a signed-in user.
func (h *Handlers) Register(r gin.IRoutes) {
	const one = home + "/:webhookId"
	get := func(path string, f web.Handler) { r.GET(path, h.kit.Handle(f)) }
	post := func(path string, f web.Handler) { r.POST(path, h.kit.Handle(f)) }

	get(home, h.list)
	post(home, h.create)
	get(home+"/new", h.showNew)
	get(home+"/verify", h.verify)
	get(one, h.show)
	get(one+"/card", h.card)
	get(one+"/edit", h.edit)
	post(one+"/edit", h.update)
	post(one+"/pause", h.pause)
	post(one+"/resume", h.resume)
	post(one+"/check", h.check)
	get(one+"/delete", h.askDelete)
	post(one+"/delete", h.remove)

	post(one+"/test", h.test)
	get(one+"/attempts", h.attempts)
	get(one+"/attempts/:attemptId", h.attempt)
	post(one+"/deliveries/:deliveryId/retry", h.retry)

	get(one+"/rotate", h.askRotate)
	post(one+"/rotate", h.rotate)
	get(one+"/rotation", h.rotation)
	get(one+"/retire", h.askRetire)
	post(one+"/retire", h.retire)
}

func (h *Handlers) list(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	all, err := h.api.Webhooks(c.Request.Context(), user.Token)
	if err != nil {
		return err
	}
	list := newList(h.kit.Printer(c), all)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.WebhookListFragment, &list)
	}
	page := views.WebhookListPage{Base: h.kit.Base(c, "webhooks.list.title"), List: list}
	return web.Page(h.kit, c, http.StatusOK, views.WebhookHome, &page)
}

// verify is the guide for whoever writes a receiver.
func (h *Handlers) verify(c *gin.Context) error {
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	p := h.kit.Printer(c)
	guide := views.NewWebhookGuide(p, query.Get("lang"))
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.WebhookGuideFragment, &guide)
	}
	page := guidePage(p, guide)
	page.Base = h.base(c, "webhooks.guide.title")
	return web.Page(h.kit, c, http.StatusOK, views.WebhookVerifyBy, &page)
}

// target is who asks, and the webhook that the path names. An id that can't be one is not asked for.
func target(c *gin.Context) (user *auth.User, id string, err error) {
	user, err = web.User(c)
	if err != nil {
		return nil, "", err
	}
	id = c.Param("webhookId")
	if !portal.ValidID("whk", id) {
		return nil, "", notFound(nil)
	}
	return user, id, nil
}

// find returns the webhook that the path names.
func (h *Handlers) find(c *gin.Context) (portal.Webhook, error) {
	user, id, err := target(c)
	if err != nil {
		return portal.Webhook{}, err
	}
	w, err := h.api.Webhook(c.Request.Context(), user.Token, id)
	return w, known(err)
}

// known says of a NotFound that it is a webhook that is not there.
func known(err error) error {
	if portal.CodeOf(err) == portal.NotFound {
		return notFound(err)
	}
	return err
}

func notFound(cause error) error {
	return &portal.Error{Code: portal.NotFound, Key: "webhooks.show.not_found", Err: cause}
}

// base is the frame of a page below the list.
func (h *Handlers) base(c *gin.Context, titleKey string) views.Base {
	b := h.kit.Base(c, titleKey)
	b.Breadcrumb = []views.Link{{Label: h.kit.Printer(c).T("webhooks.list.title"), URL: home}}
	return b
}

// baseOf is the frame of a page below one webhook.
func (h *Handlers) baseOf(c *gin.Context, titleKey string, w portal.Webhook) views.Base {
	b := h.base(c, titleKey)
	b.Breadcrumb = append(b.Breadcrumb, views.Link{Label: hostText(w.URL), URL: home + "/" + w.WebhookID})
	return b
}

// refreshed is the list as it is now, for swapping in beside another answer. That it can't be read mustn't cost the
// answer: the list then says so in its own place.
func (h *Handlers) refreshed(c *gin.Context, user *auth.User) views.WebhookList {
	all, err := h.api.Webhooks(c.Request.Context(), user.Token)
	list := newList(h.kit.Printer(c), all)
	if err != nil {
		alert := h.kit.Alert(c, err)
		alert.Focus, alert.Retry = false, home
		list = views.WebhookList{Alert: &alert}
	}
	list.OutOfBand = true
	return list
}
