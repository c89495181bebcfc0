package auth

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

// The cookies of a session. Both are SameSite=Strict: no other site can make a request that carries them.
const (
	CookieSession = "__session" // the access token
	CookieRefresh = "__refresh" // the refresh token
)

// session is what the cookies of a request hold.
type session struct {
	access, refresh string
	present         bool // there was a session cookie, readable or not
	stale           bool // sealed with an older key
}

func (s *Service) readSession(r *http.Request) session {
	var out session
	for _, c := range []struct {
		name string
		into *string
	}{{CookieSession, &out.access}, {CookieRefresh, &out.refresh}} {
		cookie, err := r.Cookie(c.name)
		if err != nil || cookie.Value == "" {
			continue
		}
		out.present = true
		value, stale, ok := s.seal.open(c.name, cookie.Value)
		if ok {
			*c.into = value
			out.stale = out.stale || stale
		}
	}
	return out
}

// writeSession sets both cookies or none. The access token's cookie outlives the token, or an expired one could not be
// told from never having signed in.
func (s *Service) writeSession(w http.ResponseWriter, pair client.TokenPair) error {
	access, err := s.seal.seal(CookieSession, pair.AccessToken)
	if err != nil {
		return portal.Fail(portal.Internal, fmt.Errorf("write session: %w", err))
	}
	refresh, err := s.seal.seal(CookieRefresh, pair.RefreshToken)
	if err != nil {
		return portal.Fail(portal.Internal, fmt.Errorf("write session: %w", err))
	}
	setCookie(w, strictCookie(CookieSession, access, s.sessionTTL))
	setCookie(w, strictCookie(CookieRefresh, refresh, s.sessionTTL))
	return nil
}

func clearSession(w http.ResponseWriter) {
	setCookie(w, strictCookie(CookieSession, "", -1))
	setCookie(w, strictCookie(CookieRefresh, "", -1))
}

// strictCookie builds a session cookie; a negative age removes it.
func strictCookie(name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge(age),
		HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
	}
}

func maxAge(d time.Duration) int {
	if d < 0 {
		return -1
	}
	return int(d / time.Second)
}

// setCookie sets c, in place of what this response set under the same name and path before: RFC 6265 wants one line a
// cookie, and a refresh followed by a sign-out would make two.
func setCookie(w http.ResponseWriter, c *http.Cookie) {
	h := w.Header()
	kept := h["Set-Cookie"][:0]
	for _, line := range h["Set-Cookie"] {
		if !strings.HasPrefix(line, c.Name+"=") || !strings.Contains(line, "; Path="+c.Path+";") {
			kept = append(kept, line)
		}
	}
	h["Set-Cookie"] = append(kept, c.String())
}

func pairOf(s session) client.TokenPair {
	return client.TokenPair{AccessToken: s.access, RefreshToken: s.refresh}
}
