package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/auth/authtest"
	"ghasi.io/portal/portal"
)

func TestSignIn_OK(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	q := b.begin(t, s, "/messages?status=failed&to=%2B93")

	signin := b.Cookie(CookieSignIn)
	if signin == nil || !signin.HttpOnly || !signin.Secure || signin.SameSite != http.SameSiteLaxMode ||
		signin.Path != "/auth" || signin.MaxAge != 600 {
		t.Errorf("sign-in cookie is %+v", signin)
	}
	if len(q.Get("state")) < 43 || len(q.Get("nonce")) != 43 || q.Get("ui_locales") != "ps" || q.Get("redirect_uri") != authtest.Callback {
		t.Errorf("authorize query is %v", q)
	}
	p.Nonce = q.Get("nonce")
	in, err := b.complete(s, p.Approve(q))
	if err != nil {
		t.Fatal(err)
	}
	if in.ReturnTo != "/messages?status=failed&to=%2B93" || !in.Started.Equal(p.Clock.Now()) {
		t.Errorf("signed in to %q, started %v", in.ReturnTo, in.Started)
	}
	if b.Cookie(CookieSignIn) != nil {
		t.Error("the sign-in cookie is still there")
	}
	for _, name := range []string{CookieSession, CookieRefresh} {
		c := b.Cookie(name)
		if c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != 30*24*3600 {
			t.Errorf("%s is %+v", name, c)
		} else if strings.Contains(c.Value, "refresh-") || strings.Contains(c.Value, "eyJ") {
			t.Errorf("%s is readable", name)
		}
	}
	user, err := b.visit(s)
	want := &User{
		ID: "usr_1", TenantID: "ten_1", Tenant: "Pamir Logistics", Email: "customer@demo.ghasi.test", Name: "Maryam",
		Locale: "fa-AF", Roles: []string{"customer"}, Token: in.User.Token,
	}
	if diff := cmp.Diff(want, user); err != nil || diff != "" {
		t.Errorf("visit: %v, user (-want +got):\n%s", err, diff)
	}
}

func TestSignIn_NewSecretsEachTime(t *testing.T) {
	s, b := newTestService(t, authtest.New(t)), newBrowser()
	first, second := b.begin(t, s, ""), b.begin(t, s, "")
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if first.Get(name) == second.Get(name) {
			t.Errorf("%s repeats", name)
		}
	}
}

