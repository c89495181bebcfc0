package auth

import (
	"net/http"
	"testing"
	"time"

	"ghasi.io/portal/auth/authtest"
)

// TestPeek: whoever looks at a session neither refreshes it nor believes one that is over.
func TestPeek(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	peek := func() *User { return s.Peek(b.Request(http.MethodPost, "/csp-report")) }
	if u := peek(); u != nil {
		t.Errorf("nobody is %+v", u)
	}
	in := b.signIn(t, s, p)
	if u := peek(); u == nil || u.ID != in.User.ID || u.TenantID != in.User.TenantID {
		t.Errorf("signed in: %+v", u)
	}
	p.Clock.Add(time.Hour)
	if u := peek(); u != nil || p.Refreshes != 0 {
		t.Errorf("after the token's end: %+v, %d refreshes", u, p.Refreshes)
	}
	b.Cookie(CookieSession).Value = "mangled"
	if u := peek(); u != nil {
		t.Errorf("a mangled cookie is %+v", u)
	}
}
