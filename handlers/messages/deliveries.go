package messages

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	// freshFor is how long a message is young: its webhooks are likely to be told more.
	freshFor = 2 * time.Minute
	// soon is a next try that is worth waiting for.
	soon = time.Minute
)

// told is what webhooks were told of m, for its page; nil when the platform knows of no webhooks.
func (h *Handlers) told(c *gin.Context, user *auth.User, m portal.Message) (*views.MessageDeliveries, error) {
	all, err := h.api.MessageDeliveries(c.Request.Context(), user.Token, m.MessageID)
	switch portal.CodeOf(err) {
	case "":
		view := deliveriesView(h.kit.Printer(c), m.MessageID, all, m.SubmittedAt.Add(freshFor).Unix())
		return &view, nil
	case portal.Unauthenticated:
		return nil, err
	case portal.NotFound:
		return nil, nil //nolint:nilnil // a section that is not there is no error
	}
	h.kit.Log.WarnContext(c, "deliveries of a message not read", "request_id", web.RequestID(c.Request.Context()), "err", err)
	alert := h.kit.Alert(c, err)
	alert.Focus = false
	return &views.MessageDeliveries{Alert: &alert}, nil
}

// deliveries is the fragment that follows what webhooks are told. The page says in the address what it shows already; when
// that is still so the answer is empty.
func (h *Handlers) deliveries(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	id := c.Param("messageId")
	if !portal.ValidID("msg", id) {
		return notFound(nil)
	}
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"/"+id)
	}
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	all, err := h.api.MessageDeliveries(c.Request.Context(), user.Token, id)
	switch code := portal.CodeOf(err); {
	case code == portal.Unavailable || code == portal.RateLimited:
		c.Status(http.StatusNoContent)
		return nil
	case err != nil:
		return err
	}
	p := h.kit.Printer(c)
	until, _ := strconv.ParseInt(query.Get("until"), 10, 64) // anything odd is past
	view := deliveriesView(p, id, all, min(until, p.Now.Add(freshFor).Unix()))
	if view.PollURL != "" && query.Get("seen") == stateOf(all) {
		c.Status(http.StatusNoContent)
		return nil
	}
	return web.Fragment(h.kit, c, http.StatusOK, views.MessageDeliveriesFragment, &view)
}

// deliveriesView words deliveries. It asks for itself again until a time in Unix seconds, and while a next try is near.
func deliveriesView(p *locales.Printer, messageID string, all []portal.WebhookDelivery, until int64) views.MessageDeliveries {
	view := views.MessageDeliveries{None: len(all) == 0}
	more := p.Now.Unix() < until
	for _, d := range all {
		row := views.MessageDelivery{
			Event: string(d.Event), URL: d.URL, Path: "/webhooks/" + d.WebhookID, State: views.NewDeliveryBadge(p.Locale, d.State),
			Attempts: p.T("messages.webhooks.attempts", "n", d.Attempts),
		}
		if d.State == "waiting" {
			row.Next = p.T("webhooks.attempt.next_now")
			if d.NextAt != nil && d.NextAt.After(p.Now) {
				row.Next = p.T("webhooks.attempt.next", "when", p.Ago(*d.NextAt))
			}
			more = more || d.NextAt != nil && d.NextAt.Sub(p.Now) < soon
		}
		view.Rows = append(view.Rows, row)
	}
	if more {
		view.PollURL = fmt.Sprintf("%s/%s/deliveries?until=%d&seen=%s", home, messageID, until, stateOf(all))
	}
	return view
}

// stateOf is what a page shows of deliveries, in short: the attempts of each and how it stands.
func stateOf(all []portal.WebhookDelivery) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintf(&b, "%d%.1s", d.Attempts, d.State)
	}
	return b.String()
}
