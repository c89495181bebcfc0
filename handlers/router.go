// Package handlers is the portal's router: every route and middleware, in order, and nothing else.
package handlers

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/client"
	"ghasi.io/portal/handlers/apikeys"
	"ghasi.io/portal/handlers/audit"
	"ghasi.io/portal/handlers/billing"
	"ghasi.io/portal/handlers/cspreport"
	"ghasi.io/portal/handlers/dashboard"
	supportdesk "ghasi.io/portal/handlers/desk"
	"ghasi.io/portal/handlers/developers"
	"ghasi.io/portal/handlers/health"
	"ghasi.io/portal/handlers/login"
	"ghasi.io/portal/handlers/messages"
	"ghasi.io/portal/handlers/metrics"
	"ghasi.io/portal/handlers/nps"
	"ghasi.io/portal/handlers/qbr"
	"ghasi.io/portal/handlers/sendtest"
	"ghasi.io/portal/handlers/settings"
	"ghasi.io/portal/handlers/tenants"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/webhooks"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/static"
	"ghasi.io/portal/store"
	"ghasi.io/portal/success"
	"ghasi.io/portal/success/desk"
	scores "ghasi.io/portal/success/health"
	reviews "ghasi.io/portal/success/qbr"
	"ghasi.io/portal/telemetry"
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
	Objects        http.Handler // documents on this machine; nil when they are elsewhere
	TrustedProxies []string     // CIDRs whose X-Forwarded-* are believed
	Ready          health.Check
	Firebase       bool              // people may sign in by a Firebase ID token
	Faults         *telemetry.Faults // Sentry; nil = off

	// The staff side. Desk is nil when no support desk is connected, DemoDesk unless it is the demo's own.
	Access   *success.Access
	Desk     *desk.Service
	DemoDesk *desk.Demo
	Health   *scores.Service
	Reviews  *reviews.Service

	ServiceToken string // of programs that act for the staff
	PlainHTTP    string // what becomes of requests without TLS; see settings.SecurityOptions
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
	r.Use(k.Begin, k.Traced, d.Headers.Set, k.Logged, d.Metrics.Observe, k.Recovered, k.Bounded)

	health.New(d.Ready).Register(r)
	assets := gin.WrapH(static.Handler())
	r.GET("/assets/*file", assets)
	r.HEAD("/assets/*file", assets)
	r.GET("/favicon.ico", assets)
	r.GET("/robots.txt", assets)

	if d.Objects != nil {
		objects := billing.Objects(k, d.Objects)
		r.GET("/objects/*key", objects)
		r.HEAD("/objects/*key", objects)
	}

	public := r.Group("", k.SameOrigin())
	cspreport.New(k, cspreport.Options{Store: d.Store, Metrics: d.Metrics, Faults: d.Faults, Session: d.Auth.Peek}).Register(public)
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
	security, err := settings.NewSecurity(k, settings.SecurityOptions{
		Reports: d.Store, Self: r, PublicURL: d.Auth.RedirectURI(), PlainHTTP: d.PlainHTTP,
	})
	if err != nil {
		return nil, err
	}
	security.Register(people)
	audit.New(k, d.Store, d.Access).Register(people)
	qbr.New(k, d.Access, d.Reviews, d.Store, d.ServiceToken).Register(visitors)
	staffPages(people.Group("", login.RequireRole(k, success.RoleTAM, success.RoleAdmin)), d)
	customers := people.Group("", login.RequireRole(k, auth.RoleCustomer))
	customerPages(customers, d)
	guide.Register(customers)

	r.NoRoute(elsewhere(d))
	r.NoMethod(k.NoMethod)
	return r, nil
}

// staffPages are the staff's side.
func staffPages(r gin.IRoutes, d Deps) {
	tenants.New(d.Kit, staffParts(d)).Register(r)
	if d.DemoDesk != nil {
		supportdesk.New(d.Kit, d.Access, d.DemoDesk).Register(r)
	}
}

// customerPages are the customers'.
func customerPages(r gin.IRoutes, d Deps) {
	k := d.Kit
	survey := nps.New(k, d.Store)
	survey.Register(r)
	dashboard.New(k, d.API, d.APIURL).WithSurvey(survey.Card).Register(r)
	messages.New(k, d.API, d.APIURL).Register(r)
	sendtest.New(k, d.API, d.APIURL).Register(r)
	apikeys.New(k, d.API).Register(r)
	webhooks.New(k, d.API).Register(r)
	billing.New(k, d.API).Register(r)
}

// staffParts are what the staff's pages stand on.
func staffParts(d Deps) tenants.Parts {
	parts := tenants.Parts{Access: d.Access, Scores: d.Health, Platform: d.API, Records: d.Store, Reviews: d.Reviews}
	if d.Desk != nil { // a nil in an interface would not be nil
		parts.Desk = d.Desk
	}
	return parts
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
