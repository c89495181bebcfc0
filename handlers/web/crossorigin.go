package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/portal"
)

// SameOrigin refuses state-changing requests that a browser made for another site (CSRF). Together with SameSite=Strict
// cookies an attack has to pass both; forms and htmx need no tokens.
func (k *Kit) SameOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	protection.AddInsecureBypassPattern("POST /csp-report") // changes nothing; browsers report from opaque origins too
	return func(c *gin.Context) {
		if err := protection.Check(c.Request); err != nil {
			k.Error(c, portal.Fail(portal.Forbidden, err))
		}
	}
}
