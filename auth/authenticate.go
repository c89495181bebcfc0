package auth

import (
	"context"
	"errors"
	"net/http"

	"ghasi.io/portal/portal"
)

var (
	errNoSession    = errors.New("no session")
	errNoRefresh    = errors.New("session without a refresh token")
	errNotAdmitted  = errors.New("no role that opens the portal")
	errOtherPerson  = errors.New("the refreshed token is another person's or tenant's")
	errBadSuccessor = errors.New("auth-service gave a token that does not verify")
)

// Authenticate returns r with its [User] in the context. A token about to expire is replaced on the way and the new
// cookies are set on w, so call it before anything is written. Its errors: a [*Failure] (Unauthenticated; with
// ReasonSessionExpired when there was a session, whose cookies are then removed), or Unavailable or RateLimited when the
// auth-service can't be asked just now, which leaves the session as it is.
func (s *Service) Authenticate(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	user, err := s.authenticate(w, r)
	if err != nil {
		return r, err
	}
	return r.WithContext(WithUser(r.Context(), user)), nil
}

func (s *Service) authenticate(w http.ResponseWriter, r *http.Request) (*User, error) {
	sess := s.readSession(r)
	if !sess.present {
		return nil, fail(ReasonNone, "", errNoSession)
	}
	var id identity
	err := error(portal.Fail(portal.Unauthenticated, errNoSession))
	if sess.access != "" {
		id, err = s.tokens.verify(r.Context(), sess.access)
	}
	valid := err == nil
	switch {
	case !valid && portal.CodeOf(err) != portal.Unauthenticated:
		return nil, err
	case valid && s.now().Before(id.expires.Add(-refreshEarly)):
		return s.carryOn(w, sess, id)
	case sess.refresh == "" && valid:
		return s.carryOn(w, sess, id)
	case sess.refresh == "":
		return nil, s.endSession(w, sess, ReasonSessionExpired, errNoRefresh)
	}
	fresh, err := s.refresh(r.Context(), w, sess)
	switch {
	case err == nil:
		return fresh, nil
	case ended(err):
		return nil, s.endSession(w, sess, ReasonSessionExpired, err)
	case valid && r.Context().Err() == nil:
		s.log.WarnContext(r.Context(), "session refresh put off", "user", id.user.ID, "cause", err)
		return s.carryOn(w, sess, id)
	default:
		return nil, err
	}
}

// carryOn uses the session as it is; what an older key sealed is sealed again with the newest.
func (s *Service) carryOn(w http.ResponseWriter, sess session, id identity) (*User, error) {
	if !admitted(id.user) {
		return nil, s.endSession(w, sess, ReasonMissingRole, errNotAdmitted)
	}
	if sess.stale && sess.refresh != "" {
		if err := s.writeSession(w, pairOf(sess)); err != nil {
			return nil, err
		}
	}
	return id.user, nil
}

// refresh replaces the session's tokens. Every request of one flight sets the cookies: whichever answer the browser
// keeps last, it keeps the new pair.
func (s *Service) refresh(ctx context.Context, w http.ResponseWriter, sess session) (*User, error) {
	pair, err := s.refresher.refresh(ctx, sess.refresh)
	if err != nil {
		return nil, err
	}
	if !samePerson(sess.access, pair.AccessToken) { // cookies of two sessions: whoever mixed them gets neither
		s.log.WarnContext(ctx, "refresh gave another person's token")
		s.revoke(ctx, s.refresher.forget(pair.RefreshToken))
		return nil, portal.Fail(portal.Unauthenticated, errOtherPerson)
	}
	id, err := s.tokens.verify(ctx, pair.AccessToken)
	if err != nil {
		if portal.CodeOf(err) == portal.Unauthenticated {
			s.log.ErrorContext(ctx, "refreshed token refused", "cause", err)
			err = portal.Fail(portal.Unauthenticated, errors.Join(errBadSuccessor, err))
		} else if werr := s.writeSession(w, pair); werr != nil { // the old refresh token is spent: keep the new one
			err = errors.Join(err, werr)
		}
		return nil, err
	}
	if !admitted(id.user) {
		return nil, &Failure{Reason: ReasonMissingRole, Err: portal.Fail(portal.Unauthenticated, errNotAdmitted)}
	}
	if err := s.writeSession(w, pair); err != nil {
		return nil, err
	}
	return id.user, nil
}

// endSession removes the cookies and says why. A reason that cause brings along wins.
func (s *Service) endSession(w http.ResponseWriter, sess session, reason Reason, cause error) error {
	clearSession(w)
	s.tokens.end(sess.access)
	var f *Failure
	if errors.As(cause, &f) {
		return f
	}
	return fail(reason, "", cause)
}
