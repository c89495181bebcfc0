package auth

import "net/http"

// Peek returns whose session r carries, nil when nobody's that is good. It refreshes nothing and sets no cookie: for
// answers that a browser does not read, such as those to its reports.
func (s *Service) Peek(r *http.Request) *User {
	sess := s.readSession(r)
	if sess.access == "" {
		return nil
	}
	id, err := s.tokens.verify(r.Context(), sess.access)
	if err != nil || !admitted(id.user) {
		return nil
	}
	return id.user
}
