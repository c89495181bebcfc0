package settings

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	endAllURL = "/settings/sessions/end"
	listURL   = "/settings#sessions"
)

// sessionList is where u is signed in. That it can't be told mustn't cost the page: the list then says so itself.
func (h *Handlers) sessionList(c *gin.Context, u *auth.User) (views.SessionList, error) {
	all, err := h.api.Sessions(c.Request.Context(), u.Token)
	if portal.CodeOf(err) == portal.Unauthenticated {
		return views.SessionList{}, err
	}
	if err != nil {
		_ = c.Error(err) // for the request's log line
		alert := h.kit.Alert(c, err)
		alert.Focus = false
		return views.SessionList{Alert: &alert}, nil
	}
	return newSessionList(h.kit.Printer(c), all), nil
}

func newSessionList(p *locales.Printer, all []portal.Session) views.SessionList {
	list := views.SessionList{Rows: make([]views.SessionRow, len(all))}
	for i, s := range all {
		d := parseDevice(s.UserAgent)
		list.Rows[i] = views.SessionRow{
			Device: d.label(p), Icon: d.icon(), IP: s.IP, Current: s.Current,
			Since: views.NewTime(p, s.CreatedAt), Used: views.NewTime(p, s.LastUsedAt),
			EndURL: "/settings/sessions/" + s.SessionID + "/end",
		}
		if s.Current {
			list.Rows[i].EndURL = "/api/auth/logout" // it also clears this browser
		}
	}
	if len(all) > 0 {
		list.EndAll = endAllURL
	}
	return list
}

// endOne handles POST /settings/sessions/{sessionId}/end.
func (h *Handlers) endOne(c *gin.Context) error {
	u := auth.UserFrom(c.Request.Context())
	said := "settings.sessions.ended"
	switch err := h.api.EndSession(c.Request.Context(), u.Token, c.Param("sessionId")); {
	case portal.CodeOf(err) == portal.NotFound:
		said = "settings.sessions.gone"
	case err != nil:
		return err
	}
	h.kit.Toast(c, h.kit.Locale(c).T(said))
	return web.SeeOther(c, listURL)
}

// askEndAll handles GET /settings/sessions/end: a dialog for htmx, a page otherwise.
func (h *Handlers) askEndAll(c *gin.Context) error {
	if web.IsPartial(c) {
		view := newEnd(h.kit.Printer(c))
		view.Dialog = true
		return web.Fragment(h.kit, c, http.StatusOK, views.SessionsOutFragment, &view)
	}
	return h.answerEndAll(c, http.StatusOK, nil)
}

func newEnd(p *locales.Printer) views.SessionsEnd {
	return views.SessionsEnd{Stay: views.Choices{
		Name: "stay", Items: []views.Choice{{Value: "1", Label: p.T("settings.end.stay"), Checked: true}},
	}}
}

func (h *Handlers) answerEndAll(c *gin.Context, status int, alert *views.Alert) error {
	page := views.SessionsEndPage{Base: h.kit.Base(c, "settings.end.title"), End: newEnd(h.kit.Printer(c))}
	page.Breadcrumb = []views.Link{{Label: h.kit.Locale(c).T("settings.show.title"), URL: "/settings"}}
	page.End.Alert = alert
	return web.Page(h.kit, c, status, views.SessionsOut, &page)
}

// endAll handles POST /settings/sessions/end.
func (h *Handlers) endAll(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	u := auth.UserFrom(c.Request.Context())
	stay := form.Get("stay") != ""
	switch err := h.api.EndSessions(c.Request.Context(), u.Token, stay); {
	case portal.CodeOf(err) == portal.Unauthenticated:
		return err
	case err != nil:
		_ = c.Error(err) // for the request's log line
		alert := h.kit.Alert(c, err)
		return h.answerEndAll(c, web.StatusOf(err), &alert)
	}
	if !stay {
		web.EndSession(c)
		c.Header("Clear-Site-Data", `"cache", "storage"`)
		return web.SeeOther(c, auth.LoginURL(auth.ReasonSignedOut, ""))
	}
	h.kit.Toast(c, h.kit.Locale(c).T("settings.sessions.all_ended"))
	return web.SeeOther(c, listURL)
}
