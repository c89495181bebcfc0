// Package settings is /settings, and the switches of language and theme in the frame of every page.
package settings

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// profiles keeps a person's choices.
type profiles interface {
	Profile(ctx context.Context, tenantID, userID string) (portal.Profile, error)
	SaveProfile(ctx context.Context, tenantID, userID string, p portal.Profile) error
}

// sessions are a person's own sign-ins, at the platform.
type sessions interface {
	Sessions(ctx context.Context, token string) ([]portal.Session, error)
	EndSession(ctx context.Context, token, sessionID string) error
	EndSessions(ctx context.Context, token string, exceptCurrent bool) error
}

// Handlers serve the settings.
type Handlers struct {
	kit      *web.Kit
	profiles profiles
	api      sessions
}

// New returns the handlers.
func New(kit *web.Kit, p profiles, api sessions) *Handlers {
	return &Handlers{kit: kit, profiles: p, api: api}
}

// Register adds the page, for people who are signed in.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET("/settings", h.kit.Handle(h.show))
	r.POST("/settings", h.kit.Handle(h.update))
	r.GET("/settings/sessions/end", h.kit.Handle(h.askEndAll))
	r.POST("/settings/sessions/end", h.kit.Handle(h.endAll))
	r.POST("/settings/sessions/:sessionId/end", h.kit.Handle(h.endOne))
}

// RegisterPublic adds the switches of language and theme, which work on the sign-in page too.
func (h *Handlers) RegisterPublic(r gin.IRoutes) {
	r.POST("/preferences", h.kit.Handle(h.prefer))
}

// show handles GET /settings.
func (h *Handlers) show(c *gin.Context) error {
	u := auth.UserFrom(c.Request.Context())
	p, err := h.profiles.Profile(c.Request.Context(), u.TenantID, u.ID)
	if err != nil {
		return err
	}
	if kept, ok := web.Draft(c); ok {
		if typed, err := bind(kept); err == nil {
			p = typed
		}
	}
	data := newPage(h.kit.Base(c, "settings.show.title"), h.kit.Printer(c), p)
	if data.Sessions, err = h.sessionList(c, u); err != nil {
		return err
	}
	return web.Page(h.kit, c, http.StatusOK, views.Settings, &data)
}

// update handles POST /settings.
func (h *Handlers) update(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	p, err := bind(form)
	if err != nil {
		return err
	}
	u := auth.UserFrom(c.Request.Context())
	if err := h.profiles.SaveProfile(c.Request.Context(), u.TenantID, u.ID, p); err != nil {
		return err
	}
	h.kit.ApplyProfile(c, p)
	if p.Theme == "" {
		web.SetPreference(c, web.CookieTheme, "system")
	}
	h.kit.Toast(c, h.kit.Locale(c).T("settings.show.saved"))
	return web.SeeOther(c, "/settings")
}

// prefer handles POST /preferences: one choice, kept in its cookie and in the profile of who is signed in, and back to
// the page it was made on.
func (h *Handlers) prefer(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	back := auth.SafePath(form.Get("return_to"))
	change, err := preference(form)
	if err != nil {
		return err
	}
	if u := auth.UserFrom(c.Request.Context()); u != nil {
		p, err := h.profiles.Profile(c.Request.Context(), u.TenantID, u.ID)
		if err == nil {
			err = h.profiles.SaveProfile(c.Request.Context(), u.TenantID, u.ID, change.apply(p))
		}
		if err != nil { // the cookie still carries the choice on this device
			h.kit.Log.WarnContext(c, "keep preference", "request_id", web.RequestID(c.Request.Context()), "err", err)
		}
	}
	web.SetPreference(c, change.cookie, change.value)
	c.Header("Location", back)
	c.Status(http.StatusSeeOther)
	c.Writer.WriteHeaderNow()
	return nil
}
