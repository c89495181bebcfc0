package auth

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
)

func TestCodeWorksOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		code := s.code()
		p := s.pair(s.postForm("/v1/auth/oidc/token", grant(code)))
		p = s.pair(s.refresh(p.RefreshToken))
		other := s.tokens() // another sign-in of the same person

		s.wantOAuth(s.postForm("/v1/auth/oidc/token", grant(code)), 400, "invalid_grant", "a replayed code")
		s.wantStatus(s.refresh(p.RefreshToken), http.StatusUnauthorized, "what the code gave, after the replay")
		s.wantStatus(s.refresh(other.RefreshToken), http.StatusOK, "the other sign-in")
	})
}

func TestCodeIsBoundToItsRequest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		wrong := strings.Repeat("a", 43)
		for name, form := range map[string]func(code string) url.Values{
			"wrong verifier":     func(c string) url.Values { return grant(c, "code_verifier", wrong) },
			"challenge for it":   func(c string) url.Values { return grant(c, "code_verifier", challenge) },
			"short verifier":     func(c string) url.Values { return grant(c, "code_verifier", "abc") },
			"other redirect":     func(c string) url.Values { return grant(c, "redirect_uri", redirectURI+"/") },
			"code of no shape":   func(string) url.Values { return grant("' OR 1=1") },
			"code nobody gave":   func(string) url.Values { return grant(newSecret()) },
			"a refresh token":    func(string) url.Values { return grant(s.tokens().RefreshToken) },
			"code as a refresh":  func(c string) url.Values { return refreshGrant(c) },
			"unknown refresh":    func(string) url.Values { return refreshGrant(newSecret()) },
			"refresh of no form": func(string) url.Values { return refreshGrant("x") },
		} {
			s.wantOAuth(s.postForm("/v1/auth/oidc/token", form(s.code())), 400, "invalid_grant", name)
		}
		code := s.code()
		s.wantOAuth(s.postForm("/v1/auth/oidc/token", grant(code, "code_verifier", wrong)), 400, "invalid_grant", "a guess")
		s.wantOAuth(s.postForm("/v1/auth/oidc/token", grant(code)), 400, "invalid_grant", "a code after a wrong guess")

		code = s.code()
		s.clock.advance(codeTTL)
		s.wantOAuth(s.postForm("/v1/auth/oidc/token", grant(code)), 400, "invalid_grant", "a minute later")
	})
}

func refreshGrant(raw string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "client_id": {clientID}, "refresh_token": {raw}}
}

func TestRefreshByTokenEndpoint(t *testing.T) {
	s := lite(t)
	_, s.handler = s.serve(s.db, contracttest.ResponsesOnly()) // the document names the other grant alone
	first := s.tokens()
	second := s.pair(s.postForm("/v1/auth/oidc/token", refreshGrant(first.RefreshToken)))
	if second.RefreshToken == first.RefreshToken {
		t.Error("the refresh token was not rotated")
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	s := lite(t)
	code := s.code()
	twice := grant(code)
	twice["code"] = []string{code, code}
	for name, tc := range map[string]struct {
		form   url.Values
		status int
		want   string
	}{
		"no grant type":   {grant(code, "grant_type", ""), 400, "invalid_request"},
		"password grant":  {grant(code, "grant_type", "password"), 400, "unsupported_grant_type"},
		"no client":       {grant(code, "client_id", ""), 401, "invalid_client"},
		"other client":    {grant(code, "client_id", "evil"), 401, "invalid_client"},
		"no code":         {grant(code, "code", ""), 400, "invalid_request"},
		"no redirect":     {grant(code, "redirect_uri", ""), 400, "invalid_request"},
		"no verifier":     {grant(code, "code_verifier", ""), 400, "invalid_request"},
		"no refresh":      {refreshGrant(""), 400, "invalid_request"},
		"twice":           {twice, 400, "invalid_request"},
		"NUL":             {grant(code, "code_verifier", "\x00"), 400, "invalid_request"},
		"too much":        {grant(code, "x", strings.Repeat("a", maxForm)), 400, "invalid_request"},
		"nothing at all":  {url.Values{}, 401, "invalid_client"},
		"oversized token": {refreshGrant(strings.Repeat("a", 4000)), 400, "invalid_grant"},
	} {
		w := s.postForm("/v1/auth/oidc/token", tc.form)
		s.wantOAuth(w, tc.status, tc.want, name)
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", name)
		}
	}
	s.wantOAuth(s.post("/v1/auth/oidc/token", "application/json", "{}"), 400, "invalid_request", "JSON")
	s.wantStatus(s.postForm("/v1/auth/oidc/token", grant(code)), 200, "the code after all that")
}

