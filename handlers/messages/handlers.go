// Package messages is the message log: the list with its filters, one message whole, and the status that follows a
// message on its way.
package messages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	home     = "/messages"
	pageSize = 50
)

// reader is what this feature needs of the platform.
type reader interface {
	Messages(ctx context.Context, token string, f portal.MessageFilter) (portal.MessagePage, error)
	Message(ctx context.Context, token, messageID string) (portal.Message, error)
	MessageDeliveries(ctx context.Context, token, messageID string) ([]portal.WebhookDelivery, error)
}

// Handlers answers for the log.
type Handlers struct {
	kit    *web.Kit
	api    reader
	apiURL string
}

// New returns the handlers. apiURL is the origin at which customers reach the API, for the example of an empty log.
func New(kit *web.Kit, api reader, apiURL string) *Handlers {
	return &Handlers{kit: kit, api: api, apiURL: apiURL}
}

// Register adds the routes. They need a signed-in user.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(home, h.kit.Handle(h.list))
	r.GET(home+".csv", h.kit.Handle(h.export))
	r.GET(home+"/:messageId", h.kit.Handle(h.show))
	r.GET(home+"/:messageId/status", h.kit.Handle(h.status))
	r.GET(home+"/:messageId/deliveries", h.kit.Handle(h.deliveries))
}

// list is the log: a page, the region that a filter swaps, or the next rows.
func (h *Handlers) list(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	if typed := strings.TrimSpace(query.Get(inputSearch)); typed != "" {
		return h.search(c, typed)
	}
	f, wrong := parseFilter(query)
	if len(wrong) > 0 {
		return h.refuse(c, query, f, wrong)
	}
	page, err := h.api.Messages(c.Request.Context(), user.Token, f.api())
	if wrong := wrongFields(err); len(wrong) > 0 {
		return h.refuse(c, query, f, wrong)
	}
	if err != nil {
		return err
	}
	b := listBuilder{p: h.kit.Printer(c), filter: f, apiURL: h.apiURL, partial: web.IsPartial(c)}
	if b.partial && f.cursor != "" {
		more := b.more(page)
		return web.Fragment(h.kit, c, http.StatusOK, views.MessageMoreFragment, &more)
	}
	if b.partial {
		c.Header("HX-Push-Url", f.url())
	}
	return h.answer(c, http.StatusOK, b.view(page))
}

// refuse shows a filter that can't be used, with what was typed and what is wrong with it, and no rows.
func (h *Handlers) refuse(c *gin.Context, query url.Values, f filter, wrong []portal.FieldError) error {
	b := listBuilder{p: h.kit.Printer(c), filter: f, typed: query, wrong: wrong, partial: web.IsPartial(c)}
	if b.partial && query.Get(inputCursor) != "" {
		more := b.stale()
		return web.Fragment(h.kit, c, http.StatusUnprocessableEntity, views.MessageMoreFragment, &more)
	}
	return h.answer(c, http.StatusUnprocessableEntity, b.refused())
}

// search follows the search field of the frame: a message's id leads to it, a number or a sender to the log narrowed to it.
func (h *Handlers) search(c *gin.Context, typed string) error {
	if id := strings.ToLower(typed); portal.ValidID("msg", id) {
		return web.SeeOther(c, home+"/"+id)
	}
	if number, ok := numberPrefix(typed); ok {
		return web.SeeOther(c, filter{to: number}.url())
	}
	if senderPrefix(typed) {
		return web.SeeOther(c, filter{from: typed}.url())
	}
	return h.refuse(c, url.Values{inputFrom: {typed}}, filter{},
		[]portal.FieldError{{Field: inputFrom, Key: "messages.filter.error.search"}})
}

func (h *Handlers) answer(c *gin.Context, status int, list views.MessageListView) error {
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, status, views.MessageListFragment, &list)
	}
	page := views.MessageListPage{Base: h.kit.Base(c, "messages.list.title"), List: list}
	return web.Page(h.kit, c, status, views.MessageList, &page)
}

// show is one message whole.
func (h *Handlers) show(c *gin.Context) error {
	m, err := h.message(c)
	if err != nil {
		return err
	}
	user, err := web.User(c)
	if err != nil {
		return err
	}
	told, err := h.told(c, user, m)
	if err != nil {
		return err
	}
	page := showPage(h.kit.Base(c, "messages.show.title"), h.kit.Printer(c), m, backFilter(c))
	page.Webhooks = told
	return web.Page(h.kit, c, http.StatusOK, views.MessageShow, &page)
}

// status is the fragment that follows a message. It tells in its address what the page shows already; when that is still so
// the answer is empty, and nothing on the page moves.
func (h *Handlers) status(c *gin.Context) error {
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"/"+url.PathEscape(c.Param("messageId")))
	}
	m, err := h.message(c)
	seen := parseSeen(c.Request.URL.Query())
	switch code := portal.CodeOf(err); {
	case seen.status != "" && (code == portal.Unavailable || code == portal.RateLimited):
		h.kit.Log.WarnContext(c, "message status not read; the page asks again", "err", err)
		c.Status(http.StatusNoContent)
		return nil
	case err != nil:
		return err
	}
	p := h.kit.Printer(c)
	if seen.still(m, p.Now) {
		c.Status(http.StatusNoContent)
		return nil
	}
	view := statusView(p, m, seen)
	return web.Fragment(h.kit, c, http.StatusOK, views.MessageStatusFragment, &view)
}

// message reads the message that the path names. An id that can't be one is not asked for.
func (h *Handlers) message(c *gin.Context) (portal.Message, error) {
	user, err := web.User(c)
	if err != nil {
		return portal.Message{}, err
	}
	id := c.Param("messageId")
	if !portal.ValidID("msg", id) {
		return portal.Message{}, notFound(nil)
	}
	m, err := h.api.Message(c.Request.Context(), user.Token, id)
	if portal.CodeOf(err) == portal.NotFound {
		return m, notFound(err)
	}
	return m, err
}

func notFound(cause error) error {
	return &portal.Error{Code: portal.NotFound, Key: "messages.show.not_found", Err: cause}
}

// backFilter is the log as it was left: told by the link that led here, else by the browser.
func backFilter(c *gin.Context) filter {
	raw := c.Query("back")
	if raw == "" {
		u, err := url.Parse(c.GetHeader("Referer"))
		if err != nil || u.Host != c.Request.Host || u.Path != home {
			return filter{}
		}
		raw = u.RawQuery
	}
	if len(raw) > web.MaxQuery {
		return filter{}
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return filter{}
	}
	f, wrong := parseFilter(query)
	if len(wrong) > 0 {
		return filter{}
	}
	return f
}

// wrongFields are the filters that the platform did not take, by the names they have here.
func wrongFields(err error) []portal.FieldError {
	var e *portal.Error
	if !errors.As(err, &e) || e.Code != portal.Invalid {
		return nil
	}
	names := map[string]string{"submittedAfter": inputAfter, "submittedBefore": inputBefore}
	var wrong []portal.FieldError
	for _, f := range e.Fields {
		if here, ok := names[f.Field]; ok {
			f.Field = here
		}
		wrong = append(wrong, f)
	}
	return wrong
}