// TestSignIn_Refused is every way in which an answer is not the one that was asked for.
func TestSignIn_Refused(t *testing.T) {
	tests := []struct {
		name    string
		change  func(p *authtest.Platform, b browser, q url.Values)
		reason  Reason
		forgets bool // the return path is not known
	}{
		{"no cookie", func(_ *authtest.Platform, b browser, _ url.Values) { clear(b.Jar) }, ReasonOtherBrowser, true},
		{"no cookie, old state", func(p *authtest.Platform, b browser, _ url.Values) {
			clear(b.Jar)
			p.Clock.Add(11 * time.Minute)
		}, ReasonExpiredState, true},
		{"forged cookie", func(_ *authtest.Platform, b browser, _ url.Values) {
			b.Cookie(CookieSignIn).Value = strings.Repeat("A", 300)
		}, ReasonOtherBrowser, true},
		{"ten minutes later", func(p *authtest.Platform, _ browser, _ url.Values) { p.Clock.Add(10 * time.Minute) }, ReasonExpiredState, false},
		{"other state", func(_ *authtest.Platform, _ browser, q url.Values) { q.Set("state", "x") }, ReasonExpiredState, false},
		{"no state", func(_ *authtest.Platform, _ browser, q url.Values) { q.Del("state") }, ReasonExpiredState, false},
		{"other issuer", func(_ *authtest.Platform, _ browser, q url.Values) { q.Set("iss", "https://evil.test") }, ReasonFailed, false},
		{"no code", func(_ *authtest.Platform, _ browser, q url.Values) { q.Del("code") }, ReasonFailed, false},
		{"endless code", func(_ *authtest.Platform, _ browser, q url.Values) { q.Set("code", strings.Repeat("c", 5000)) }, ReasonFailed, false},
		{"used code", func(_ *authtest.Platform, _ browser, q url.Values) { q.Set("code", "used-or-made-up") }, ReasonCodeUsed, false},
		{"no role", func(p *authtest.Platform, _ browser, _ url.Values) { p.Roles = nil }, ReasonMissingRole, false},
		{"foreign role", func(p *authtest.Platform, _ browser, _ url.Values) { p.Roles = []string{"Customer", "admin"} }, ReasonMissingRole, false},
		{"token of another sign-in", func(p *authtest.Platform, _ browser, _ url.Values) { p.Nonce = "another" }, ReasonFailed, false},
		{"key set down", func(p *authtest.Platform, _ browser, _ url.Values) { p.KeysDown = true }, ReasonUnavailable, false},
		{"auth-service down", func(p *authtest.Platform, _ browser, _ url.Values) { p.Fail = portal.Fail(portal.Unavailable, nil) }, ReasonUnavailable, false},
		{"auth-service broken", func(p *authtest.Platform, _ browser, _ url.Values) { p.Fail = errors.New("?") }, ReasonUnavailable, false},
		{"access denied", func(_ *authtest.Platform, _ browser, q url.Values) { q.Set("error", "access_denied") }, ReasonAccessDenied, false},
		{"provider busy", func(_ *authtest.Platform, _ browser, q url.Values) { q.Set("error", "temporarily_unavailable") }, ReasonUnavailable, false},
		{"provider waited too long", func(_ *authtest.Platform, _ browser, q url.Values) {
			q.Set("error", "temporarily_unavailable")
			q.Set("error_description", "authentication_expired")
		}, ReasonExpiredState, false},
		{"unknown provider error", func(_ *authtest.Platform, _ browser, q url.Values) { q.Set("error", "<script>") }, ReasonFailed, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := authtest.New(t)
			s, b := newTestService(t, p), newBrowser()
			begun := b.begin(t, s, "/api-keys")
			q := p.Approve(begun)
			tt.change(p, b, q)
			in, err := b.complete(s, q)
			if in != nil || reasonOf(err) != tt.reason {
				t.Fatalf("got %+v, %v; want reason %s", in, err, tt.reason)
			}
			var f *Failure
			wantReturn := "/api-keys"
			if tt.forgets {
				wantReturn = ""
			}
			if errors.As(err, &f) && f.ReturnTo != wantReturn {
				t.Errorf("return to %q, want %q", f.ReturnTo, wantReturn)
			}
			if b.Cookie(CookieSession) != nil || b.Cookie(CookieRefresh) != nil || b.Cookie(CookieSignIn) != nil {
				t.Errorf("cookies left: %v", b.Jar)
			}
		})
	}
}

func TestSignIn_TokensOfARefusedPersonAreRevoked(t *testing.T) {
	p := authtest.New(t)
	p.Roles = []string{}
	s, b := newTestService(t, p), newBrowser()
	q := b.begin(t, s, "")
	_, err := b.complete(s, p.Approve(q))
	if reasonOf(err) != ReasonMissingRole || len(p.Revoked) != 1 {
		t.Errorf("%v, revoked %v", err, p.Revoked)
	}
}

func TestSignIn_StaffRoles(t *testing.T) {
	for _, role := range []string{RoleTAM, RolePlatformAdmin} {
		p := authtest.New(t)
		p.Roles = []string{role}
		if in := newBrowser().signIn(t, newTestService(t, p), p); !in.User.Has(role) {
			t.Errorf("roles %v", in.User.Roles)
		}
	}
}

func TestSignIn_AnswerCountsOnce(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	q := b.begin(t, s, "")
	answer := p.Approve(q)
	kept := b.Cookie(CookieSignIn)
	if _, err := b.complete(s, answer); err != nil {
		t.Fatal(err)
	}
	if _, err := b.complete(s, answer); reasonOf(err) != ReasonOtherBrowser {
		t.Errorf("replay without the cookie: %v", err)
	}
	b.Jar[authtest.Cookie{Name: CookieSignIn, Path: "/auth"}] = kept // a thief who has the cookie too
	if _, err := b.complete(s, answer); reasonOf(err) != ReasonCodeUsed {
		t.Errorf("replay with the cookie: %v", err)
	}
}

