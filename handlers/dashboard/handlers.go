// Package dashboard is the first page after sign-in: what today's traffic did, and what needs attention.
package dashboard

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	days   = 30              // of the chart and of the causes of failure
	latest = 5               // messages
	wait   = 5 * time.Second // for the platform; what has not come by then is shown as missing
)

// reader is what this page needs of the platform.
type reader interface {
	MessageStats(ctx context.Context, token string, days int) (portal.MessageStats, error)
	Messages(ctx context.Context, token string, f portal.MessageFilter) (portal.MessagePage, error)
	APIKeys(ctx context.Context, token string) ([]portal.APIKey, error)
	Usage(ctx context.Context, token, month string) (portal.Usage, error)
	Webhooks(ctx context.Context, token string) ([]portal.Webhook, error)
}

// Handlers answers for the dashboard.
type Handlers struct {
	kit    *web.Kit
	api    reader
	apiURL string
	survey func(*gin.Context) *views.NPSSurvey // nil = none
}

// New returns the handlers. apiURL is the origin at which customers reach the API, for the example of an empty log.
func New(kit *web.Kit, api reader, apiURL string) *Handlers {
	return &Handlers{kit: kit, api: api, apiURL: apiURL}
}

// WithSurvey shows what survey returns, nil for nothing, under everything else.
func (h *Handlers) WithSurvey(survey func(*gin.Context) *views.NPSSurvey) *Handlers {
	h.survey = survey
	return h
}

// Register adds the route. It needs a signed-in user.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET("/dashboard", h.kit.Handle(h.show))
}

func (h *Handlers) show(c *gin.Context) error {
	user := auth.UserFrom(c.Request.Context())
	if user == nil {
		return portal.Fail(portal.Unauthenticated, nil)
	}
	f := h.facts(c.Request.Context(), user.Token)
	if err := f.fatal(); err != nil {
		return err
	}
	page := newPage(h.kit.Printer(c), f, h.apiURL)
	page.Base = h.kit.Base(c, "dashboard.home.title")
	if f.statsErr != nil {
		page.StatsAlert = h.alert(c, f.statsErr, "dashboard.traffic.down.title")
	}
	if f.usageErr != nil { // the balance is missing; today's spend stands in its place
		h.kit.Log.WarnContext(c, "balance not read", "request_id", web.RequestID(c.Request.Context()), "err", f.usageErr)
	}
	if f.latestErr != nil {
		page.LatestAlert = h.alert(c, f.latestErr, "dashboard.latest.down.title")
	}
	if h.survey != nil && page.Steps == nil { // who has not sent anything has no opinion yet
		page.Survey = h.survey(c)
	}
	return web.Page(h.kit, c, http.StatusOK, views.Dashboard, &page)
}

// alert words a part that could not be read, where the part would be.
func (h *Handlers) alert(c *gin.Context, err error, titleKey string) *views.Alert {
	h.kit.Log.WarnContext(c, "part of the dashboard not read", "part", titleKey, "request_id", web.RequestID(c.Request.Context()), "err", err)
	a := h.kit.Alert(c, err)
	a.Title, a.Focus = h.kit.Locale(c).T(titleKey), false
	return &a
}

// facts is what the platform told, each part with its own failure.
type facts struct {
	stats     portal.MessageStats
	statsErr  error
	latest    portal.MessagePage
	latestErr error
	usage     portal.Usage // of this month, with the balance
	usageErr  error
	hooks     []portal.Webhook // none when they could not be read: their own page says so
	hasKey    bool             // known only while nothing has been delivered
}

// facts asks the platform for everything at once.
func (h *Handlers) facts(ctx context.Context, token string) facts {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var f facts
	var group sync.WaitGroup
	group.Go(func() {
		f.stats, f.statsErr = h.api.MessageStats(ctx, token, days)
		if f.statsErr != nil || f.stats.Any {
			return
		}
		keys, err := h.api.APIKeys(ctx, token) // only the checklist wants to know
		f.hasKey = err == nil && len(keys) > 0
	})
	group.Go(func() {
		f.latest, f.latestErr = h.api.Messages(ctx, token, portal.MessageFilter{Limit: latest})
	})
	group.Go(func() { f.usage, f.usageErr = h.api.Usage(ctx, token, "") })
	group.Go(func() {
		hooks, err := h.api.Webhooks(ctx, token)
		if err != nil {
			h.kit.Log.WarnContext(ctx, "webhooks not read", "request_id", web.RequestID(ctx), "err", err)
			return
		}
		f.hooks = hooks
	})
	group.Wait()
	return f
}

// fatal is the error that leaves no page to show: the session has ended, nothing may be read, or nothing could be.
func (f facts) fatal() error {
	if portal.CodeOf(f.usageErr) == portal.Unauthenticated {
		return f.usageErr
	}
	for _, err := range []error{f.statsErr, f.latestErr} {
		switch portal.CodeOf(err) {
		case portal.Unauthenticated, portal.Forbidden:
			return err
		}
		if errors.Is(err, context.Canceled) {
			return err
		}
	}
	if f.statsErr != nil && f.latestErr != nil {
		return f.statsErr
	}
	return nil
}
