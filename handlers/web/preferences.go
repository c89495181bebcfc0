package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// The cookies that hold how a person wants to see the portal. They are no secrets, but no script needs them either.
const (
	CookieLocale = "__locale"
	CookieTheme  = "__theme"
	CookieFormat = "__format" // zone and calendar, as a query string
)

const preferenceAge = 365 * 24 * time.Hour

const (
	localeKey  = "web.locale"
	printerKey = "web.printer"
)

// Locale returns the language of this request: the cookie's, else the browser's best.
func (k *Kit) Locale(c *gin.Context) *locales.Locale {
	if v, ok := c.Get(localeKey); ok {
		if l, ok := v.(*locales.Locale); ok {
			return l
		}
	}
	l := k.Bundle.Negotiate(c.GetHeader("Accept-Language"), cookie(c, CookieLocale))
	c.Set(localeKey, l)
	return l
}

// KeepLocale remembers the language of a first visit, so that the portal goes on speaking it whatever the next request
// asks for. A choice, or the profile at sign-in, overwrites it.
func (k *Kit) KeepLocale(c *gin.Context) {
	if cookie(c, CookieLocale) == "" {
		SetPreference(c, CookieLocale, k.Locale(c).Tag)
	}
}

// SetLocale makes the rest of this request speak tag.
func (k *Kit) SetLocale(c *gin.Context, tag string) {
	c.Set(localeKey, k.Bundle.Locale(tag))
	c.Set(printerKey, nil)
}

// Printer returns the formatter for this request's language, zone, calendar and now.
func (k *Kit) Printer(c *gin.Context) *locales.Printer {
	if v, ok := c.Get(printerKey); ok {
		if p, ok := v.(*locales.Printer); ok && p != nil {
			return p
		}
	}
	format, _ := url.ParseQuery(cookie(c, CookieFormat)) // a mangled cookie means the defaults
	p := k.Locale(c).Printer(k.Now(), format.Get("zone"), format.Get("calendar"))
	c.Set(printerKey, p)
	return p
}

// SetPreference keeps a choice in its cookie for a year. Values are of closed sets: the caller has checked them.
func SetPreference(c *gin.Context, name, value string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(preferenceAge.Seconds()),
		HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookie returns a cookie's value, empty when it is absent or too long to be ours.
func cookie(c *gin.Context, name string) string {
	v, err := c.Request.Cookie(name)
	if err != nil || len(v.Value) > 512 {
		return ""
	}
	return v.Value
}

// ApplyProfile writes a person's kept choices into the cookies, so that no page has to read the database for them. What
// they never chose stays as the cookies have it.
func (k *Kit) ApplyProfile(c *gin.Context, p portal.Profile) {
	if p.Locale != "" {
		SetPreference(c, CookieLocale, p.Locale)
		k.SetLocale(c, p.Locale)
	}
	if p.Theme != "" {
		SetPreference(c, CookieTheme, p.Theme)
	}
	if p.Zone != "" || p.Calendar != "" {
		SetPreference(c, CookieFormat, url.Values{"zone": {p.Zone}, "calendar": {p.Calendar}}.Encode())
	}
}
