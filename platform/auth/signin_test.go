package auth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

func TestSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		for _, typed := range []string{email, "  Customer@DEMO.ghasi.test "} {
			w := s.signIn(typed, password)
			u, err := url.Parse(s.page.Continue)
			must(t, err)
			q := u.Query()
			if w.Code != http.StatusOK || !strings.HasPrefix(u.String(), redirectURI+"?") || !isSecret(q.Get("code")) ||
				q.Get("state") != "st-1" || q.Get("iss") != issuer {
				t.Errorf("%q: %d, continue to %s", typed, w.Code, u)
			}
			if got := w.Header().Get("Refresh"); got != "0; url="+u.String() {
				t.Errorf("Refresh %q", got)
			}
		}
		// An unknown account and a wrong password look the same.
		w := s.signIn(email, "wrong")
		wrong, wrongPage := w.Code, s.page
		w = s.signIn("nobody@demo.ghasi.test", "wrong")
		s.page.Email, s.page.Request, wrongPage.Request = email, "", ""
		if w.Code != wrong || wrong != http.StatusUnprocessableEntity || s.page != wrongPage || wrongPage.ErrorKey != keyMismatch || wrongPage.Continue != "" {
			t.Errorf("wrong password %d %+v, unknown account %d %+v", wrong, wrongPage, w.Code, s.page)
		}
		if n := s.count("SELECT count(*) FROM auth_codes"); n != 2 {
			t.Errorf("%d codes, want those of the two successes", n)
		}
	})
}

func TestSignInHostileInput(t *testing.T) {
	s := lite(t)
	sealed := s.open()
	form := func(email, password string) string {
		return url.Values{"request": {sealed}, "email": {email}, "password": {password}}.Encode()
	}
	for name, tc := range map[string]struct {
		body string
		want int
	}{
		"no e-mail":        {form("", password), 422},
		"no password":      {form(email, ""), 422},
		"injection":        {form("' OR 1=1 --", password), 422},
		"markup":           {form("<script>alert(1)</script>", "x"), 422},
		"long e-mail":      {form(strings.Repeat("a", 300), "x"), 422},
		"long password":    {form(email, strings.Repeat("a", maxPassword+1)), 422},
		"NUL":              {form(email+"\x00", password), 400},
		"not UTF-8":        {form("\xff\xfe", password), 400},
		"twice":            {form(email, password) + "&email=x", 400},
		"broken escape":    {"request=%zz", 400},
		"ten megabytes":    {"email=" + strings.Repeat("a", 10<<20), 413},
		"nothing":          {"", 400},
		"the query counts": {"", 400},
	} {
		path := signInPath
		if name == "the query counts" {
			path += "?" + form(email, password)
		}
		w := s.post(path, "application/x-www-form-urlencoded", tc.body)
		if w.Code != tc.want || w.Header().Get("Refresh") != "" {
			t.Errorf("%s: %d, want %d; page %+v", name, w.Code, tc.want, s.page)
		}
	}
	s.wantStatus(s.post(signInPath, "text/plain", form(email, password)), 400, "a form without preflight as text")
	if len(s.page.Email) > maxEmail {
		t.Errorf("%d bytes of e-mail come back", len(s.page.Email))
	}
}

func TestSignInFromAnotherSite(t *testing.T) {
	s := lite(t)
	body := url.Values{"request": {s.open()}, "email": {email}, "password": {password}}.Encode()
	for header, tc := range map[[2]string]int{
		{"Sec-Fetch-Site", "cross-site"}:    http.StatusForbidden,
		{"Sec-Fetch-Site", "same-site"}:     http.StatusForbidden,
		{"Sec-Fetch-Site", "same-origin"}:   http.StatusOK,
		{"Origin", "https://evil.example"}:  http.StatusForbidden,
		{"Origin", "null"}:                  http.StatusForbidden,
		{"Origin", issuer}:                  http.StatusOK, // even when a proxy changed Host
		{"Origin", "http://localhost:8081"}: http.StatusForbidden,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, signInPath, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header[0], header[1])
		s.wantStatus(s.do(r), tc, strings.Join(header[:], ": "))
	}
}

func TestSignInThrottle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		for range failuresAccount {
			s.wantStatus(s.signIn(email, "wrong"), 422, "a wrong password")
			s.clock.advance(time.Minute)
		}
		// The oldest of the five is five minutes old: ten more to wait, whatever is tried meanwhile.
		for range 3 {
			w := s.signIn(strings.ToUpper(email), password)
			s.wantStatus(w, http.StatusTooManyRequests, "the sixth attempt, with the right password")
			if got, _ := strconv.Atoi(w.Header().Get("Retry-After")); got != 600 || s.page.RetryAfter != got || s.page.ErrorKey != keyThrottled || s.page.Request == "" {
				t.Errorf("Retry-After %q, page %+v", w.Header().Get("Retry-After"), s.page)
			}
		}
		s.ip = "203.0.113.8"
		s.wantStatus(s.signIn(email, password), 200, "from another address")
		s.ip = "203.0.113.7"
		s.clock.advance(10*time.Minute - time.Second)
		s.wantStatus(s.signIn(email, password), 429, "a second early")
		s.clock.advance(time.Second)
		s.wantStatus(s.signIn(email, password), 200, "in time")
		for range failuresAccount - 1 {
			s.wantStatus(s.signIn(email, "wrong"), 422, "a success starts the count anew")
		}
		s.wantStatus(s.signIn(email, password), 200, "the fifth attempt after a success")
	})
}

func TestSignInThrottleByAddress(t *testing.T) {
	s := lite(t)
	s.ip = "2001:db8:1:2::1"
	for i := range failuresAddress {
		s.wantStatus(s.signIn("user"+strconv.Itoa(i)+"@demo.ghasi.test", "guess"), 422, "spraying")
		s.clock.advance(time.Second)
	}
	s.ip = "2001:db8:1:2:ffff::9" // the same line
	s.wantStatus(s.signIn(email, password), 429, "the twenty-first")
	s.ip = "2001:db8:1:3::1"
	s.wantStatus(s.signIn(email, password), 200, "another network")
}

// TestSignInThrottleTogether guesses in parallel: no more than the limit may get an answer.
func TestSignInThrottleTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		sealed, err := s.svc.open(s.open())
		must(t, err)
		var wg sync.WaitGroup
		var mu sync.Mutex
		throttled := 0
		for range 12 {
			wg.Go(func() {
				_, wait, err := s.svc.attempt(t.Context(), sealed, email, "wrong", s.ip)
				mu.Lock()
				defer mu.Unlock()
				if wait > 0 {
					throttled++
				} else if err == nil {
					t.Error("a wrong password got in")
				}
			})
		}
		wg.Wait()
		if throttled != 12-failuresAccount {
			t.Errorf("%d of 12 guesses were stopped, want %d", throttled, 12-failuresAccount)
		}
	})
}

func TestSignInWithoutDatabase(t *testing.T) {
	s := lite(t)
	sealed := s.open()
	must(t, s.db.Write.Close())
	w := s.postForm(signInPath, url.Values{"request": {sealed}, "email": {email}, "password": {password}})
	if w.Code != http.StatusServiceUnavailable || s.page.ErrorKey != keyUnavailable || s.page.Email != email {
		t.Errorf("%d %+v", w.Code, s.page)
	}
}
