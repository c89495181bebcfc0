package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/auth/authtest"
	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

func TestNew_NamesWhatIsWrong(t *testing.T) {
	p := authtest.New(t)
	good := Options{API: p, JWKSURL: "https://a.test/jwks", Issuer: "i", Audience: "a", RedirectURI: authtest.Callback, SessionKeys: []string{authtest.SessionKey}}
	for name, change := range map[string]func(*Options){
		"no API":            func(o *Options) { o.API = nil },
		"no issuer":         func(o *Options) { o.Issuer = "" },
		"no audience":       func(o *Options) { o.Audience = "" },
		"relative callback": func(o *Options) { o.RedirectURI = "/auth/callback" },
		"no key set":        func(o *Options) { o.JWKSURL = "" },
		"no session key":    func(o *Options) { o.SessionKeys = nil },
		"short session key": func(o *Options) { o.SessionKeys = []string{authtest.SessionKey, "short"} },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if p.KeyFetches != 0 {
		t.Error("New dialled")
	}
}

func TestAuthenticate_NoSession(t *testing.T) {
	s := newTestService(t, authtest.New(t))
	user, err := newBrowser().visit(s)
	if user != nil || reasonOf(err) != ReasonNone || portal.CodeOf(err) != portal.Unauthenticated {
		t.Errorf("%v, %v", user, err)
	}
}

// TestAuthenticate_MangledCookies: whatever is not ours ends the session and takes the cookies away.
func TestAuthenticate_MangledCookies(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	access, refresh := b.Cookie(CookieSession).Value, b.Cookie(CookieRefresh).Value
	for name, value := range map[string]string{
		"empty-ish": "x", "long": strings.Repeat("A", 8000), "flipped": flip(access), "cut": access[:len(access)-4],
		"the other cookie": refresh, "a plain token": p.Token(nil), "control": "a%00b",
	} {
		r := httptest.NewRequest(http.MethodGet, "/messages", nil)
		r.AddCookie(&http.Cookie{Name: CookieSession, Value: value})
		w := httptest.NewRecorder()
		_, err := s.Authenticate(w, r)
		if reasonOf(err) != ReasonSessionExpired {
			t.Errorf("%s: %v", name, err)
		}
		if cookies := w.Result().Cookies(); len(cookies) != 2 || cookies[0].MaxAge >= 0 || cookies[1].MaxAge >= 0 {
			t.Errorf("%s: cookies %v", name, cookies)
		}
	}
}

func flip(s string) string {
	b := []byte(s)
	if b[len(b)/2]++; b[len(b)/2] > 'y' {
		b[len(b)/2] = 'a'
	}
	return string(b)
}

func TestAuthenticate_MangledAccessCookieIsRefreshed(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	b.Cookie(CookieSession).Value = "mangled"
	if user, err := b.visit(s); err != nil || user == nil {
		t.Error(err)
	}
	if user, err := b.visit(s); err != nil || user == nil {
		t.Error(err)
	}
}

func TestSession_KeyRotation(t *testing.T) {
	p := authtest.New(t)
	const newKey = "second-session-key-0123456789abcdef"
	b := newBrowser()
	b.signIn(t, newTestService(t, p, authtest.SessionKey), p)
	old := b.Cookie(CookieSession).Value

	both := newTestService(t, p, newKey, authtest.SessionKey)
	if _, err := b.visit(both); err != nil {
		t.Fatal(err)
	}
	if b.Cookie(CookieSession).Value == old {
		t.Error("not sealed again with the new key")
	}
	resealed := b.Cookie(CookieSession).Value
	if _, err := b.visit(both); err != nil || b.Cookie(CookieSession).Value != resealed {
		t.Errorf("sealed again for nothing, or %v", err)
	}
	if _, err := b.visit(newTestService(t, p, newKey)); err != nil {
		t.Errorf("the old key is still needed: %v", err)
	}
	if _, err := b.visit(newTestService(t, p, authtest.SessionKey)); reasonOf(err) != ReasonSessionExpired {
		t.Errorf("the old key opens what the new one sealed: %v", err)
	}
}

func TestSession_TooLong(t *testing.T) {
	s := newTestService(t, authtest.New(t))
	w := httptest.NewRecorder()
	err := s.writeSession(w, client.TokenPair{AccessToken: strings.Repeat("t", 2300), RefreshToken: "r"})
	if portal.CodeOf(err) != portal.Internal || len(w.Result().Cookies()) != 0 {
		t.Errorf("%v, cookies %v", err, w.Result().Cookies())
	}
	err = s.writeSession(w, client.TokenPair{AccessToken: "t", RefreshToken: strings.Repeat("t", 2300)})
	if portal.CodeOf(err) != portal.Internal || len(w.Result().Cookies()) != 0 {
		t.Errorf("%v, cookies %v", err, w.Result().Cookies())
	}
	if err := s.writeSession(w, client.TokenPair{AccessToken: strings.Repeat("t", 2000), RefreshToken: "r"}); err != nil {
		t.Error(err)
	}
	for _, c := range w.Result().Cookies() {
		if len(c.Name)+len(c.Value) > 4096 {
			t.Errorf("%s has %d bytes", c.Name, len(c.Value))
		}
	}
}

func TestSignOut(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	stolen := browser{b.Clone()}
	w := httptest.NewRecorder()
	s.SignOut(w, b.Request(http.MethodPost, "/api/auth/logout"))
	b.Take(w.Result().Cookies())
	if len(b.Jar) != 0 || len(p.Revoked) != 1 {
		t.Errorf("cookies %v, revoked %v", b.Jar, p.Revoked)
	}
	if _, err := b.visit(s); reasonOf(err) != ReasonNone {
		t.Error(err)
	}
	if _, err := stolen.visit(s); reasonOf(err) != ReasonSessionExpired {
		t.Errorf("cookies kept aside still work: %v", err)
	}
}

func TestSignOut_AuthServiceDown(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	p.Set(func() { p.Fail = portal.Fail(portal.Unavailable, errors.New("down")) })
	w := httptest.NewRecorder()
	s.SignOut(w, b.Request(http.MethodPost, "/api/auth/logout"))
	b.Take(w.Result().Cookies())
	if len(b.Jar) != 0 {
		t.Errorf("cookies %v", b.Jar)
	}
}

// TestSignOut_JustAfterARefresh: the pair that a refresh on the way gave is ended too, and not kept for late tabs.
func TestSignOut_JustAfterARefresh(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	p.Clock.Add(15 * time.Minute)
	late := browser{b.Clone()}
	w := httptest.NewRecorder()
	r, err := s.Authenticate(w, b.Request(http.MethodPost, "/api/auth/logout"))
	if err != nil {
		t.Fatal(err)
	}
	s.SignOut(w, r)
	if lines := w.Header()["Set-Cookie"]; len(lines) != 2 {
		t.Errorf("cookies set twice: %q", lines)
	}
	b.Take(w.Result().Cookies())
	if len(b.Jar) != 0 || len(p.Live) != 0 {
		t.Errorf("cookies %v, live %v", b.Jar, p.Live)
	}
	if _, err := late.visit(s); reasonOf(err) != ReasonSessionExpired {
		t.Errorf("late tab: %v", err)
	}
}

func FuzzSessionCookie(f *testing.F) {
	seal, err := newSealer([]string{authtest.SessionKey, "second-session-key-0123456789abcdef"})
	if err != nil {
		f.Fatal(err)
	}
	good, err := seal.seal(CookieSession, "token")
	if err != nil {
		f.Fatal(err)
	}
	for _, value := range []string{"", "x", good, good[:len(good)-1], flip(good), strings.Repeat("=", 100), "||||", "MTIzfGFhfA=="} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, _, ok := seal.open(CookieSession, value)
		if ok && got != "token" {
			t.Errorf("%q opened to %q, which nobody sealed", value, got)
		}
		if _, _, ok := seal.open(CookieRefresh, value); ok {
			t.Errorf("%q opened under another name", value)
		}
	})
}
