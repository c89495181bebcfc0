package desk

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/portal"
)

func TestLatest(t *testing.T) {
	tickets := ticketsOf(45)
	desks(t, tickets, func(t *testing.T, s *server, source Source) {
		got, err := source.Latest(t.Context(), tenant, 10, begin.AddDate(0, 0, -30))
		if err != nil {
			t.Fatal(err)
		}
		if got.Open != 31 || got.Opened != 30 || len(got.Tickets) != 10 {
			t.Errorf("%d open, %d opened, %d listed", got.Open, got.Opened, len(got.Tickets))
		}
		want := slices.Clone(tickets[:10])
		for i := range want {
			want[i].URL = s.URL + "/agent/tickets/" + want[i].ID
			if source.Name() == "Help Scout" {
				number, _ := strconv.Atoi(want[i].ID)
				want[i].URL = fmt.Sprintf("https://secure.helpscout.net/conversation/%d/%d", 9000+number, number)
				want[i].Priority = ""
				want[i].Status = map[Status]Status{StatusPending: StatusPending, StatusSolved: StatusClosed, StatusClosed: StatusClosed}[want[i].Status]
				if want[i].Status == "" {
					want[i].Status = StatusOpen
				}
			}
		}
		if diff := cmp.Diff(want, got.Tickets); diff != "" {
			t.Errorf("tickets (-want +got):\n%s", diff)
		}
		none, err := source.Latest(t.Context(), "ten_00000000000000000000000000", 10, begin)
		if err != nil || none.Tickets == nil || len(none.Tickets) != 0 || none.Open != 0 {
			t.Errorf("a tenant that the desk does not know: %+v, %v", none, err)
		}
	})
}

// TestOpenedSince reads page after page.
func TestOpenedSince(t *testing.T) {
	tickets := ticketsOf(260)
	desks(t, tickets, func(t *testing.T, _ *server, source Source) {
		got, err := source.OpenedSince(t.Context(), tenant, begin.AddDate(0, 0, -230))
		if err != nil || len(got) != 230 || !got[0].Equal(tickets[0].CreatedAt) || !got[229].Equal(tickets[229].CreatedAt) {
			t.Errorf("%d times, %v", len(got), err)
		}
	})
}

