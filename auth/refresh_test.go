package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/auth/authtest"
	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

func TestRefresh_OnlyNearExpiry(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	in := b.signIn(t, s, p)
	p.Clock.Add(13*time.Minute + 59*time.Second)
	if user, err := b.visit(s); err != nil || user.Token != in.User.Token || p.Refreshes != 0 {
		t.Fatalf("before exp-60s: %v, %d refreshes", err, p.Refreshes)
	}
	p.Clock.Add(2 * time.Second)
	user, err := b.visit(s)
	if err != nil || user.Token == in.User.Token || p.Refreshes != 1 {
		t.Fatalf("after exp-60s: %v, %d refreshes", err, p.Refreshes)
	}
	if again, err := b.visit(s); err != nil || again.Token != user.Token || p.Refreshes != 1 {
		t.Errorf("the new cookies: %v, %d refreshes", err, p.Refreshes)
	}
}

func TestRefresh_ForDays(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	for range 50 {
		p.Clock.Add(5 * time.Hour)
		if _, err := b.visit(s); err != nil {
			t.Fatal(err)
		}
	}
	if p.Refreshes != 50 {
		t.Errorf("%d refreshes", p.Refreshes)
	}
}

// TestRefresh_Race: twenty tabs wake up together with the same expired cookies.
func TestRefresh_Race(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	p.Clock.Add(time.Hour)
	stall := make(chan struct{})
	p.Set(func() { p.Stall = stall })

	const tabs = 20
	type outcome struct {
		user    *User
		err     error
		cookies int
	}
	outcomes := make(chan outcome, tabs)
	var started sync.WaitGroup
	for range tabs {
		r := b.Request(http.MethodGet, "/messages")
		started.Add(1)
		go func() {
			started.Done()
			w := httptest.NewRecorder()
			r, err := s.Authenticate(w, r)
			outcomes <- outcome{UserFrom(r.Context()), err, len(w.Result().Cookies())}
		}()
	}
	started.Wait()
	close(stall)
	tokens := map[string]bool{}
	for range tabs {
		o := <-outcomes
		if o.err != nil || o.cookies != 2 {
			t.Fatalf("%v, %d cookies", o.err, o.cookies)
		}
		tokens[o.user.Token] = true
	}
	if p.Refreshes != 1 || len(tokens) != 1 || len(p.Live) != 1 {
		t.Errorf("%d refreshes, %d tokens, %d live refresh tokens", p.Refreshes, len(tokens), len(p.Live))
	}
}

func TestRefresh_LateTab(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	old := b.Request(http.MethodGet, "/messages")
	p.Clock.Add(time.Hour)
	user, err := b.visit(s)
	if err != nil {
		t.Fatal(err)
	}
	p.Clock.Add(29 * time.Second)
	w := httptest.NewRecorder()
	late, err := s.Authenticate(w, old)
	if err != nil || UserFrom(late.Context()).Token != user.Token || p.Refreshes != 1 {
		t.Fatalf("29 s late: %v, %d refreshes", err, p.Refreshes)
	}
	b.Take(w.Result().Cookies())
	if _, err := b.visit(s); err != nil {
		t.Errorf("after the late tab: %v", err)
	}
	p.Clock.Add(2 * time.Second)
	if _, err := s.Authenticate(httptest.NewRecorder(), old); reasonOf(err) != ReasonSessionExpired {
		t.Errorf("31 s late: %v", err)
	}
}

