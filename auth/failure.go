package auth

import (
	"net/url"
	"time"

	"ghasi.io/portal/portal"
)

// Reason says why somebody stands before the sign-in page. The set is closed: it travels in the page's URL, and each
// has its words in the catalogue ("login.reason.<reason>").
type Reason string

// The reasons.
const (
	ReasonNone           Reason = ""
	ReasonSessionExpired Reason = "session_expired" // there was a session, and it has ended
	ReasonMissingRole    Reason = "missing_role"    // the account may not use the portal
	ReasonSignedOut      Reason = "signed_out"      // by the person's own wish
	ReasonOtherBrowser   Reason = "other_browser"   // the answer belongs to no sign-in that this browser began
	ReasonExpiredState   Reason = "expired_state"   // the sign-in took too long, or a newer one replaced it
	ReasonCodeUsed       Reason = "code_used"       // the code has been used before, or is too old
	ReasonAccessDenied   Reason = "access_denied"   // the sign-in page said no
	ReasonNotSetUp       Reason = "not_set_up"      // the provider knows the account, the auth-service can't use it
	ReasonUnavailable    Reason = "unavailable"     // the auth-service is down, slow or broken
	ReasonRateLimited    Reason = "rate_limited"    // too many attempts
	ReasonFailed         Reason = "failed"          // anything else
)

// Reasons lists every reason that has words.
var Reasons = []Reason{
	ReasonSessionExpired, ReasonMissingRole, ReasonSignedOut, ReasonOtherBrowser, ReasonExpiredState, ReasonCodeUsed,
	ReasonAccessDenied, ReasonNotSetUp, ReasonUnavailable, ReasonRateLimited, ReasonFailed,
}

// ParseReason returns the reason named s, ReasonNone when s names none.
func ParseReason(s string) Reason {
	for _, r := range Reasons {
		if string(r) == s {
			return r
		}
	}
	return ReasonNone
}

// Failure is why nobody is signed in after [Service.Complete] or [Service.Authenticate]. It wraps a [portal.Error].
type Failure struct {
	Reason     Reason
	ReturnTo   string        // where the person was going, safe; "" when unknown
	Detail     string        // the provider's own words, at most 200 characters; show them quoted
	Restart    bool          // begin again at once, with Hints and SetOut.Again: nobody has to be told
	Hints      Hints         // of the sign-in that failed
	RetryAfter time.Duration // for ReasonRateLimited and ReasonUnavailable; 0 = unknown
	Err        error
}

func (f *Failure) Error() string {
	s := "sign-in: " + string(f.Reason)
	if f.Reason == ReasonNone {
		s = "not signed in"
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

func (f *Failure) Unwrap() error { return f.Err }

// fail builds a Failure whose code is Unauthenticated.
func fail(reason Reason, returnTo string, cause error) *Failure {
	return &Failure{Reason: reason, ReturnTo: returnTo, Err: portal.Fail(portal.Unauthenticated, cause)}
}

// LoginURL is the local path of the sign-in page for a reason (may be none) and the page to return to (may be empty).
func LoginURL(reason Reason, returnTo string) string {
	q := url.Values{}
	if reason != ReasonNone {
		q.Set("reason", string(reason))
	}
	if returnTo != "" {
		q.Set("return", returnTo)
	}
	if len(q) == 0 {
		return "/login"
	}
	return "/login?" + q.Encode()
}
