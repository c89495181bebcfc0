package web

import (
	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/portal"
)

const sessionEndKey = "web.session_end"

// OnSessionEnd keeps what forgets the session of this request, and the form that it sent. The middleware that found the
// session sets it. forget returns the page to come back to after signing in, "" for the one this request came from.
func OnSessionEnd(c *gin.Context, forget func() string) { c.Set(sessionEndKey, forget) }

// EndSession forgets the session of this request: the platform has ended it. Call it before anything is written.
func EndSession(c *gin.Context) (returnTo string) {
	v, _ := c.Get(sessionEndKey)
	if forget, ok := v.(func() string); ok {
		return forget()
	}
	return ""
}

// User returns who is signed in; its error, Unauthenticated, leads to the sign-in page.
func User(c *gin.Context) (*auth.User, error) {
	if user := auth.UserFrom(c.Request.Context()); user != nil {
		return user, nil
	}
	return nil, portal.Fail(portal.Unauthenticated, nil)
}
