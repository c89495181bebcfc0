package login

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/views"
)

// redirect sends the browser on. htmx gets a header instead of a 3xx, which it could not follow to another origin.
func redirect(c *gin.Context, status int, target string) error {
	c.Header("Cache-Control", "no-store")
	if web.IsHTMX(c) {
		return web.HTMXRedirect(c, http.StatusOK, target)
	}
	c.Header("Location", target)
	c.Writer.WriteHeader(status)
	c.Writer.WriteHeaderNow()
	return nil
}

// hop answers with a page that loads target at once. target is a safe path, or a URL that the auth-service has checked.
func hop(kit *web.Kit, c *gin.Context, target, titleKey, textKey string) error {
	c.Header("Refresh", "0; url="+target)
	c.Header("Cache-Control", "no-store")
	data := views.HopPage{Base: kit.Base(c, titleKey), URL: target, Text: kit.Locale(c).T(textKey)}
	return web.Page(kit, c, http.StatusOK, views.Hop, &data)
}

// bounce loads the page of this request again; see [auth.NeedsBounce].
func bounce(kit *web.Kit, c *gin.Context) error {
	return hop(kit, c, auth.SafePath(c.Request.URL.RequestURI()), "login.bounce.title", "login.bounce.text")
}

// landing is where a signed-in person goes who was on the way to returnTo. The dashboard is the customers', the list of
// tenants the staff's.
func landing(u *auth.User, returnTo string) string {
	switch {
	case returnTo != auth.DefaultReturn || u.Has(auth.RoleCustomer):
		return returnTo
	case u.Has(auth.RoleTAM) || u.Has(auth.RolePlatformAdmin):
		return "/admin/tenants"
	}
	return "/settings"
}

// waitUntil returns the whole seconds from now to a Unix time; 0 when that has passed or is none.
func waitUntil(unix string, now time.Time) int {
	at, err := strconv.ParseInt(unix, 10, 64)
	if err != nil {
		return 0
	}
	wait := time.Unix(at, 0).Sub(now)
	if wait <= 0 || wait > maxWait {
		return 0
	}
	return int((wait + time.Second - 1) / time.Second)
}
