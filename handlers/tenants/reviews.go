package tenants

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// offered is how many quarters the form offers, the one under way included.
const offered = 5

// reviews is the list alone, for who waits for an export. Without htmx it is the tenant's page.
func (h *Handlers) reviews(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"/"+t.TenantID)
	}
	return h.answerReviews(c, http.StatusOK, actor(user), t.TenantID, nil)
}

func (h *Handlers) answerReviews(c *gin.Context, status int, by portal.Actor, tenantID string, alert *views.Alert) error {
	list, err := h.Reviews.List(c.Request.Context(), tenantID)
	if err != nil {
		return err
	}
	view := builder{p: h.kit.Printer(c), by: by}.reviews(tenantID, list)
	view.Alert = alert
	return web.Fragment(h.kit, c, status, views.ReviewsFragment, &view)
}

func (h *Handlers) export(c *gin.Context) error {
	user, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	_, err = h.Reviews.Export(c.Request.Context(), actor(user), t.TenantID, form.Get("period"), form.Get("locale"))
	if err != nil && !web.IsPartial(c) {
		return err
	}
	if err != nil {
		alert := h.kit.Alert(c, err)
		return h.answerReviews(c, web.StatusOf(err), actor(user), t.TenantID, &alert)
	}
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"/"+t.TenantID)
	}
	return h.answerReviews(c, http.StatusOK, actor(user), t.TenantID, nil)
}

// open leads to the document by a link that has just been made.
func (h *Handlers) open(c *gin.Context) error {
	_, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	q, err := h.Reviews.Get(c.Request.Context(), t.TenantID, c.Param("qbrId"))
	if err != nil {
		return err
	}
	link, err := h.Reviews.Link(c.Request.Context(), q, fmt.Sprintf("%s %s (%s).pdf", t.Name, q.Period, q.Locale))
	if err != nil {
		return err
	}
	if link.URL == "" {
		return portal.Fail(portal.Unavailable, errors.New("the object store gave no link"))
	}
	c.Header("Cache-Control", "no-store")
	return web.SeeOther(c, link.URL)
}

// reviews is the form and the exports.
func (b builder) reviews(tenantID string, list []portal.QBR) views.ReviewList {
	at := home + "/" + tenantID + "/reviews"
	v := views.ReviewList{
		Action: at, Empty: b.p.T("tenants.reviews.none"),
		Period: views.Choices{Name: "period", Label: b.p.T("tenants.reviews.period"), Single: true},
		Locale: views.Choices{Name: "locale", Label: b.p.T("tenants.reviews.language"), Single: true},
	}
	for i, quarter := range quarters(b.p.Now) {
		v.Period.Items = append(v.Period.Items, views.Choice{Value: quarter, Label: b.quarter(quarter), Checked: i == 1})
	}
	for _, tag := range locales.Tags {
		v.Locale.Items = append(v.Locale.Items, views.Choice{Value: tag, Label: languageName(tag), Checked: tag == b.p.Tag})
	}
	for _, q := range list {
		row := views.ReviewRow{
			ID: q.QBRID, Period: b.quarter(q.Period), Language: string(languageName(q.Locale)), By: q.By.Name, At: instant(b.p, q.CreatedAt),
			State: views.Badge{Kind: stateKinds[q.State], Label: b.p.T("tenants.reviews." + string(q.State))},
		}
		if !q.State.Ended() {
			row.UnderWay, row.Progress, row.Percent = true, q.Progress, b.p.Percent(float64(q.Progress)/100)
			v.Polling = at
		}
		if q.State == portal.QBRDone {
			row.URL = at + "/" + q.QBRID
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

var stateKinds = map[portal.QBRState]string{
	portal.QBRQueued: "queued", portal.QBRRunning: "sent", portal.QBRDone: "delivered", portal.QBRFailed: "failed",
}

// quarters lists the quarter under way and those before it.
func quarters(now time.Time) []string {
	out := make([]string, 0, offered)
	start, _, _ := portal.Quarter(portal.QuarterOf(now)) // it has just been written
	for range offered {
		out = append(out, portal.QuarterOf(start))
		start = start.AddDate(0, -3, 0)
	}
	return out
}

// quarter names a quarter: its number in the Gregorian year, which is how it is asked for.
func (b builder) quarter(s string) locales.Text {
	start, _, ok := portal.Quarter(s)
	if !ok {
		return locales.Verbatim(s)
	}
	return b.p.T("tenants.reviews.quarter", "q", 1+(int(start.Month())-1)/3, "year", start.Year())
}

// languageName is a language in its own words.
func languageName(tag string) locales.Text {
	names := []string{"English", "دری", "پښتو", "العربية"}
	if i := slices.Index(locales.Tags, tag); i >= 0 && i < len(names) {
		return locales.Verbatim(names[i])
	}
	return locales.Verbatim(tag)
}
