// Package nps asks customers one question a quarter: how likely they are to recommend us.
package nps

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/views"
)

// answers keeps who has been asked.
type answers interface {
	NPSDue(ctx context.Context, tenantID, userID string) (bool, error)
	AnswerNPS(ctx context.Context, tenantID, userID string, score int, comment string) error
	DismissNPS(ctx context.Context, tenantID, userID string) error
}

const (
	route = "/nps"
	home  = "/dashboard"
)

// Handlers serve the survey.
type Handlers struct {
	kit     *web.Kit
	answers answers
}

// New returns the handlers.
func New(kit *web.Kit, a answers) *Handlers { return &Handlers{kit: kit, answers: a} }

// Register adds the routes, for customers.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(route, h.kit.Handle(h.show))
	r.POST(route, h.kit.Handle(h.answer))
	r.POST(route+"/dismiss", h.kit.Handle(h.dismiss))
}

// Card is the survey for another page, nil when the person has been asked this quarter. It never fails that page.
func (h *Handlers) Card(c *gin.Context) *views.NPSSurvey {
	u := auth.UserFrom(c.Request.Context())
	if u == nil {
		return nil
	}
	due, err := h.answers.NPSDue(c.Request.Context(), u.TenantID, u.ID)
	if err != nil {
		h.kit.Log.WarnContext(c, "survey not read", "request_id", web.RequestID(c.Request.Context()), "err", err)
	}
	if err != nil || !due {
		return nil
	}
	survey := newSurvey(h.kit.Printer(c), form{score: noScore}, nil)
	return &survey
}

// show handles GET /nps.
func (h *Handlers) show(c *gin.Context) error {
	u, err := web.User(c)
	if err != nil {
		return err
	}
	due, err := h.answers.NPSDue(c.Request.Context(), u.TenantID, u.ID)
	if err != nil {
		return err
	}
	survey := newSurvey(h.kit.Printer(c), form{score: noScore}, nil)
	if !due {
		survey = thanks(h.kit.Printer(c))
	}
	return h.page(c, http.StatusOK, survey)
}

// answer handles POST /nps.
func (h *Handlers) answer(c *gin.Context) error {
	u, err := web.User(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	p, f := h.kit.Printer(c), bind(values)
	if wrong := f.validate(); len(wrong) > 0 {
		survey := newSurvey(p, f, wrong)
		if web.IsPartial(c) {
			return web.Fragment(h.kit, c, http.StatusUnprocessableEntity, views.NPSFragment, &survey)
		}
		return h.page(c, http.StatusUnprocessableEntity, survey)
	}
	if err := h.answers.AnswerNPS(c.Request.Context(), u.TenantID, u.ID, f.score, f.comment); err != nil {
		return err
	}
	if !web.IsPartial(c) {
		h.kit.Toast(c, p.T("nps.thanks.title"))
		return web.SeeOther(c, home)
	}
	survey := thanks(p)
	return web.Fragment(h.kit, c, http.StatusOK, views.NPSFragment, &survey)
}

// dismiss handles POST /nps/dismiss.
func (h *Handlers) dismiss(c *gin.Context) error {
	u, err := web.User(c)
	if err != nil {
		return err
	}
	if err := h.answers.DismissNPS(c.Request.Context(), u.TenantID, u.ID); err != nil {
		return err
	}
	text := h.kit.Printer(c).T("nps.dismissed")
	h.kit.Toast(c, text)
	if !web.IsPartial(c) {
		return web.SeeOther(c, home)
	}
	survey := views.NPSSurvey{Answered: text}
	return web.Fragment(h.kit, c, http.StatusOK, views.NPSFragment, &survey)
}

func (h *Handlers) page(c *gin.Context, status int, survey views.NPSSurvey) error {
	survey.Lone = true
	data := views.NPSPage{Base: h.kit.Base(c, "nps.show.title"), Survey: survey}
	return web.Page(h.kit, c, status, views.NPS, &data)
}
