package auth

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

// lite runs a test that does not depend on the database on SQLite alone.
func lite(t *testing.T) *site {
	t.Helper()
	return newSite(t, func(string) *database.DB { return dbtest.Open(t, nil) })
}

func TestAuthorizeNeverRedirectsToAStranger(t *testing.T) {
	s := lite(t)
	for name, q := range map[string]url.Values{
		"no client":          query("client_id", ""),
		"unknown client":     query("client_id", "evil"),
		"no redirect":        query("redirect_uri", ""),
		"other host":         query("redirect_uri", "https://evil.example/auth/callback"),
		"slash added":        query("redirect_uri", redirectURI+"/"),
		"query added":        query("redirect_uri", redirectURI+"?x=1"),
		"fragment added":     query("redirect_uri", redirectURI+"#x"),
		"prefix":             query("redirect_uri", issuer+"/auth"),
		"dot segments":       query("redirect_uri", issuer+"/auth/x/../callback"),
		"other case":         query("redirect_uri", strings.ToUpper(redirectURI)),
		"user information":   query("redirect_uri", "http://localhost:8080@evil.example/auth/callback"),
		"host suffix":        query("redirect_uri", "http://localhost:8080.evil.example/auth/callback"),
		"script":             query("redirect_uri", "javascript:alert(1)"),
		"two redirects":      {"client_id": {clientID}, "redirect_uri": {redirectURI, "https://evil.example"}},
		"two clients":        {"client_id": {clientID, "evil"}, "redirect_uri": {redirectURI}},
		"very long":          query("state", strings.Repeat("x", maxQuery)),
		"nothing whatsoever": {},
	} {
		w := s.get("/v1/auth/oidc/authorize?" + q.Encode())
		if w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" || s.page.Request != "" || s.page.ErrorKey != keyClient {
			t.Errorf("%s: %d, Location %q, page %+v", name, w.Code, w.Header().Get("Location"), s.page)
		}
	}
	if w := s.get("/v1/auth/oidc/authorize?client_id=%zz"); w.Code != http.StatusBadRequest {
		t.Errorf("a broken query: %d", w.Code)
	}
}

func TestAuthorizeErrorsGoBackToTheClient(t *testing.T) {
	s := lite(t)
	_, s.handler = s.serve(s.db, contracttest.ResponsesOnly()) // sending an error back is a way to refuse
	twice := query()
	twice["nonce"] = []string{"a", "b"}
	for name, tc := range map[string]struct {
		q    url.Values
		want string
	}{
		"no response type":  {query("response_type", ""), "invalid_request"},
		"implicit":          {query("response_type", "token"), "unsupported_response_type"},
		"no challenge":      {query("code_challenge", ""), "invalid_request"},
		"plain":             {query("code_challenge_method", "plain"), "invalid_request"},
		"no method":         {query("code_challenge_method", ""), "invalid_request"}, // its default is plain
		"short challenge":   {query("code_challenge", "abc"), "invalid_request"},
		"odd challenge":     {query("code_challenge", challenge[:42]+"!"), "invalid_request"},
		"no state":          {query("state", ""), "invalid_request"},
		"state with breaks": {query("state", "a\r\nSet-Cookie: x=1"), "invalid_request"},
		"state with a NUL":  {query("state", "a\x00"), "invalid_request"},
		"long state":        {query("state", strings.Repeat("x", maxState+1)), "invalid_request"},
		"no nonce":          {query("nonce", ""), "invalid_request"},
		"no scope":          {query("scope", ""), "invalid_scope"},
		"twice":             {twice, "invalid_request"},
		"request object":    {query("request", "eyJ"), "request_not_supported"},
		"silent":            {query("prompt", "none"), "login_required"},
	} {
		w := s.get("/v1/auth/oidc/authorize?" + tc.q.Encode())
		u, err := url.Parse(w.Header().Get("Location"))
		must(t, err)
		got := u.Query()
		if w.Code != http.StatusFound || !strings.HasPrefix(u.String(), redirectURI+"?") || got.Get("error") != tc.want {
			t.Errorf("%s: %d to %s, want %s", name, w.Code, u, tc.want)
		}
		if state := tc.q.Get("state"); state == "st-1" && got.Get("state") != state {
			t.Errorf("%s: state %q", name, got.Get("state"))
		}
		if got.Get("iss") != issuer || got.Get("code") != "" {
			t.Errorf("%s: answer %v", name, got)
		}
	}
}

func TestAuthorizeShowsThePage(t *testing.T) {
	s := lite(t)
	for wanted, locale := range map[string]string{"": "", "fa-AF": "fa-AF", "de PS en": "ps", "<script>": ""} {
		w := s.get("/v1/auth/oidc/authorize?" + query("ui_locales", wanted).Encode())
		if w.Code != http.StatusOK || s.page.Locale != locale || s.page.Action != signInPath || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("ui_locales %q: %d %+v", wanted, w.Code, s.page)
		}
		again, err := url.ParseQuery(s.page.AuthorizeQuery)
		must(t, err)
		if again.Has("ui_locales") || again.Get("state") != "st-1" {
			t.Errorf("the language switch would ask for %v", again)
		}
	}
}

func TestSealedRequest(t *testing.T) {
	s := lite(t)
	sealed := s.open()
	other := lite(t).open()
	body, tag, _ := strings.Cut(sealed, ".")
	otherBody, _, _ := strings.Cut(other, ".")
	for name, forged := range map[string]string{
		"nothing":          "",
		"no tag":           body,
		"empty tag":        body + ".",
		"a bit of the tag": body + "." + flip(tag),
		"a bit of it":      flip(body) + "." + tag,
		"another's tag":    flip(otherBody) + "." + tag,
		"other server's":   other,
		"not base64":       "?." + tag,
	} {
		w := s.postForm(signInPath, url.Values{"request": {forged}, "email": {email}, "password": {password}})
		if w.Code != http.StatusBadRequest || s.page.ErrorKey != keyExpired || s.page.Request != "" || w.Header().Get("Refresh") != "" {
			t.Errorf("%s: %d %+v", name, w.Code, s.page)
		}
	}
	s.clock.advance(requestTTL - time.Second)
	s.wantStatus(s.postForm(signInPath, url.Values{"request": {sealed}, "email": {email}, "password": {password}}), http.StatusOK, "just in time")
	s.clock.advance(time.Second)
	s.wantStatus(s.postForm(signInPath, url.Values{"request": {sealed}, "email": {email}, "password": {password}}), http.StatusBadRequest, "too late")
}

// flip changes the first character, whose bits all count.
func flip(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}