func TestRefreshRotation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		first := s.tokens()
		second := s.pair(s.refresh(first.RefreshToken))
		if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
			t.Error("a refresh gave the same tokens")
		}
		// A late tab within the grace: the same successor, and time has passed for its access token.
		s.clock.advance(reuseGrace)
		late := s.pair(s.refresh(first.RefreshToken))
		if late.RefreshToken != second.RefreshToken || late.AccessToken != second.AccessToken || late.ExpiresIn != 590 {
			t.Errorf("within the grace: %+v, want %+v", late, second)
		}
		third := s.pair(s.refresh(second.RefreshToken))
		// The successor has been used: even within a grace, the first token now means two parties.
		s.wantStatus(s.refresh(first.RefreshToken), http.StatusUnauthorized, "the first token, its successor used")
		s.wantStatus(s.refresh(third.RefreshToken), http.StatusUnauthorized, "the whole family after a reuse")
		if n := s.count("SELECT count(*) FROM token_families WHERE revoked_at IS NOT NULL"); n != 1 {
			t.Errorf("%d families revoked", n)
		}
	})
}

func TestRefreshReuseAfterTheGrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		first := s.tokens()
		second := s.pair(s.refresh(first.RefreshToken))
		s.clock.advance(reuseGrace + time.Millisecond)
		s.wantStatus(s.refresh(first.RefreshToken), http.StatusUnauthorized, "a replay")
		s.wantStatus(s.refresh(second.RefreshToken), http.StatusUnauthorized, "the successor after the replay")
	})
}

func TestRefreshTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		raw := s.tokens().RefreshToken
		got := make(chan string, 20)
		var wg sync.WaitGroup
		for range cap(got) {
			wg.Go(func() {
				p, err := s.svc.rotateRefresh(t.Context(), raw, device{})
				if err != nil {
					t.Error(err)
				}
				got <- p.refresh
			})
		}
		wg.Wait()
		close(got)
		successor := <-got
		for other := range got {
			if other != successor {
				t.Error("two successors of one token")
			}
		}
		s.wantStatus(s.refresh(successor), http.StatusOK, "the successor")
	})
}

// TestRefreshAtAnotherReplica: its memory has no successor to give, but the family must live.
func TestRefreshAtAnotherReplica(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		first := s.tokens()
		second := s.pair(s.refresh(first.RefreshToken))
		here := s.handler
		_, s.handler = s.serve(open("platform"))
		s.wantStatus(s.refresh(first.RefreshToken), http.StatusUnauthorized, "the spent token at another replica")
		s.wantStatus(s.refresh(second.RefreshToken), http.StatusOK, "its successor at another replica")
		s.handler = here
		s.wantStatus(s.refresh(second.RefreshToken), http.StatusUnauthorized, "that one again, back at the first")
	})
}

func TestRefreshExpiresAndFollowsTheAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		p := s.tokens()
		s.clock.advance(RefreshTTL - time.Second)
		_, err := s.db.Write.Exec("UPDATE users SET roles = ''")
		must(t, err)
		p = s.pair(s.refresh(p.RefreshToken))
		if c := verifyByJWKS(t, s, p.AccessToken); len(c["roles"].([]any)) != 0 {
			t.Errorf("roles taken away are still in the token: %v", c["roles"])
		}
		s.clock.advance(RefreshTTL)
		s.wantStatus(s.refresh(p.RefreshToken), http.StatusUnauthorized, "after 30 days")
	})
}

