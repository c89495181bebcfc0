// Package login is how people come in and go out: the sign-in page, the way to the auth-service and back, sign-out, and
// the middleware that lets only signed-in people through.
package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// maxWait bounds the countdown of a crafted link.
const maxWait = 24 * time.Hour

// perAddress is how often one address may set out to sign in. Whole towns share an address, so it stops machines alone;
// passwords have limits of their own where they are checked.
var perAddress = web.Rate{PerSecond: 3, Burst: 200}

// profiles reads a person's kept choices.
type profiles interface {
	Profile(ctx context.Context, tenantID, userID string) (portal.Profile, error)
}

// Handlers serve signing in and out.
type Handlers struct {
	kit      *web.Kit
	auth     *auth.Service
	profiles profiles
	firebase bool // the window is open
}

// New returns the handlers.
func New(kit *web.Kit, a *auth.Service, p profiles) *Handlers {
	return &Handlers{kit: kit, auth: a, profiles: p}
}

// Register adds the routes, for everybody: put [Optional] before them.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET("/", h.kit.Handle(h.home))
	r.GET("/login", h.kit.Handle(h.show))
	r.GET("/login/start", h.kit.PerIP(perAddress), h.kit.Handle(h.start))
	r.GET("/auth/callback", h.kit.Handle(h.callback))
	r.POST("/api/auth/logout", h.kit.Handle(h.logout))
}

// home handles GET /: it has nothing of its own.
func (h *Handlers) home(c *gin.Context) error {
	switch u := auth.UserFrom(c.Request.Context()); {
	case u != nil:
		return redirect(c, http.StatusFound, landing(u, auth.DefaultReturn))
	case auth.NeedsBounce(c.Request):
		return bounce(h.kit, c)
	}
	return redirect(c, http.StatusFound, "/login")
}

// show handles GET /login. With a reason it never sends anybody on by itself: a session that the platform refuses
// although it looks good to us would go round and round.
func (h *Handlers) show(c *gin.Context) error {
	q, err := web.Query(c)
	if err != nil {
		return err
	}
	reason := auth.ParseReason(q.Get("reason"))
	returnTo := auth.SafeReturn(q.Get("return"))
	if reason == auth.ReasonNone {
		if u := auth.UserFrom(c.Request.Context()); u != nil {
			return redirect(c, http.StatusFound, landing(u, returnTo))
		}
		if auth.NeedsBounce(c.Request) {
			return bounce(h.kit, c)
		}
	}
	wait := waitUntil(q.Get("until"), h.kit.Now())
	if wait > 0 {
		c.Header("Retry-After", strconv.Itoa(wait))
	}
	detail := h.auth.TakeDetail(c.Writer, c.Request)
	data := newPage(h.kit.Base(c, "login.page.title"), h.kit.Locale(c), arrival{reason, returnTo, detail, wait})
	data.FirebaseURL = h.firebaseLink(returnTo)
	h.kit.KeepLocale(c)
	return web.Page(h.kit, c, statusOf(reason, wait), views.Login, &data)
}

// start handles GET /login/start. It is a link and no form, since form-action does not let a form lead to another
// origin.
func (h *Handlers) start(c *gin.Context) error {
	q, err := web.Query(c)
	if err != nil {
		return err
	}
	if target := h.atPublicOrigin(c, q); target != "" {
		return redirect(c, http.StatusFound, target)
	}
	target, err := h.auth.Begin(c.Writer, auth.SetOut{
		ReturnTo: q.Get("return"), Locale: h.kit.Locale(c).Tag, Hints: hintsOf(q), Again: q.Get("again") != "",
	})
	if err != nil {
		return err
	}
	return redirect(c, http.StatusFound, target)
}

// atPublicOrigin returns this request's URL at the origin that the auth-service will send the browser back to, or ""
// when it is there: cookies belong to a host, and a sign-in begun at 127.0.0.1 would not be known at localhost. It asks
// for the change once, since behind some proxies the host is never the public one.
func (h *Handlers) atPublicOrigin(c *gin.Context, q url.Values) string {
	public, err := url.Parse(h.auth.RedirectURI())
	if err != nil || public.Host == c.Request.Host || q.Get("moved") != "" {
		return ""
	}
	moved := url.Values{"moved": {"1"}, "return": {auth.SafeReturn(q.Get("return"))}}
	hintsOf(q).Set(moved)
	return public.Scheme + "://" + public.Host + "/login/start?" + moved.Encode()
}

// hintsOf reads what a link to the sign-in says about who it is for.
func hintsOf(q url.Values) auth.Hints {
	return auth.Hints{Login: q.Get("login_hint"), IdentityProvider: q.Get("kc_idp_hint")}
}

// callback handles GET /auth/callback. Success is a page that loads the next one, not a redirect: on a redirect, which
// another site began, the browser would leave out the Strict cookies that were just set.
func (h *Handlers) callback(c *gin.Context) error {
	in, err := h.auth.Complete(c.Writer, c.Request)
	if f, ok := asFailure(err); ok {
		return h.refused(c, f)
	}
	if err != nil {
		return err
	}
	return h.welcome(c, in)
}

func asFailure(err error) (*auth.Failure, bool) {
	var f *auth.Failure
	ok := errors.As(err, &f)
	return f, ok
}

// welcome brings somebody who has just signed in to where they were going, with the choices they have made before.
func (h *Handlers) welcome(c *gin.Context, in *auth.SignedIn) error {
	ctx := c.Request.Context()
	h.kit.Record(c, portal.Event{Type: portal.EventSignedIn, TenantID: in.User.TenantID, Actor: web.Actor(in.User)})
	if p, err := h.profiles.Profile(ctx, in.User.TenantID, in.User.ID); err != nil {
		h.kit.Log.WarnContext(ctx, "read profile at sign-in", "request_id", web.RequestID(ctx), "cause", err)
	} else {
		h.kit.ApplyProfile(c, p)
	}
	return hop(h.kit, c, landing(in.User, in.ReturnTo), "login.hop.title", "login.hop.text")
}

// refused sends the browser to the sign-in page with why, keeping where it was going.
func (h *Handlers) refused(c *gin.Context, f *auth.Failure) error {
	_ = c.Error(f) // for the request's log line
	if f.Restart {
		again := url.Values{"return": {f.ReturnTo}, "again": {"1"}}
		f.Hints.Set(again)
		return redirect(c, http.StatusSeeOther, "/login/start?"+again.Encode())
	}
	if err := h.auth.KeepDetail(c.Writer, f); err != nil {
		return err
	}
	target := auth.LoginURL(f.Reason, f.ReturnTo)
	if f.RetryAfter > 0 {
		target += "&until=" + strconv.FormatInt(h.kit.Now().Add(f.RetryAfter).Unix(), 10)
	}
	return redirect(c, http.StatusSeeOther, target)
}

// logout handles POST /api/auth/logout.
func (h *Handlers) logout(c *gin.Context) error {
	h.auth.SignOut(c.Writer, c.Request)
	if auth.UserFrom(c.Request.Context()) != nil {
		h.kit.Record(c, portal.Event{Type: portal.EventSignedOut})
	}
	c.Header("Clear-Site-Data", `"cache", "storage"`)
	return redirect(c, http.StatusSeeOther, auth.LoginURL(auth.ReasonSignedOut, ""))
}
