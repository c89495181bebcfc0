package login

import (
	"net/http"
	"net/url"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/views"
)

// arrival is how somebody came to the sign-in page.
type arrival struct {
	reason   auth.Reason
	returnTo string // a safe path
	detail   string // the provider's own words
	wait     int    // seconds until another attempt is allowed
}

// tones says how serious each reason is.
var tones = map[auth.Reason]string{
	auth.ReasonSessionExpired: "info",
	auth.ReasonSignedOut:      "success",
	auth.ReasonOtherBrowser:   "warning",
	auth.ReasonExpiredState:   "warning",
	auth.ReasonCodeUsed:       "warning",
	auth.ReasonRateLimited:    "warning",
	auth.ReasonMissingRole:    "error",
	auth.ReasonAccessDenied:   "error",
	auth.ReasonNotSetUp:       "error",
	auth.ReasonUnavailable:    "error",
	auth.ReasonFailed:         "error",
}

func newPage(base views.Base, l *locales.Locale, a arrival) views.LoginPage {
	p := views.LoginPage{Base: base, StartURL: "/login/start", RetryAfter: a.wait}
	if a.returnTo != auth.DefaultReturn {
		p.StartURL += "?" + url.Values{"return": {a.returnTo}}.Encode()
	}
	switch a.reason {
	case auth.ReasonNone:
	case auth.ReasonRateLimited:
		p.Alert = &views.Alert{Tone: tones[a.reason], Text: l.T("error.rate_limited", "n", a.wait)}
	default:
		key := "login.reason." + string(a.reason)
		p.Alert = &views.Alert{Tone: tones[a.reason], Title: l.T(key + ".title"), Text: l.T(key), Detail: a.detail}
	}
	return p
}

// statusOf is the page's HTTP status. What the auth-service answered is passed on, so that whoever watches sees it.
func statusOf(reason auth.Reason, wait int) int {
	switch {
	case reason == auth.ReasonUnavailable:
		return http.StatusServiceUnavailable
	case reason == auth.ReasonRateLimited && wait > 0:
		return http.StatusTooManyRequests
	default:
		return http.StatusOK
	}
}
