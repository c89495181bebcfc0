// Package sendtest is /send-test: one SMS by hand, how it will travel, and what became of it.
package sendtest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const home = "/send-test"

// lookWait bounds a look-up of the last sender or of prices: a convenience must not hold up the page.
const lookWait = time.Second

// perPerson is how often somebody may send by hand; programs use the API, which has limits of its own.
var perPerson = web.Rate{PerSecond: 1, Burst: 30}

// messages is what this page needs of the platform.
type messages interface {
	SendMessage(ctx context.Context, token, idempotencyKey string, m portal.NewMessage) (portal.AcceptedMessage, error)
	Message(ctx context.Context, token, messageID string) (portal.Message, error)
	Messages(ctx context.Context, token string, f portal.MessageFilter) (portal.MessagePage, error)
	Prices(ctx context.Context, token string) (portal.Prices, error)
}

// Handlers answers for the test sender.
type Handlers struct {
	kit    *web.Kit
	api    messages
	apiURL string
}

// New returns the handlers. apiURL is the origin at which customers reach the API.
func New(kit *web.Kit, api messages, apiURL string) *Handlers {
	return &Handlers{kit: kit, api: api, apiURL: apiURL}
}

// Register adds the routes. They need a signed-in user.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(home, h.kit.Handle(h.show))
	r.POST(home, h.kit.PerUser(perPerson), h.kit.Handle(h.send))
	r.POST(home+"/preview", h.kit.Handle(h.preview))
}

// show is the empty form; with ?sent=<messageId> also what came of the message just sent without JavaScript.
func (h *Handlers) show(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	f, sent := newForm(h.kit.Now()), (*views.SendTestResult)(nil)
	if id := query.Get("sent"); id != "" {
		m, err := h.sentMessage(c, user, id)
		if err != nil {
			return err
		}
		sent = resultView(h.kit.Printer(c), m)
		f.from = m.From
	}
	if kept, ok := web.Draft(c); ok {
		f = bind(kept, h.kit.Now())
	}
	if f.from == "" {
		f.from = h.recentSender(c, user)
	}
	return h.answer(c, http.StatusOK, panelView(h.kit.Printer(c), f, nil, h.apiURL, h.prices(c, user)), sent)
}

func (h *Handlers) send(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	f := bind(values, h.kit.Now())
	if wrong := f.validate(); len(wrong) > 0 {
		return h.answer(c, http.StatusUnprocessableEntity, panelView(h.kit.Printer(c), f, wrong, h.apiURL, h.prices(c, user)), nil)
	}
	m := f.message()
	accepted, err := h.api.SendMessage(c.Request.Context(), user.Token, f.idempotencyKey(m), m)
	if err != nil {
		return h.answerRefusal(c, user, f, err)
	}
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"?sent="+url.QueryEscape(accepted.MessageID))
	}
	p, next := h.kit.Printer(c), newForm(h.kit.Now())
	next.from = f.from // the next test is usually from the same sender
	sent := resultView(p, portal.Message{MessageID: accepted.MessageID, Status: accepted.Status})
	return h.answer(c, http.StatusOK, panelView(p, next, nil, h.apiURL, h.prices(c, user)), sent)
}

// answerRefusal shows why the platform did not take the message, with what was typed. The attempt stays the same: when
// the platform had taken it after all, sending again sends nothing twice.
func (h *Handlers) answerRefusal(c *gin.Context, user *auth.User, f form, err error) error {
	if portal.CodeOf(err) == portal.Unauthenticated {
		return err
	}
	var e *portal.Error
	var wrong []portal.FieldError
	if errors.As(err, &e) {
		wrong = e.Fields
	}
	view := panelView(h.kit.Printer(c), f, wrong, h.apiURL, h.prices(c, user))
	if view.Alert == nil {
		alert := h.kit.Alert(c, err)
		view.Alert = &alert
	} else if e != nil {
		view.Alert.Detail = e.Detail
	}
	return h.answer(c, web.StatusOf(err), view, nil)
}

// preview says how the text would travel. With "replace" it also puts plain characters in the place of those that force
// UCS-2, and answers with the whole form.
func (h *Handlers) preview(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	f := bind(values, h.kit.Now())
	replace := values.Get(inputReplace)
	if replace != "" {
		f.body = replaced(f.body, replace)
	}
	view := panelView(h.kit.Printer(c), f, nil, h.apiURL, h.prices(c, user))
	if web.IsPartial(c) && replace == "" {
		view.Preview.Call.OutOfBand = true
		return web.Fragment(h.kit, c, http.StatusOK, views.SendTestPreviewFragment, &view.Preview)
	}
	view.Body.Autofocus = replace != ""
	return h.answer(c, http.StatusOK, view, nil)
}

func (h *Handlers) answer(c *gin.Context, status int, panel views.SendTestPanel, sent *views.SendTestResult) error {
	panel.Result = sent
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, status, views.SendTestPanelFragment, &panel)
	}
	page := views.SendTestPage{Base: h.kit.Base(c, "sendtest.form.title"), Panel: panel}
	return web.Page(h.kit, c, status, views.SendTest, &page)
}

// prices reads what a segment costs. Without them the preview leaves the cost out.
func (h *Handlers) prices(c *gin.Context, user *auth.User) portal.Prices {
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookWait)
	defer cancel()
	prices, err := h.api.Prices(ctx, user.Token)
	if err != nil {
		_ = c.Error(err)
	}
	return prices
}

// sentMessage reads the message of ?sent=. One that can't be read just now is shown without its status.
func (h *Handlers) sentMessage(c *gin.Context, user *auth.User, id string) (portal.Message, error) {
	if !portal.ValidID("msg", id) {
		return portal.Message{}, portal.Fail(portal.NotFound, nil)
	}
	m, err := h.api.Message(c.Request.Context(), user.Token, id)
	switch portal.CodeOf(err) {
	case "", portal.NotFound, portal.Unauthenticated, portal.Forbidden:
		return m, err
	}
	return portal.Message{MessageID: id}, nil
}

// recentSender is the sender of the tenant's latest message, "" when that isn't known quickly.
func (h *Handlers) recentSender(c *gin.Context, user *auth.User) string {
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookWait)
	defer cancel()
	latest, err := h.api.Messages(ctx, user.Token, portal.MessageFilter{Limit: 1})
	if err != nil || len(latest.Items) == 0 {
		return "" // the field stays empty; sending will say what is wrong
	}
	return latest.Items[0].From
}
