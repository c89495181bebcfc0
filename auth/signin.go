package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

const (
	maxDetail = 200  // characters of a provider's own words
	maxCode   = 2048 // bytes of an authorization code

	maxRetryAfter = 24 * 60 * 60 // seconds
)

// SignedIn is a sign-in that succeeded.
type SignedIn struct {
	User     *User
	ReturnTo string    // a safe local path
	Started  time.Time // when the person set out
}

// SetOut is how somebody sets out to sign in. All but Locale may be anything a visitor sent.
type SetOut struct {
	ReturnTo string
	Locale   string // a BCP 47 tag, for the auth-service's page
	Hints    Hints
	Again    bool // begun by us, since the one before was left lying too long
}

// Begin starts a sign-in: it sets the cookie that its answer will be checked against and returns the auth-service's URL
// to send the browser to.
func (s *Service) Begin(w http.ResponseWriter, o SetOut) (string, error) {
	a := newAttempt(o.ReturnTo, s.now())
	a.Hints, a.Again = o.Hints.bounded(), o.Again
	if err := s.writeAttempt(w, a); err != nil {
		return "", portal.Fail(portal.Internal, fmt.Errorf("begin sign-in: %w", err))
	}
	return a.Hints.addTo(s.api.AuthorizeURL(s.redirectURI, a.State, a.Nonce, a.challenge(), o.Locale)), nil
}

// complete is [Service.Complete].
func (s *Service) complete(w http.ResponseWriter, r *http.Request) (*SignedIn, error) {
	setCookie(w, laxCookie("", attemptPath, -1))
	q := r.URL.Query()
	a, err := s.checkAttempt(r, q)
	if err != nil {
		return nil, err
	}
	if code := q.Get("error"); code != "" {
		return nil, refused(a, code, q.Get("error_description"), q.Get("retry_after"))
	}
	code := q.Get("code")
	if code == "" || len(code) > maxCode {
		return nil, fail(ReasonFailed, a.ReturnTo, errors.New("answer without a usable code"))
	}
	pair, err := s.api.ExchangeCode(r.Context(), code, a.Verifier, s.redirectURI)
	if err != nil {
		return nil, exchangeFailed(a, err)
	}
	user, err := s.admit(r.Context(), a, pair)
	if err != nil {
		s.revoke(r.Context(), pair.RefreshToken) // nobody will ever hold this token
		return nil, err
	}
	if err := s.writeSession(w, pair); err != nil {
		s.revoke(r.Context(), pair.RefreshToken)
		return nil, &Failure{Reason: ReasonFailed, ReturnTo: a.ReturnTo, Err: err}
	}
	return &SignedIn{User: user, ReturnTo: a.ReturnTo, Started: time.UnixMilli(a.StartedMilli)}, nil
}

// checkAttempt finds the sign-in that the answer belongs to.
func (s *Service) checkAttempt(r *http.Request, q url.Values) (attempt, error) {
	state := q.Get("state")
	a, ok := s.readAttempt(r)
	switch {
	case !ok && stateExpired(state, s.now()):
		return a, fail(ReasonExpiredState, "", errors.New("no sign-in cookie, old state"))
	case !ok:
		return a, fail(ReasonOtherBrowser, "", errors.New("no sign-in cookie"))
	case a.expired(s.now()):
		return a, fail(ReasonExpiredState, a.ReturnTo, errors.New("sign-in took too long"))
	case !a.matches(state):
		return a, fail(ReasonExpiredState, a.ReturnTo, errors.New("state does not match"))
	case q.Get("iss") != "" && q.Get("iss") != s.issuer: // RFC 9207: an answer of another server, mixed in
		return a, fail(ReasonFailed, a.ReturnTo, errors.New("answer names another issuer"))
	}
	return a, nil
}

// admit verifies the token that a code gave, and that its person may use the portal.
func (s *Service) admit(ctx context.Context, a attempt, pair client.TokenPair) (*User, error) {
	id, err := s.tokens.verify(ctx, pair.AccessToken)
	switch {
	case err != nil && portal.CodeOf(err) == portal.Unauthenticated:
		return nil, fail(ReasonFailed, a.ReturnTo, err)
	case err != nil:
		return nil, &Failure{Reason: ReasonUnavailable, ReturnTo: a.ReturnTo, Err: err}
	case id.nonce != "" && id.nonce != a.Nonce:
		return nil, fail(ReasonFailed, a.ReturnTo, errors.New("token is of another sign-in"))
	case !admitted(id.user):
		return nil, fail(ReasonMissingRole, a.ReturnTo, fmt.Errorf("user %s: %w", id.user.ID, errNotAdmitted))
	}
	return id.user, nil
}

// refused maps an error of the authorization response (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6) to a reason.
func refused(a attempt, code, description, wait string) *Failure {
	reason := ReasonFailed
	switch code {
	case "access_denied":
		reason = ReasonAccessDenied
	case "temporarily_unavailable", "server_error":
		reason = ReasonUnavailable
		switch description {
		case "authentication_expired": // Keycloak's word for a sign-in page left open too long
			f := fail(ReasonExpiredState, a.ReturnTo, errors.New("provider: "+description))
			f.Restart = !a.Again
			f.Hints = a.Hints
			return f
		case "rate_limited": // the auth-service's word for too many attempts
			reason, description = ReasonRateLimited, ""
		}
	case "account_not_set_up":
		reason = ReasonNotSetUp
	}
	f := fail(reason, a.ReturnTo, fmt.Errorf("provider: %.40q", code))
	f.Detail = ownWords(description)
	if n, err := strconv.Atoi(wait); err == nil && n > 0 && n <= maxRetryAfter {
		f.RetryAfter = time.Duration(n) * time.Second
	}
	return f
}

// ownWords makes a provider's sentence fit to be quoted: one line of visible text, at most maxDetail characters.
func ownWords(s string) string {
	kept := make([]rune, 0, maxDetail)
	for _, r := range strings.ToValidUTF8(s, "") {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if !unicode.IsPrint(r) { // control characters, and bidi marks that could reorder the words around
			continue
		}
		if kept = append(kept, r); len(kept) == maxDetail {
			break
		}
	}
	return strings.TrimSpace(string(kept))
}

func exchangeFailed(a attempt, err error) *Failure {
	f := &Failure{Reason: ReasonUnavailable, ReturnTo: a.ReturnTo, Err: fmt.Errorf("exchange code: %w", err)}
	var e *portal.Error
	if errors.As(err, &e) {
		f.RetryAfter = e.RetryAfter
	}
	switch portal.CodeOf(err) {
	case portal.RateLimited:
		f.Reason = ReasonRateLimited
	case portal.Unauthenticated, portal.Invalid, portal.Forbidden, portal.NotFound, portal.Conflict:
		f.Reason = ReasonCodeUsed
	}
	return f
}