func TestFailures(t *testing.T) {
	respond := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"refused":     respond(401, `{"error":"Couldn't authenticate you"}`),
		"forbidden":   respond(403, `{}`),
		"not found":   respond(404, `{}`),
		"broken":      respond(500, `oops`),
		"maintenance": respond(503, `<html>`),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.test/", http.StatusFound)
		},
		"a page":         respond(200, `<html>Welcome</html>`),
		"half an answer": respond(200, `{"results":[`),
		"other types":    respond(200, `{"results":7,"organizations":"x","count":"many","access_token":1,"page":[]}`),
		"nothing":        respond(200, ``),
		"too long":       respond(200, `"`+strings.Repeat("x", maxBody)+`"`),
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server sees a client go only after its body
			<-r.Context().Done()
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"count":1`))
		},
	} {
		desks(t, nil, func(t *testing.T, s *server, source Source) {
			s.failWith(h)
			start := time.Now()
			_, err := source.Latest(t.Context(), tenant, 10, begin)
			if portal.CodeOf(err) != portal.Unavailable || time.Since(start) > 2*time.Second {
				t.Errorf("%s: %v after %v", name, err, time.Since(start))
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "oops")) {
				t.Errorf("%s: the error tells too much: %v", name, err)
			}
		})
	}
}

// TestRateLimit: who says how long to wait is left alone for as long, by every call.
func TestRateLimit(t *testing.T) {
	for name, headers := range map[string]map[string]string{
		"Retry-After": {"Retry-After": "41"}, "Help Scout's": {"X-RateLimit-Retry-After": "41"},
		"date": {"Retry-After": begin.Add(41 * time.Second).Format(http.TimeFormat)},
	} {
		desks(t, ticketsOf(3), func(t *testing.T, s *server, source Source) {
			s.failWith(func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range headers {
					w.Header().Set(k, v)
				}
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = w.Write([]byte(`Number of allowed API requests per minute exceeded`))
			})
			_, err := source.Latest(t.Context(), tenant, 10, begin)
			if portal.CodeOf(err) != portal.RateLimited {
				t.Fatalf("%s: %v", name, err)
			}
			s.failWith(nil)
			n := s.count()
			s.clock.advance(40 * time.Second)
			if _, err := source.Latest(t.Context(), tenant, 10, begin); portal.CodeOf(err) != portal.RateLimited || s.count() != n {
				t.Errorf("%s: asked again too early: %v, %d calls", name, err, s.count()-n)
			}
			s.clock.advance(2 * time.Second)
			if _, err := source.Latest(t.Context(), tenant, 10, begin); err != nil {
				t.Errorf("%s: after the wait: %v", name, err)
			}
		})
	}
}

// TestRateLimit_NothingLeft: Zendesk tells before it refuses.
func TestRateLimit_NothingLeft(t *testing.T) {
	api := zendeskAPI(t, ticketsOf(3))
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "organizations/search.json") {
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.Header().Set("ratelimit-reset", "20")
		}
		api(w, r)
	})
	source := s.open(t, "zendesk")
	if _, err := source.Latest(t.Context(), tenant, 10, begin); portal.CodeOf(err) != portal.RateLimited || s.count() != 1 {
		t.Errorf("%v after %d calls", err, s.count())
	}
}

// TestBreaker: a desk that fails again and again is not asked for a while.
func TestBreaker(t *testing.T) {
	desks(t, nil, func(t *testing.T, s *server, source Source) {
		s.failWith(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		for range 2 * tripAfter {
			if _, err := source.Latest(t.Context(), tenant, 10, begin); portal.CodeOf(err) != portal.Unavailable {
				t.Fatal(err)
			}
		}
		n := s.count()
		_, err := source.Latest(t.Context(), tenant, 10, begin)
		if portal.CodeOf(err) != portal.Unavailable || s.count() != n || n > tripAfter {
			t.Errorf("%v; %d calls in all", err, s.count())
		}
	})
}

// TestHelpScout_Token: one token serves until shortly before its end, a revoked one is replaced.
func TestHelpScout_Token(t *testing.T) {
	revoked := "none"
	s := newServer(t, helpScoutAPI(t, ticketsOf(3), &revoked))
	source := s.open(t, "helpscout")
	tokens := func() (n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.calls {
			if strings.HasPrefix(c, "POST") {
				n++
			}
		}
		return n
	}
	read := func() {
		t.Helper()
		if _, err := source.OpenedSince(t.Context(), tenant, begin.AddDate(0, 0, -30)); err != nil {
			t.Error(err)
		}
	}
	if _, err := source.Latest(t.Context(), tenant, 10, begin); err != nil || tokens() != 1 {
		t.Errorf("three calls at once take %d tokens: %v", tokens(), err)
	}
	s.clock.advance(172800*time.Second - tokenEarly - time.Second)
	if read(); tokens() != 1 {
		t.Errorf("%d tokens before the first has ended", tokens())
	}
	s.clock.advance(time.Second)
	if read(); tokens() != 2 {
		t.Errorf("%d tokens after the first has ended", tokens())
	}
	revoked = "token-2"
	if read(); tokens() != 3 {
		t.Errorf("%d tokens after one was revoked", tokens())
	}
}

func TestOpenSource_Bad(t *testing.T) {
	for _, url := range []string{
		"", "https://x.zendesk.com", "zendesk+http://x.zendesk.com", "zendesk+https://", "zendesk+https://u:p@x.test", "jira+https://x.test",
		"zendesk+https://x.test/path", "zendesk+https://x.test?x", "zendesk+ftp://127.0.0.1",
	} {
		if _, err := OpenSource(Settings{URL: url, User: "a", Token: "b"}, nil, time.Now); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
	if _, err := OpenSource(Settings{URL: "zendesk+https://x.zendesk.com"}, nil, time.Now); err == nil {
		t.Error("without credentials")
	}
}

func TestClean(t *testing.T) {
	for given, want := range map[string]string{
		" a\nb\x00c ": "a b c", "‮abc": "abc", strings.Repeat("پ", 201): strings.Repeat("پ", 200) + "…", "می‌رسد": "می‌رسد",
	} {
		if got := clean(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}
