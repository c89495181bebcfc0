package auth

import (
	"net/http"
	"time"
)

// SignInFirebase signs in whoever a Firebase ID token speaks for, in the window in which accounts move from there, and
// sets the session's cookies. returnTo may be anything a visitor sent. Its errors: those of the platform (Unauthenticated:
// the token is no good; Forbidden: no such account; NotFound: the window is closed), or a [*Failure] as of Complete.
func (s *Service) SignInFirebase(w http.ResponseWriter, r *http.Request, idToken, returnTo string) (*SignedIn, error) {
	started := s.now()
	return s.observed(ProviderFirebase, started, r, func(r *http.Request) (*SignedIn, error) {
		pair, err := s.api.Firebase(r.Context(), idToken)
		if err != nil {
			return nil, err
		}
		a := attempt{ReturnTo: SafeReturn(returnTo)}
		user, err := s.admit(r.Context(), a, pair)
		if err == nil {
			err = s.writeSession(w, pair)
		}
		if err != nil {
			s.revoke(r.Context(), pair.RefreshToken)
			return nil, err
		}
		return &SignedIn{User: user, ReturnTo: a.ReturnTo, Started: started.Truncate(time.Millisecond)}, nil
	})
}