func TestSignIn_RateLimited(t *testing.T) {
	p := authtest.New(t)
	p.Fail = &portal.Error{Code: portal.RateLimited, RetryAfter: 42 * time.Second}
	s, b := newTestService(t, p), newBrowser()
	q := b.begin(t, s, "/billing")
	_, err := b.complete(s, p.Approve(q))
	var f *Failure
	if !errors.As(err, &f) || f.Reason != ReasonRateLimited || f.RetryAfter != 42*time.Second || portal.CodeOf(err) != portal.RateLimited {
		t.Errorf("got %+v", err)
	}
}

func TestSignIn_ProvidersWords(t *testing.T) {
	long := strings.Repeat("ab ", 200)
	tests := []struct{ description, want string }{
		{"Invalid username or password.", "Invalid username or password."},
		{"<b>bold</b> & \"quoted\"", "<b>bold</b> & \"quoted\""}, // escaping is the template's
		{" a\r\nb\x00c\t\u202ed\u2066 ", "a  bc d"},
		{long, strings.TrimSpace(long[:200])},
		{strings.Repeat("ښ", 500), strings.Repeat("ښ", 200)},
		{"bad \xff bytes", "bad  bytes"},
	}
	for _, tt := range tests {
		s, b := newTestService(t, authtest.New(t)), newBrowser()
		q := b.begin(t, s, "/billing")
		_, err := b.complete(s, url.Values{
			"error": {"access_denied"}, "error_description": {tt.description}, "state": {q.Get("state")},
		})
		var f *Failure
		if !errors.As(err, &f) || f.Detail != tt.want {
			t.Errorf("%q: got %+v", tt.description, f)
			continue
		}
		w := httptest.NewRecorder()
		if err := s.KeepDetail(w, f); err != nil {
			t.Fatal(err)
		}
		b.Take(w.Result().Cookies())
		w = httptest.NewRecorder()
		if got := s.TakeDetail(w, b.Request(http.MethodGet, "/login")); got != tt.want {
			t.Errorf("kept %q, want %q", got, tt.want)
		}
		b.Take(w.Result().Cookies())
		if got := s.TakeDetail(httptest.NewRecorder(), b.Request(http.MethodGet, "/login")); got != "" {
			t.Errorf("told twice: %q", got)
		}
	}
}

func TestSignIn_WordsWithoutAStateAreNotHeard(t *testing.T) {
	s, b := newTestService(t, authtest.New(t)), newBrowser()
	b.begin(t, s, "")
	_, err := b.complete(s, url.Values{"error": {"access_denied"}, "error_description": {"call +1 900"}, "state": {"guess"}})
	var f *Failure
	if !errors.As(err, &f) || f.Reason != ReasonExpiredState || f.Detail != "" {
		t.Errorf("got %+v", f)
	}
}

func TestTakeDetail_RefusesOtherCookies(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.begin(t, s, "")
	r := httptest.NewRequest(http.MethodGet, "/login", nil)
	r.AddCookie(&http.Cookie{Name: CookieSignIn, Value: b.Cookie(CookieSignIn).Value})
	if got := s.TakeDetail(httptest.NewRecorder(), r); got != "" {
		t.Errorf("a sign-in under way read as an outcome: %q", got)
	}
	w := httptest.NewRecorder()
	if err := s.KeepDetail(w, &Failure{Detail: "words"}); err != nil {
		t.Fatal(err)
	}
	b.Take(w.Result().Cookies())
	p.Clock.Add(2 * time.Minute)
	if got := s.TakeDetail(httptest.NewRecorder(), b.Request(http.MethodGet, "/login")); got != "" {
		t.Errorf("told late: %q", got)
	}
}
