package auth

import "net/http"

// SignInPage is what the e-mail and password page shows. The platform draws no HTML itself: the portal gives it a
// [SignInView], so that the page has the portal's look, languages and headers.
//
// The form posts "request" (hidden), "email" and "password" to Action.
type SignInPage struct {
	Action   string // where the form posts
	Request  string // the sealed authorize request; empty: signing in cannot go on here, show no form
	Email    string // as typed
	ErrorKey string // catalogue key of what is wrong ("login.error.credentials"); empty when nothing is
	// RetryAfter is how many seconds to wait after too many failures; 0 when not throttled.
	RetryAfter int
	Locale     string // wanted by ui_locales, one of the supported tags; empty when it did not say
	// AuthorizeQuery is the query of GET /v1/auth/oidc/authorize without ui_locales, to show the page in another
	// language; empty when Request is.
	AuthorizeQuery string
	// Continue is set once the person has signed in: the redirect URI with its code. The response carries it as a
	// Refresh header too; the page only links to it.
	Continue string
}

// SignInView renders a [SignInPage] with an HTTP status.
type SignInView func(w http.ResponseWriter, r *http.Request, status int, p SignInPage)

// The catalogue keys that a page's ErrorKey can be.
const (
	keyMismatch    = "login.error.credentials" // unknown e-mail address or wrong password; it does not say which
	keyThrottled   = "login.error.throttled"   // too many failures; RetryAfter says how long
	keyExpired     = "login.error.expired"     // the page is older than ten minutes, or was tampered with
	keyClient      = "login.error.client"      // unknown client or redirect address
	keyUnavailable = "login.error.unavailable" // the database does not answer
)
