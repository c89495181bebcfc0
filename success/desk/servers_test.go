package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	tenant = "ten_01jdex4v5m8y2k6r3t9w0b7c1d"
	agent  = "agent@ghasi.test"
	secret = "zendesk-api-token"
)

var begin = time.Date(2026, 11, 24, 7, 30, 0, 0, time.UTC)

// clock is moved by the tests.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// server is a support desk on loopback. fail, when set, answers in place of the API.
type server struct {
	*httptest.Server
	clock *clock

	mu    sync.Mutex
	calls []string
	fail  http.HandlerFunc
}

func newServer(t *testing.T, api http.HandlerFunc) *server {
	t.Helper()
	s := &server{clock: &clock{t: begin}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls = append(s.calls, r.Method+" "+r.URL.Path)
		fail := s.fail
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if fail != nil {
			fail(w, r)
			return
		}
		api(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) failWith(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = h
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// ticketsOf is what the server has: n tickets, one a day back from begin, the newest first.
func ticketsOf(n int) []Ticket {
	list := make([]Ticket, n)
	for i := range list {
		at := begin.AddDate(0, 0, -i).Add(-time.Hour)
		list[i] = Ticket{
			ID: strconv.Itoa(n - i), Subject: "Ticket " + strconv.Itoa(n-i), Status: []Status{StatusNew, StatusOpen, StatusPending, StatusHold, StatusSolved, StatusClosed}[i%6],
			Priority: []Priority{"", PriorityLow, PriorityNormal, PriorityHigh, PriorityUrgent}[i%5], CreatedAt: at, UpdatedAt: at.Add(time.Minute),
		}
	}
	return list
}

// zendeskAPI speaks the part of Zendesk that is used, as its documentation has it.
func zendeskAPI(t *testing.T, tickets []Ticket) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != agent+"/token" || password != secret {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"Couldn't authenticate you"}`))
			return
		}
		q := r.URL.Query()
		switch r.URL.Path {
		case "/api/v2/organizations/search.json":
			if q.Get("external_id") != tenant {
				_, _ = w.Write([]byte(`{"organizations":[],"count":0,"next_page":null,"previous_page":null}`))
				return
			}
			_, _ = w.Write([]byte(`{"organizations":[{"id":22989357,"name":"Pamir","external_id":"` + tenant + `"}],"count":1}`))
		case "/api/v2/search.json", "/api/v2/search/count.json":
			found := zendeskFind(t, tickets, q.Get("query"))
			if strings.HasSuffix(r.URL.Path, "count.json") {
				_, _ = fmt.Fprintf(w, `{"count":%d}`, len(found))
				return
			}
			if q.Get("sort_by") != "created_at" || q.Get("sort_order") != "desc" {
				t.Errorf("sorted by %q", q.Get("sort_by"))
			}
			size, _ := strconv.Atoi(q.Get("per_page"))
			page, _ := strconv.Atoi(q.Get("page"))
			results := []map[string]any{{"result_type": "user", "id": 1, "name": "not a ticket"}}
			for _, x := range found[min(len(found), (page-1)*size):min(len(found), page*size)] {
				id, _ := strconv.Atoi(x.ID)
				one := map[string]any{
					"id": id, "result_type": "ticket", "subject": x.Subject, "status": x.Status, "priority": nil, "created_at": x.CreatedAt,
					"updated_at": x.UpdatedAt, "url": "https://evil.test/", "organization_id": 22989357, "tags": []string{}, "custom_fields": []any{},
				}
				if x.Priority != "" {
					one["priority"] = x.Priority
				}
				results = append(results, one)
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"results": results, "count": len(found), "facets": nil, "next_page": nil, "previous_page": nil})
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error":"InvalidEndpoint"}`))
		}
	}
}

