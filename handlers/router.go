// Package handlers is the portal's router: every route and middleware, in order, and nothing else.
package handlers

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/client"
	"ghasi.io/portal/handlers/apikeys"
	"ghasi.io/portal/handlers/cspreport"
	"ghasi.io/portal/handlers/dashboard"
	"ghasi.io/portal/handlers/developers"
	"ghasi.io/portal/handlers/health"
	"ghasi.io/portal/handlers/login"
	"ghasi.io/portal/handlers/messages"
	"ghasi.io/portal/handlers/metrics"
	"ghasi.io/portal/handlers/sendtest"
	"ghasi.io/portal/handlers/settings"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/static"
	"ghasi.io/portal/store"
)

// Deps are the parts that the routes lead to.
type Deps struct {
	Kit            *web.Kit
	Headers        *web.Headers
	Metrics        *metrics.Metrics
	Auth           *auth.Service
	API            *client.Client
	APIURL         string // public origin of the platform's API, for examples
	Store          *store.Store
	Platform       http.Handler // the embedded platform; nil when it is remote
	TrustedProxies []string     // CIDRs whose X-Forwarded-* are believed
	Ready          health.Check
	Firebase       bool // people may sign in by a Firebase ID token
}

// New returns the handler of the whole listener.
func New(d Deps) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode) // gin's own banner and route list are noise on our first lines
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash = false // a redirect of a POST loses it; a wrong path is a 404
	r.ContextWithFallback = true
	r.RemoteIPHeaders = []string{"X-Forwarded-For"} // proxies append to it; others they may pass through unread
	if err := r.SetTrustedProxies(d.TrustedProxies); err != nil {
		return nil, err
	}
	k := d.Kit
	r.Use(k.Begin, k.Traced, d.Headers.Set, k.Logged, d.Metrics.Observe, k.Recovered)

	health.New(d.Ready).Register(r)
	assets := gin.WrapH(static.Handler())
	r.GET("/assets/*file", assets)
	r.HEAD("/assets/*file", assets)
	r.GET("/favicon.ico", assets)
	r.GET("/robots.txt", assets)

	public := r.Group("", k.SameOrigin())
	cspreport.New(k).Register(public)
	guide := developers.New(k, d.API, d.APIURL)
	guide.RegisterPublic(public)
	visitors := public.Group("", login.Optional(k, d.Auth))
	signIn := login.New(k, d.Auth, d.Store)
	signIn.Register(visitors)
	if d.Firebase {
		signIn.RegisterFirebase(visitors)
	}
	preferences := settings.New(k, d.Store, d.API)
	preferences.RegisterPublic(visitors)

	people := public.Group("", login.Middleware(k, d.Auth))
	preferences.Register(people)
	customers := people.Group("", login.RequireRole(k, auth.RoleCustomer))
	dashboard.New(k, d.API, d.APIURL).Register(customers)
	messages.New(k, d.API, d.APIURL).Register(customers)
	sendtest.New(k, d.API, d.APIURL).Register(customers)
	apikeys.New(k, d.API).Register(customers)
	guide.Register(customers)

	r.NoRoute(elsewhere(d))
	r.NoMethod(k.NoMethod)
	return r, nil
}

// elsewhere hands the platform's paths to the embedded platform, which routes them itself; all else is the 404 page.
func elsewhere(d Deps) gin.HandlerFunc {
	page := login.Optional(d.Kit, d.Auth)
	return func(c *gin.Context) {
		path := c.Request.URL.Path
		if d.Platform != nil && (strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/.well-known/")) {
			c.Status(http.StatusOK) // gin has 404 ready for whoever does not say otherwise
			d.Platform.ServeHTTP(c.Writer, c.Request)
			return
		}
		page(c)
		d.Kit.Error(c, portal.Fail(portal.NotFound, nil))
	}
}
