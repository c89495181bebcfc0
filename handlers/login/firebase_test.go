package login

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/portal"
)

// firebaseSite is a site with the window open.
func firebaseSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.login.RegisterFirebase(s.Engine)
	return s
}

func (s *site) bring(token, returnTo string) (int, string, string) {
	path := "/login/firebase"
	res := s.Post(path, url.Values{"id_token": {token}, "return": {returnTo}}, s.cookies(http.MethodPost, path))
	s.b.Take(res.Cookies)
	return res.Code, res.Header.Get("Refresh") + res.Header.Get("Location"), res.Body
}

func TestFirebase_Closed(t *testing.T) {
	s := newSite(t)
	if strings.Contains(s.get("/login").Body, "Firebase") {
		t.Error("the button is there")
	}
	if res := s.get("/login/firebase"); res.Code != http.StatusNotFound {
		t.Errorf("the page: %d", res.Code)
	}
}

func TestFirebase(t *testing.T) {
	s := firebaseSite(t)
	link := s.get("/login?return=/messages").Doc().Attr("a.btn-outline", "href")
	page := s.get(link).Doc()
	if page.Attr("form.form", "action") != "/login/firebase" || page.Attr(`input[name="return"]`, "value") != "/messages" ||
		len(page.All("input[type=password]")) != 0 {
		t.Fatalf("%s: no form as it should be", link)
	}
	code, next, _ := s.bring("  firebase-token\n", "/messages")
	if code != http.StatusOK || next != "0; url=/messages" || s.b.Cookie(auth.CookieSession) == nil {
		t.Errorf("%d to %q, session %v", code, next, s.b.Cookie(auth.CookieSession))
	}
}

func TestFirebase_Refused(t *testing.T) {
	for name, tt := range map[string]struct {
		token string
		fail  error
		roles []string
		code  int
		want  string
	}{
		"bad token":    {"eyJ.bad.token", nil, nil, http.StatusUnprocessableEntity, "This token is not valid"},
		"nothing":      {" ", nil, nil, http.StatusUnprocessableEntity, "This token is not valid"},
		"too long":     {strings.Repeat("x", maxIDToken+1), nil, nil, http.StatusUnprocessableEntity, "This token is not valid"},
		"no account":   {"firebase-stranger", nil, nil, http.StatusForbidden, "No account here"},
		"rate limited": {"firebase-token", &portal.Error{Code: portal.RateLimited, RetryAfter: 7 * time.Second}, nil, http.StatusTooManyRequests, "Too many attempts. Try again in 7 seconds."},
		"down":         {"firebase-token", portal.Fail(portal.Unavailable, errors.New("down")), nil, http.StatusServiceUnavailable, ""},
		"no role":      {"firebase-token", nil, []string{}, http.StatusSeeOther, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := firebaseSite(t)
			s.platform.Fail = tt.fail
			if tt.roles != nil {
				s.platform.Roles = tt.roles
			}
			code, next, body := s.bring(tt.token, "/messages")
			if code != tt.code || !strings.Contains(body, tt.want) {
				t.Errorf("%d to %q, want %d with %q", code, next, tt.code, tt.want)
			}
			if name == "no role" && !strings.HasPrefix(next, "/login?reason=missing_role") {
				t.Errorf("to %q", next)
			}
			if s.b.Cookie(auth.CookieSession) != nil {
				t.Error("signed in all the same")
			}
			if tt.token != " " && strings.Contains(body, tt.token) {
				t.Error("the token is shown again")
			}
		})
	}
}
