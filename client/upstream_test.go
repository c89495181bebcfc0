package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/client"
	"ghasi.io/portal/client/contracttest"
)

const (
	token     = "eyJ.access.token"
	messageID = "msg_01jdex4v5m8y2k6r3t9w0b7c1d"
	keyID     = "key_01jdex4v5m8y2k6r3t9w0b7c1d"
	requestID = "req-7"
)

var at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// upstream is a platform that answers as a test tells it and remembers what it was asked.
type upstream struct {
	mu     sync.Mutex
	answer http.HandlerFunc
	seen   []*http.Request
	bodies []string
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	u.seen, u.bodies = append(u.seen, r), append(u.bodies, string(b))
	u.mu.Unlock()
	u.answer(w, r)
}

func (u *upstream) calls() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.seen)
}

// fast keeps the tests of failures short.
var fast = client.TransportOptions{
	AttemptTimeout: 300 * time.Millisecond, Backoff: time.Millisecond, MaxWait: 50 * time.Millisecond,
}

// overNetwork returns a client of a real server that answers by h. Requests and responses are held to the document.
func overNetwork(t *testing.T, h http.HandlerFunc, opts ...contracttest.Option) (*client.Client, *upstream) {
	t.Helper()
	u := &upstream{answer: h}
	s := httptest.NewServer(u)
	t.Cleanup(s.Close)
	base := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(base.CloseIdleConnections)
	o := fast
	o.Base = base
	return newClient(t, s.URL, contracttest.Transport(t, client.NewTransport(o), opts...)), u
}

// inProcess returns a client whose requests are handed to h. Both sides are held to the document.
func inProcess(t *testing.T, h http.HandlerFunc) (*client.Client, *upstream) {
	t.Helper()
	u := &upstream{answer: h}
	rt := client.InProcess(contracttest.Handler(t, u))
	return newClient(t, "https://api.example.af", contracttest.Transport(t, rt)), u
}

func newClient(t *testing.T, baseURL string, rt http.RoundTripper) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{BaseURL: baseURL, ClientID: "customer-portal", Transport: rt})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(status int, v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Request-Id", requestID)
		if v == nil {
			w.WriteHeader(status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
}

type fieldProblem struct {
	Field string `json:"field"`
	Code  string `json:"code"`
}

func problem(status int, code, detail string, fields ...fieldProblem) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		p := map[string]any{
			"type": "https://ghasi.io/problems/" + code, "title": code, "status": status,
			"detail": detail, "code": code, "requestId": requestID,
		}
		if len(fields) > 0 {
			p["errors"] = fields
		}
		switch status {
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", "Bearer")
		case http.StatusTooManyRequests:
			w.Header().Set("Retry-After", "7")
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("X-Request-Id", requestID)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(p)
	}
}
