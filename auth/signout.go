package auth

import (
	"context"
	"net/http"
)

// SignOut ends the session of r: the refresh token is revoked at the auth-service, this process refuses the access
// token from now on, and the cookies are removed. An auth-service that can't be reached does not keep anybody signed in
// here; the log has it.
func (s *Service) SignOut(w http.ResponseWriter, r *http.Request) {
	sess := s.readSession(r)
	clearSession(w)
	if sess.access != "" {
		s.tokens.end(sess.access)
	}
	if u := UserFrom(r.Context()); u != nil { // it may have been refreshed on the way here
		s.tokens.end(u.Token)
	}
	if sess.refresh != "" {
		s.revoke(r.Context(), s.refresher.forget(sess.refresh))
	}
}

// Forget ends the session of r in this browser and this process, when the platform has ended it already.
func (s *Service) Forget(w http.ResponseWriter, r *http.Request) {
	clearSession(w)
	if u := UserFrom(r.Context()); u != nil {
		s.tokens.end(u.Token)
	}
}

// revoke ends a refresh token, as well as it can: it goes on when the browser has gone.
func (s *Service) revoke(ctx context.Context, refreshToken string) {
	if refreshToken == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTimeout)
	defer cancel()
	if err := s.api.Logout(ctx, refreshToken); err != nil {
		s.log.WarnContext(ctx, "revoke refresh token", "cause", err)
	}
}
