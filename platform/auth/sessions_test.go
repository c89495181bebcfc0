package auth

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

// as calls with an access token.
func (s *site) as(token, method, target string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, target, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return s.do(r)
}

func (s *site) sessionsOf(token string) []portal.Session {
	s.t.Helper()
	w := s.as(token, http.MethodGet, "/v1/auth/sessions")
	var list struct{ Items []portal.Session }
	if w.Code != http.StatusOK {
		s.t.Fatalf("list sessions: %d %s", w.Code, w.Body)
	}
	must(s.t, json.Unmarshal(w.Body.Bytes(), &list))
	return list.Items
}

// from trades a code on behalf of a browser.
func (s *site) from(agent, ip string) tokenResponse {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/v1/auth/oidc/token", strings.NewReader(grant(s.code()).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "customer-portal/1")
	r.Header.Set(headerAgent, agent)
	r.Header.Set(headerIP, ip)
	return s.pair(s.do(r))
}

func TestSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		began := s.clock.now()
		phone := s.from("Phone/1", "2001:db8::1")
		s.clock.advance(time.Minute)
		laptop := s.from("Laptop/1\x00\u202e"+strings.Repeat("x", 1000), "no address")

		items := s.sessionsOf(laptop.AccessToken)
		if len(items) != 2 || !items[0].Current || items[1].Current {
			t.Fatalf("sessions: %+v", items)
		}
		if items[0].IP != s.ip || len(items[0].UserAgent) != maxAgent || !strings.HasPrefix(items[0].UserAgent, "Laptop/1xx") {
			t.Errorf("a hostile device is kept as %q at %q", items[0].UserAgent, items[0].IP)
		}
		if got := items[1]; got.UserAgent != "Phone/1" || got.IP != "2001:db8::1" || !got.CreatedAt.Equal(began) || !got.LastUsedAt.Equal(began) {
			t.Errorf("the phone: %+v", got)
		}
		s.clock.advance(5 * time.Minute)
		phone = s.pair(s.refresh(phone.RefreshToken))
		if got := s.sessionsOf(laptop.AccessToken)[1]; !got.LastUsedAt.Equal(s.clock.now()) || got.IP != s.ip {
			t.Errorf("after a refresh: %+v", got)
		}

		s.wantStatus(s.as(laptop.AccessToken, http.MethodDelete, "/v1/auth/sessions/"+items[1].SessionID), http.StatusNoContent, "end the phone's")
		s.wantStatus(s.as(phone.AccessToken, http.MethodGet, "/v1/auth/sessions"), http.StatusUnauthorized, "its access token, at once")
		s.wantStatus(s.refresh(phone.RefreshToken), http.StatusUnauthorized, "its refresh token")
		s.wantStatus(s.as(laptop.AccessToken, http.MethodDelete, "/v1/auth/sessions/"+items[1].SessionID), http.StatusNotFound, "end it again")
		if n := len(s.sessionsOf(laptop.AccessToken)); n != 1 {
			t.Errorf("%d sessions left", n)
		}
	})
}

func TestSessions_OfOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		mine := s.tokens()
		_, err := CreateUser(t.Context(), s.db.Write, NewUser{
			Email: "tam@demo.ghasi.test", Name: "Staff", Locale: "en", Roles: []string{"tam"}, PasswordHash: passwordHash,
		}, s.clock.now())
		must(t, err)
		s.signIn("tam@demo.ghasi.test", password)
		_, after, _ := strings.Cut(s.page.Continue, "code=")
		code, _, _ := strings.Cut(after, "&")
		staff := s.pair(s.postForm("/v1/auth/oidc/token", grant(code)))
		if got := s.sessionsOf(staff.AccessToken); len(got) != 1 {
			t.Errorf("staff see %d sessions", len(got))
		}
		own := s.sessionsOf(mine.AccessToken)[0].SessionID
		s.wantStatus(s.as(staff.AccessToken, http.MethodDelete, "/v1/auth/sessions/"+own), http.StatusNotFound, "end somebody else's")
		s.wantStatus(s.as(staff.AccessToken, http.MethodDelete, "/v1/auth/sessions"), http.StatusNoContent, "end all of one's own")
		s.wantStatus(s.as(staff.AccessToken, http.MethodGet, "/v1/auth/sessions"), http.StatusUnauthorized, "one's own afterwards")
		s.wantStatus(s.as(mine.AccessToken, http.MethodGet, "/v1/auth/sessions"), http.StatusOK, "somebody else's afterwards")
		s.wantStatus(s.as("", http.MethodGet, "/v1/auth/sessions"), http.StatusUnauthorized, "nobody")
	})
}

func TestSessions_EndAllOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		here, there := s.tokens(), s.tokens()
		s.wantStatus(s.as(here.AccessToken, http.MethodDelete, "/v1/auth/sessions?exceptCurrent=true"), http.StatusNoContent, "all others")
		s.wantStatus(s.as(here.AccessToken, http.MethodGet, "/v1/auth/sessions"), http.StatusOK, "this one")
		s.wantStatus(s.as(there.AccessToken, http.MethodGet, "/v1/auth/sessions"), http.StatusUnauthorized, "the other")
		s.wantStatus(s.as(here.AccessToken, http.MethodDelete, "/v1/auth/sessions?exceptCurrent=perhaps"), http.StatusUnprocessableEntity, "bad query")
	})
}

// TestSessions_OtherReplica: what one replica ends, another one refuses within [liveFor].
func TestSessions_OtherReplica(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		p := s.tokens()
		other, _ := s.serve(s.db)
		verify := func() portal.Code {
			_, err := other.VerifyToken(t.Context(), p.AccessToken)
			return portal.CodeOf(err)
		}
		if code := verify(); code != "" {
			t.Fatal(code)
		}
		must(t, s.svc.revoke(t.Context(), p.RefreshToken))
		s.clock.advance(liveFor)
		if code := verify(); code != portal.Unauthenticated {
			t.Errorf("after %v: %q", liveFor, code)
		}
	})
}

func TestSessions_NotByKey(t *testing.T) {
	guard := access.NewGuard(nil, keyOf{}, access.Limits{}, time.Now)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/auth/sessions", nil)
	r.Header.Set("Authorization", "Bearer "+access.KeyPrefix+"x")
	w := httptest.NewRecorder()
	guard.RequirePerson(func(http.ResponseWriter, *http.Request) { t.Error("an API key got through") }).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("%d", w.Code)
	}
}