// TestRefresh_LateTabFollowsTheChain: a tab two generations behind gets the newest pair, not a spent one.
func TestRefresh_LateTabFollowsTheChain(t *testing.T) {
	p := authtest.New(t)
	r := newRefresher(p, p.Clock.Now, blind{})
	p.Live["r0"] = true
	first, err := r.refresh(t.Context(), "r0")
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.refresh(t.Context(), first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.refresh(t.Context(), "r0"); err != nil || got != second {
		t.Errorf("got %v, %v", got.RefreshToken, err)
	}
	p.Clock.Add(refreshGrace)
	r.prune()
	if len(r.remembered) != 0 || len(r.queue) != 0 {
		t.Errorf("remembers %d pairs past their grace", len(r.remembered))
	}
}

func TestRefresh_MemoryIsBounded(t *testing.T) {
	p := authtest.New(t)
	r := newRefresher(p, p.Clock.Now, blind{})
	for i := range maxRemembered + 10 {
		key := tokenHash{byte(i), byte(i >> 8), byte(i >> 16)}
		if err := r.remember(key, client.TokenPair{RefreshToken: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.remembered) != maxRemembered || len(r.queue) != maxRemembered {
		t.Errorf("remembers %d pairs, %d queued", len(r.remembered), len(r.queue))
	}
}

func TestRefresh_Fatal(t *testing.T) {
	for _, code := range []portal.Code{portal.Unauthenticated, portal.Invalid, portal.Forbidden} {
		for _, after := range []time.Duration{14*time.Minute + 30*time.Second, time.Hour} { // token still valid; long gone
			p := authtest.New(t)
			s, b := newTestService(t, p), newBrowser()
			b.signIn(t, s, p)
			p.Clock.Add(after)
			p.Fail = portal.Fail(code, nil)
			_, err := b.visit(s)
			if reasonOf(err) != ReasonSessionExpired || portal.CodeOf(err) != portal.Unauthenticated {
				t.Errorf("%s after %v: %v", code, after, err)
			}
			if len(b.Jar) != 0 {
				t.Errorf("%s: cookies left", code)
			}
		}
	}
}

func TestRefresh_Transient(t *testing.T) {
	for _, code := range []portal.Code{portal.Unavailable, portal.RateLimited, portal.Internal} {
		p := authtest.New(t)
		s, b := newTestService(t, p), newBrowser()
		in := b.signIn(t, s, p)
		p.Clock.Add(14*time.Minute + 30*time.Second)
		p.Fail = portal.Fail(code, errors.New("down"))
		if user, err := b.visit(s); err != nil || user.Token != in.User.Token {
			t.Errorf("%s, token still valid: %v", code, err)
		}
		p.Clock.Add(time.Hour)
		if _, err := b.visit(s); portal.CodeOf(err) != code || reasonOf(err) != "no failure" {
			t.Errorf("%s, token expired: %v", code, err)
		}
		if b.Cookie(CookieRefresh) == nil || b.Cookie(CookieSession) == nil {
			t.Errorf("%s: signed out by an outage", code)
		}
		p.Set(func() { p.Fail = nil })
		if _, err := b.visit(s); err != nil {
			t.Errorf("%s, over: %v", code, err)
		}
	}
}

func TestRefresh_RoleTakenAway(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	p.Roles = nil
	p.Clock.Add(time.Hour)
	if _, err := b.visit(s); reasonOf(err) != ReasonMissingRole || len(b.Jar) != 0 {
		t.Errorf("%v, cookies %v", err, b.Jar)
	}
}

// TestRefresh_TabClosed: the successor is not lost with the request that asked for it.
func TestRefresh_TabClosed(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	p.Clock.Add(time.Hour)
	stall := make(chan struct{})
	p.Set(func() { p.Stall = stall })
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := s.Authenticate(httptest.NewRecorder(), b.Request(http.MethodGet, "/messages").WithContext(ctx))
		failed <- err
	}()
	for { // until the call is on its way
		n := authtest.Get(p, func() int { return p.Refreshes })
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("closed tab: %v", err)
	}
	close(stall)
	if _, err := b.visit(s); err != nil || p.Refreshes != 1 {
		t.Errorf("next tab: %v, %d refreshes", err, p.Refreshes)
	}
}

func TestRefresh_KeySetDownKeepsTheNewPair(t *testing.T) {
	p := authtest.New(t)
	s, b := newTestService(t, p), newBrowser()
	b.signIn(t, s, p)
	p.Clock.Add(time.Hour)
	p.Set(func() { p.KeyID, p.KeySet, p.KeysDown = "k1", []string{"k1"}, true })
	if _, err := b.visit(s); portal.CodeOf(err) != portal.Unavailable {
		t.Fatalf("got %v", err)
	}
	p.Clock.Add(time.Minute) // past the grace: the old refresh token is dead
	p.Set(func() { p.KeysDown = false })
	fresh := newTestService(t, p) // another replica, which may fetch the keys at once
	if _, err := b.visit(fresh); err != nil {
		t.Errorf("the new pair was lost: %v", err)
	}
}

// TestSignOut_EndsTheWholeChain: whichever token of a chain signs out, none of the chain comes back within the grace,
// even when the auth-service could not be told.
func TestSignOut_EndsTheWholeChain(t *testing.T) {
	for from := range 4 {
		p := authtest.New(t)
		r := newRefresher(p, p.Clock.Now, blind{})
		p.Live["r0"] = true
		chain := []string{"r0"}
		for i := range 3 {
			pair, err := r.refresh(t.Context(), chain[i])
			if err != nil {
				t.Fatal(err)
			}
			chain = append(chain, pair.RefreshToken)
		}
		if newest := r.forget(chain[from]); newest != chain[3] {
			t.Errorf("sign-out with token %d: %q is to be revoked, want %q", from, newest, chain[3])
		}
		p.Clock.Add(refreshGrace - time.Second)
		for i, token := range chain {
			if pair, err := r.refresh(t.Context(), token); !ended(err) {
				t.Errorf("sign-out with token %d: token %d gave %q, %v", from, i, pair.RefreshToken, err)
			}
		}
		if p.Refreshes != 3 {
			t.Errorf("%d refreshes reached the auth-service, want 3", p.Refreshes)
		}
		p.Clock.Add(time.Second)
		r.prune()
		if len(r.remembered) != 0 || len(r.queue) != 0 {
			t.Errorf("remembers %d tokens past their grace", len(r.remembered))
		}
	}
}

// TestSignOut_DuringARefresh: the pair that lands after the sign-out is given to nobody.
func TestSignOut_DuringARefresh(t *testing.T) {
	p := authtest.New(t)
	r := newRefresher(p, p.Clock.Now, blind{})
	p.Live["r0"] = true
	stall := make(chan struct{})
	p.Stall = stall
	outcome := make(chan error)
	go func() {
		_, err := r.refresh(t.Context(), "r0")
		outcome <- err
	}()
	for authtest.Get(p, func() int { return p.Refreshes }) == 0 {
		time.Sleep(time.Millisecond)
	}
	r.forget("r0")
	close(stall)
	if err := <-outcome; !ended(err) {
		t.Errorf("the refresh on its way: %v", err)
	}
	if _, err := r.refresh(t.Context(), "r0"); !ended(err) {
		t.Errorf("a late tab: %v", err)
	}
}

// TestRefresh_OtherPerson: a refresh cookie of another person or tenant does not change who a session is of.
func TestRefresh_OtherPerson(t *testing.T) {
	for claim, other := range map[string]string{"sub": "usr_2", "tenant_id": "ten_2"} {
		for _, after := range []time.Duration{14*time.Minute + 30*time.Second, 48 * time.Hour} {
			p := authtest.New(t)
			s, b := newTestService(t, p), newBrowser()
			p.Live["r0"] = true
			mixed := client.TokenPair{AccessToken: p.Token(func(c jwt.MapClaims) { c[claim] = other }), RefreshToken: "r0"}
			w := httptest.NewRecorder()
			if err := s.writeSession(w, mixed); err != nil {
				t.Fatal(err)
			}
			b.Take(w.Result().Cookies())
			p.Clock.Add(after)
			user, err := b.visit(s)
			if user != nil || reasonOf(err) != ReasonSessionExpired || len(b.Jar) != 0 {
				t.Errorf("other %s after %v: %v, %v, %d cookies", claim, after, user, err, len(b.Jar))
			}
			if p.Refreshes != 1 || len(p.Live) != 0 {
				t.Errorf("other %s after %v: %d refreshes, live %v", claim, after, p.Refreshes, p.Live)
			}
		}
	}
}
