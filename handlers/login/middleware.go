package login

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
)

// Middleware lets only signed-in people through; the session is refreshed on the way when it is about to expire. Others
// go to the sign-in page and from there back to where they were.
func Middleware(kit *web.Kit, a *auth.Service) gin.HandlerFunc {
	return func(c *gin.Context) {
		r, err := a.Authenticate(c.Writer, c.Request)
		if err == nil {
			c.Request = r
			web.OnSessionEnd(c, func() string {
				returnTo := keepDraft(kit, a, c)
				a.Forget(c.Writer, c.Request)
				return returnTo
			})
			restoreDraft(a, c)
			return
		}
		c.Abort() //nolint:forbidigo // a middleware that has answered must end the chain
		if err := turnAway(kit, a, c, err); err != nil {
			kit.Error(c, err)
		}
	}
}

// turnAway answers somebody whose request carries no good session. What is left (an auth-service that can't be asked)
// comes back as the error it is.
func turnAway(kit *web.Kit, a *auth.Service, c *gin.Context, err error) error {
	var f *auth.Failure
	if !errors.As(err, &f) {
		return err
	}
	reason := f.Reason
	if reason == auth.ReasonNone {
		if auth.NeedsBounce(c.Request) {
			return bounce(kit, c)
		}
		if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
			reason = auth.ReasonSessionExpired // a form was shown to them, so there was a session
		}
	}
	_ = c.Error(f) // for the request's log line
	return web.SignInTo(c, string(reason), keepDraft(kit, a, c))
}

// Optional finds out who is signed in, on pages that everybody may see. It never refuses.
func Optional(kit *web.Kit, a *auth.Service) gin.HandlerFunc {
	return func(c *gin.Context) {
		r, err := a.Authenticate(c.Writer, c.Request)
		if err == nil {
			c.Request = r
			return
		}
		var f *auth.Failure
		if !errors.As(err, &f) {
			ctx := c.Request.Context()
			kit.Log.WarnContext(ctx, "session not checked", "request_id", web.RequestID(ctx), "cause", err)
		}
	}
}

// RequireRole lets only people with one of roles through. It comes after [Middleware].
func RequireRole(kit *web.Kit, roles ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		u := auth.UserFrom(c.Request.Context())
		for _, role := range roles {
			if u != nil && u.Has(role) {
				return
			}
		}
		kit.Error(c, portal.Fail(portal.Forbidden, errors.New("role missing")))
	}
}