// TestRefreshHasAnEnd: a family that is refreshed for ever ends 90 days after its sign-in, and never promises more.
func TestRefreshHasAnEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		const life = 90 * 24 * time.Hour
		end := s.clock.now().Add(life)
		p := s.tokens()
		for range 89 {
			s.clock.advance(24 * time.Hour)
			p = s.pair(s.refresh(p.RefreshToken))
		}
		for _, table := range []string{"token_families", "refresh_tokens"} {
			var last int64
			must(t, s.db.Read.QueryRow("SELECT max(expires_at) FROM "+table).Scan(&last))
			if got := time.UnixMicro(last); got.Sub(end).Abs() > time.Minute {
				t.Errorf("%s: ends at %v, want %v", table, got, end)
			}
		}
		s.clock.advance(24*time.Hour - time.Minute)
		p = s.pair(s.refresh(p.RefreshToken))
		// As a row of before there was an end.
		_, err := s.db.Write.Exec("UPDATE refresh_tokens SET expires_at = ?", end.Add(RefreshTTL).UnixMicro())
		must(t, err)
		s.clock.advance(2 * time.Minute)
		s.wantStatus(s.refresh(p.RefreshToken), http.StatusUnauthorized, "after 90 days")
	})
}

func TestLogout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		first := s.tokens()
		second := s.pair(s.refresh(first.RefreshToken))
		other := s.tokens()
		for name, raw := range map[string]string{"spent": first.RefreshToken, "again": second.RefreshToken, "unknown": newSecret(), "no shape": "x"} {
			w := s.postJSON("/v1/auth/logout", map[string]string{"refreshToken": raw})
			s.wantStatus(w, http.StatusNoContent, name)
		}
		s.wantStatus(s.refresh(second.RefreshToken), http.StatusUnauthorized, "after the logout")
		s.wantStatus(s.refresh(other.RefreshToken), http.StatusOK, "another device")
	})
}

func TestRefreshBodies(t *testing.T) {
	s := lite(t)
	for name, tc := range map[string]struct {
		contentType, body string
		want              int
	}{
		"no field":      {"application/json", `{}`, 422},
		"long":          {"application/json", `{"refreshToken":"` + strings.Repeat("a", 600) + `"}`, 422},
		"no text":       {"application/json", `{"refreshToken":5}`, 422},
		"unknown field": {"application/json", `{"refreshToken":"a","x":1}`, 400},
		"broken":        {"application/json", `{"refreshToken"`, 400},
		"form":          {"application/x-www-form-urlencoded", `refreshToken=a`, 415},
		"too much":      {"application/json", `{"refreshToken":"` + strings.Repeat("a", 10_000) + `"}`, 413},
		"dead":          {"application/json", `{"refreshToken":"a"}`, 401},
	} {
		s.wantStatus(s.post("/v1/auth/refresh", tc.contentType, tc.body), tc.want, name)
	}
	s.wantStatus(s.postJSON("/v1/auth/firebase", map[string]string{"idToken": "x"}), 404, "firebase")
}

func TestClean(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		p := s.tokens()
		s.wantStatus(s.signIn(email, "wrong"), 422, "a failure")
		must(t, s.svc.Clean(t.Context()))
		rows := func() [4]int {
			return [4]int{
				s.count("SELECT count(*) FROM auth_codes"), s.count("SELECT count(*) FROM refresh_tokens"),
				s.count("SELECT count(*) FROM token_families"), s.count("SELECT count(*) FROM sign_in_failures"),
			}
		}
		if got := rows(); got != [4]int{1, 1, 1, 1} {
			t.Errorf("too much was cleaned: %v", got)
		}
		s.pair(s.refresh(p.RefreshToken))
		s.clock.advance(2 * time.Hour)
		must(t, s.svc.Clean(t.Context()))
		if got := rows(); got != [4]int{0, 2, 1, 0} || len(s.svc.grace.pairs) != 0 {
			t.Errorf("after two hours: %v, %d pairs in memory", got, len(s.svc.grace.pairs))
		}
		s.clock.advance(RefreshTTL)
		must(t, s.svc.Clean(t.Context()))
		if got := rows(); got != [4]int{} {
			t.Errorf("after 30 days: %v", got)
		}
	})
}
