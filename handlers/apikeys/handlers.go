// Package apikeys is /api-keys: the list of keys, making one, ending one.
package apikeys

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const home = "/api-keys"

// keys is what this page needs of the platform.
type keys interface {
	APIKeys(ctx context.Context, token string) ([]portal.APIKey, error)
	CreateAPIKey(ctx context.Context, token string, k portal.NewAPIKey) (portal.CreatedAPIKey, error)
	RevokeAPIKey(ctx context.Context, token, keyID string) error
}

// Handlers answers for API keys.
type Handlers struct {
	kit  *web.Kit
	api  keys
	used web.Once
}

// New returns the handlers.
func New(kit *web.Kit, api keys) *Handlers { return &Handlers{kit: kit, api: api} }

// Register adds the routes. They need a signed-in user.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(home, h.kit.Handle(h.list))
	r.POST(home, h.kit.Handle(h.create))
	r.GET(home+"/new", h.kit.Handle(h.showNew))
	r.GET(home+"/:keyId/revoke", h.kit.Handle(h.askRevoke))
	r.POST(home+"/:keyId/revoke", h.kit.Handle(h.revoke))
}

func (h *Handlers) list(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	all, err := h.api.APIKeys(c.Request.Context(), user.Token)
	if err != nil {
		return err
	}
	table := newTable(h.kit.Printer(c), all)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.APIKeyTableFragment, &table)
	}
	page := views.APIKeyListPage{Base: h.kit.Base(c, "apikeys.list.title"), Table: table}
	return web.Page(h.kit, c, http.StatusOK, views.APIKeyList, &page)
}

func (h *Handlers) showNew(c *gin.Context) error {
	f := newForm(h.kit.Now())
	if kept, ok := web.Draft(c); ok {
		attempt := f.attempt
		f = bind(kept)
		f.attempt = attempt
	}
	if web.IsPartial(c) {
		view := formView(h.kit.Printer(c), f, nil, true)
		return web.Fragment(h.kit, c, http.StatusOK, views.APIKeyDialogFragment, &view)
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
	f := bind(values)
	if wrong := f.validate(); len(wrong) > 0 {
		return h.answerForm(c, http.StatusUnprocessableEntity, f, wrong, nil)
	}
	if !portal.ValidID("att", f.attempt) {
		return h.askAgain(c, f, &portal.Error{Code: portal.Invalid, Key: "apikeys.new.stale"})
	}
	attempt := user.ID + " " + f.attempt
	if !h.used.Claim(attempt, h.kit.Now()) {
		return h.askAgain(c, f, &portal.Error{Code: portal.Conflict, Key: "apikeys.new.again"})
	}
	created, err := h.api.CreateAPIKey(c.Request.Context(), user.Token, f.newKey(h.kit.Now()))
	if err != nil {
		h.used.Release(attempt)
		return h.answerRefusal(c, f, err)
	}
	h.kit.Record(c, portal.Event{
		Type: portal.EventAPIKeyCreated, Subject: "apikey/" + created.KeyID,
		Data: map[string]string{"name": created.Name, "last4": created.Last4, "scopes": scopes(created.Scopes)},
	})
	return h.answerCreated(c, user, created)
}

// scopes names them in one value.
func scopes(all []portal.Scope) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = string(s)
	}
	return strings.Join(names, " ")
}

// answerRefusal shows the platform's refusal in the form, with what was typed.
func (h *Handlers) answerRefusal(c *gin.Context, f form, err error) error {
	var e *portal.Error
	switch {
	case portal.CodeOf(err) == portal.Unauthenticated:
		return err
	case errors.As(err, &e) && len(e.Fields) > 0:
		return h.answerForm(c, web.StatusOf(err), f, e.Fields, nil)
	}
	alert := h.kit.Alert(c, err)
	return h.answerForm(c, web.StatusOf(err), f, nil, &alert)
}

// askAgain shows the form as a new attempt: submitting that, on purpose, makes a key.
func (h *Handlers) askAgain(c *gin.Context, f form, why *portal.Error) error {
	f.attempt = newForm(h.kit.Now()).attempt
	alert := h.kit.Alert(c, why)
	return h.answerForm(c, web.StatusOf(why), f, nil, &alert)
}

// answerForm shows the form: in its dialog for htmx, as a page otherwise.
func (h *Handlers) answerForm(c *gin.Context, status int, f form, wrong []portal.FieldError, alert *views.Alert) error {
	view := formView(h.kit.Printer(c), f, wrong, web.IsPartial(c))
	if alert != nil {
		view.Alert = alert
	}
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, status, views.APIKeyFormFragment, &view)
	}
	page := views.APIKeyNewPage{Base: h.base(c, "apikeys.new.title"), Form: view}
	return web.Page(h.kit, c, status, views.APIKeyNew, &page)
}

// answerCreated shows the raw key. This answer is the only place where it ever is: it isn't redirected to, kept or logged.
func (h *Handlers) answerCreated(c *gin.Context, user *auth.User, k portal.CreatedAPIKey) error {
	c.Header("Cache-Control", "no-store")
	p := h.kit.Printer(c)
	view := createdView(p, k)
	if !web.IsPartial(c) {
		page := views.APIKeyCreatedPage{Base: h.base(c, "apikeys.created.title"), Created: view}
		return web.Page(h.kit, c, http.StatusOK, views.APIKeyMade, &page)
	}
	table := h.refreshed(c, user)
	view.Dialog, view.Table = true, &table
	return web.Fragment(h.kit, c, http.StatusOK, views.APIKeyMadeFragment, &view)
}

// refreshed is the list as it is now, for swapping in beside another answer. That it can't be read mustn't cost the
// answer: the list then says so in its own place.
func (h *Handlers) refreshed(c *gin.Context, user *auth.User) views.APIKeyTable {
	all, err := h.api.APIKeys(c.Request.Context(), user.Token)
	table := newTable(h.kit.Printer(c), all)
	if err != nil {
		alert := h.kit.Alert(c, err)
		alert.Focus, alert.Retry = false, home
		table = views.APIKeyTable{Alert: &alert}
	}
	table.OutOfBand = true
	return table
}

// base is the frame of a page below the list.
func (h *Handlers) base(c *gin.Context, titleKey string) views.Base {
	b := h.kit.Base(c, titleKey)
	b.Breadcrumb = []views.Link{{Label: h.kit.Printer(c).T("apikeys.list.title"), URL: home}}
	return b
}