// zendeskFind understands the three terms that we use.
func zendeskFind(t *testing.T, tickets []Ticket, query string) []Ticket {
	terms := strings.Fields(query)
	if len(terms) < 2 || terms[0] != "type:ticket" || terms[1] != "organization:22989357" {
		t.Errorf("query %q", query)
		return nil
	}
	return slices.DeleteFunc(slices.Clone(tickets), func(x Ticket) bool {
		for _, term := range terms[2:] {
			since, dated := strings.CutPrefix(term, "created>=")
			switch {
			case term == "status<solved":
				if x.Status == StatusSolved || x.Status == StatusClosed {
					return true
				}
			case dated:
				at, err := time.Parse(time.RFC3339, since)
				if err != nil {
					t.Errorf("time %q", since)
				}
				if x.CreatedAt.Before(at) {
					return true
				}
			default:
				t.Errorf("term %q", term)
			}
		}
		return false
	})
}

// helpScoutAPI speaks the part of Help Scout that is used. A token is good for two days, and the one named revoked never.
func helpScoutAPI(t *testing.T, tickets []Ticket, revoked *string) http.HandlerFunc {
	var issued int
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/oauth2/token" {
			if r.Method != http.MethodPost || r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("client_id") != agent ||
				r.PostFormValue("client_secret") != secret {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			issued++
			_, _ = fmt.Fprintf(w, `{"token_type":"bearer","access_token":"token-%d","expires_in":172800}`, issued)
			return
		}
		if bearer := r.Header.Get("Authorization"); !strings.HasPrefix(bearer, "Bearer token-") || strings.HasSuffix(bearer, *revoked) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		q := r.URL.Query()
		if r.URL.Path != "/v2/conversations" || q.Get("tag") != tenant {
			_, _ = w.Write([]byte(`{"page":{"size":25,"totalElements":0,"totalPages":0,"number":1}}`)) // no _embedded at all
			return
		}
		found := slices.DeleteFunc(slices.Clone(tickets), func(x Ticket) bool {
			if q.Get("status") == "open" && (x.Status == StatusSolved || x.Status == StatusClosed) {
				return true
			}
			var from string
			if query := q.Get("query"); query != "" {
				if _, err := fmt.Sscanf(query, "(createdAt:[%s TO *])", &from); err != nil {
					t.Errorf("query %q", query)
				}
			}
			at, _ := time.Parse(time.RFC3339, from)
			return x.CreatedAt.Before(at)
		})
		const size = 25
		page, _ := strconv.Atoi(q.Get("page"))
		list := []map[string]any{}
		for _, x := range found[min(len(found), (page-1)*size):min(len(found), page*size)] {
			number, _ := strconv.Atoi(x.ID)
			status := map[Status]string{StatusPending: "pending", StatusSolved: "closed", StatusClosed: "closed"}[x.Status]
			if status == "" {
				status = "active"
			}
			list = append(list, map[string]any{
				"id": 9000 + number, "number": number, "subject": x.Subject, "status": status, "state": "published", "createdAt": x.CreatedAt,
				"userUpdatedAt": x.UpdatedAt, "mailboxId": 85, "tags": []any{}, "_links": map[string]any{"self": map[string]string{"href": "x"}},
			})
		}
		w.Header().Set("Content-Type", "application/hal+json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"_embedded": map[string]any{"conversations": list},
			"page":      map[string]any{"size": size, "totalElements": len(found), "totalPages": (len(found) + size - 1) / size, "number": page},
		})
	}
}

// open returns the source of a kind at s, with a short time limit.
func (s *server) open(t *testing.T, kind string) Source {
	t.Helper()
	source, err := OpenSource(Settings{URL: kind + "+" + s.URL, User: agent, Token: secret}, nil, s.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	switch x := source.(type) {
	case *zendesk:
		x.up.timeout = 300 * time.Millisecond
	case *helpScout:
		x.up.timeout = 300 * time.Millisecond
	}
	return source
}

// desks runs body on both kinds.
func desks(t *testing.T, tickets []Ticket, body func(t *testing.T, s *server, source Source)) {
	t.Helper()
	t.Run("zendesk", func(t *testing.T) {
		s := newServer(t, zendeskAPI(t, tickets))
		body(t, s, s.open(t, "zendesk"))
	})
	t.Run("helpscout", func(t *testing.T) {
		revoked := "none"
		s := newServer(t, helpScoutAPI(t, tickets, &revoked))
		body(t, s, s.open(t, "helpscout"))
	})
}
