package auth

import (
	"context"
	"net/http"
	"strconv"

	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

const (
	maxForm  = 16 << 10 // bytes
	maxEmail = 254      // bytes, by RFC 5321
)

// signIn takes the page's form. Success answers 200 with a Refresh to the client: under form-action 'self' a browser
// would stop a redirect of the form to another origin.
func (s *Service) signIn(w http.ResponseWriter, r *http.Request) {
	if err := s.origins.Check(r); err != nil {
		s.refuse(w, r, http.StatusForbidden, keyExpired)
		return
	}
	form, err := problem.Form(w, r, maxForm)
	if err != nil {
		status := http.StatusBadRequest
		if portal.CodeOf(err) == portal.TooLarge {
			status = http.StatusRequestEntityTooLarge
		}
		s.refuse(w, r, status, keyExpired)
		return
	}
	q, err := s.open(form["request"])
	if err != nil {
		s.refuse(w, r, http.StatusBadRequest, keyExpired)
		return
	}
	page := SignInPage{
		Action: signInPath, Request: form["request"], Email: cut(form["email"], maxEmail), Locale: q.Locale, AuthorizeQuery: q.Query,
	}
	code, wait, err := s.attempt(r.Context(), q, form["email"], form["password"], access.ClientIP(r))
	switch {
	case wait > 0:
		page.ErrorKey, page.RetryAfter = keyThrottled, wait
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		s.o.SignIn(w, r, http.StatusTooManyRequests, page)
	case portal.CodeOf(err) == portal.Unauthenticated:
		page.ErrorKey = keyMismatch
		s.o.SignIn(w, r, http.StatusUnprocessableEntity, page)
	case err != nil:
		s.o.Log.ErrorContext(r.Context(), "sign-in failed", "error", err, "request_id", problem.RequestID(w))
		page.ErrorKey = keyUnavailable
		s.o.SignIn(w, r, http.StatusServiceUnavailable, page)
	default:
		page = SignInPage{Locale: q.Locale, Continue: s.back(q.RedirectURI, q.State, "code", code)}
		w.Header().Set("Refresh", "0; url="+page.Continue)
		w.Header().Set("Referrer-Policy", "no-referrer")
		s.o.SignIn(w, r, http.StatusOK, page)
	}
}

// attempt checks e-mail and password and returns an authorization code, or how many seconds to wait after too many
// failures. Errors: Unauthenticated for an unknown account and a wrong password alike.
func (s *Service) attempt(ctx context.Context, q authRequest, email, password, ip string) (code string, wait int, err error) {
	email = foldEmail(email)
	if email == "" || password == "" || len(email) > maxEmail || len(password) > maxPassword {
		return "", 0, portal.Fail(portal.Unauthenticated, nil) // no account has those: nothing is guessed by it
	}
	wait, err = s.reserveFailure(ctx, email, ip)
	if err != nil || wait > 0 {
		return "", wait, err
	}
	u, err := userByEmail(ctx, s.db.Read, email)
	if err != nil && portal.CodeOf(err) != portal.NotFound {
		return "", 0, err
	}
	right, err := s.hasher.verify(ctx, password, u.passwordHash)
	if err != nil {
		return "", 0, err
	}
	if !right {
		return "", 0, portal.Fail(portal.Unauthenticated, nil)
	}
	if err := s.clearFailures(ctx, email, ip); err != nil {
		return "", 0, err
	}
	code, err = s.newCode(ctx, q, u)
	return code, 0, err
}

// cut shortens s to at most n bytes, at a character's boundary.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
