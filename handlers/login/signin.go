package login

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/views"
)

const authorizePath = "/v1/auth/oidc/authorize"

// SignInPage is what the embedded auth-service's page for e-mail and password shows. It has the fields of the platform's
// own struct, which this room does not import: app converts one into the other.
type SignInPage struct {
	Action         string // where the form posts
	Request        string // the sealed authorize request; empty: signing in can't go on here
	Email          string // as typed
	ErrorKey       string // catalogue key of what is wrong; empty when nothing is
	RetryAfter     int    // seconds to wait after too many failures; 0 when not throttled
	Locale         string // wanted by ui_locales; empty when it did not say
	AuthorizeQuery string // shows the page again, without ui_locales; empty when Request is
	Continue       string // set once the person has signed in: the redirect URI with its code
}

// SignInView draws that page in the portal's look. accounts are the demo's, shown while the platform is seeded.
func SignInView(kit *web.Kit, accounts ...string) func(http.ResponseWriter, *http.Request, int, SignInPage) {
	// The engine only makes contexts, since the platform speaks net/http. It waits until app has set gin's mode.
	engine := sync.OnceValue(func() *gin.Engine { return gin.New() })
	return func(w http.ResponseWriter, r *http.Request, status int, p SignInPage) {
		c := gin.CreateTestContextOnly(w, engine())
		c.Request = r
		if p.Locale != "" {
			kit.SetLocale(c, p.Locale)
		}
		if p.RetryAfter > 0 {
			c.Header("Retry-After", strconv.Itoa(p.RetryAfter))
		}
		if err := signIn(kit, c, status, p, accounts); err != nil {
			kit.Error(c, err)
		}
	}
}

func signIn(kit *web.Kit, c *gin.Context, status int, p SignInPage, accounts []string) error {
	if p.Continue != "" {
		return hop(kit, c, p.Continue, "login.hop.title", "login.hop.text")
	}
	base := kit.Base(c, "signin.page.title")
	base.Path = "/login"
	if p.AuthorizeQuery != "" { // after a POST too, a change of language must come back to the page itself
		base.Path = authorizePath + "?" + p.AuthorizeQuery
	}
	if !kit.Demo {
		accounts = nil
	}
	data := newSignInPage(base, kit.Locale(c), p, accounts)
	return web.Page(kit, c, status, views.SignIn, &data)
}

func newSignInPage(base views.Base, l *locales.Locale, p SignInPage, accounts []string) views.SignInPage {
	data := views.SignInPage{
		Base: base, Action: p.Action, Request: p.Request, RetryAfter: p.RetryAfter, Accounts: accounts,
		Email: views.Field{
			Name: "email", Label: l.T("signin.page.email"), Type: "email", Value: p.Email, Autocomplete: "username",
			MaxLength: 254, Required: true, Ltr: true, Autofocus: p.Email == "",
		},
		Password: views.Field{
			Name: "password", Label: l.T("signin.page.password"), Type: "password", Autocomplete: "current-password",
			MaxLength: 1024, Required: true, Ltr: true, Autofocus: p.Email != "",
		},
	}
	switch {
	case p.RetryAfter > 0 && p.ErrorKey != "":
		data.Alert = &views.Alert{Tone: "warning", Text: l.T(p.ErrorKey, "seconds", p.RetryAfter)}
	case p.ErrorKey != "":
		data.Alert = &views.Alert{Tone: "error", Text: l.T(p.ErrorKey), Focus: true}
	}
	return data
}
