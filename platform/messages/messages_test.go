package messages

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

// start is 02:00 on a Saturday in Kabul.
var start = time.Date(2026, 11, 20, 21, 30, 0, 0, time.UTC)

func newClock() *clock { return &clock{t: start} }

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

// callers verifies the tokens of tests: "user:TENANT" is a person, "key:TENANT:scope,scope" an API key.
type callers struct{}

func (callers) VerifyToken(_ context.Context, token string) (access.Principal, error) {
	tenant, ok := strings.CutPrefix(token, "user:")
	if !ok {
		return access.Principal{}, portal.Fail(portal.Unauthenticated, nil)
	}
	return access.Principal{TenantID: tenant, UserID: "usr_" + tenant, Email: "amir@" + tenant + ".af", Roles: []string{access.RoleCustomer}}, nil
}

func (callers) VerifyKey(_ context.Context, raw, _ string) (access.Principal, error) {
	parts := strings.Split(strings.TrimPrefix(raw, access.KeyPrefix), ":")
	p := access.Principal{TenantID: parts[0], KeyID: "key_" + parts[0], KeyName: "Order service"}
	for _, s := range strings.Split(parts[1], ",") {
		p.Scopes = append(p.Scopes, portal.Scope(strings.ReplaceAll(s, ".", ":")))
	}
	return p, nil
}

// site is a platform of messages alone, on one database and one clock.
type site struct {
	t     testing.TB
	db    *database.DB
	clock *clock
	*Service
	handler http.Handler
	bare    http.Handler // without the contract's validation, which takes ten times as long as the call
}

func newSite(t testing.TB, db *database.DB, clk *clock) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := New(Options{DB: db, Now: clk.now, Log: log})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	mux := http.NewServeMux()
	s.Register(mux, access.NewGuard(callers{}, callers{}, access.Limits{KeyRate: 1e6, KeyBurst: 1e6, WriteRate: 1e6, WriteBurst: 1e6, ReadRate: 1e6, ReadBurst: 1e6}, clk.now))
	bare := problem.Handler(log, mux)
	return &site{t: t, db: db, clock: clk, Service: s, handler: contracttest.Handler(t, bare), bare: bare}
}

// each runs a test on every database.
func each(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		if err := db.Migrate(t.Context(), migrations.FS); err != nil {
			t.Fatal(err)
		}
		test(t, newSite(t, db, newClock()))
	})
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (s *site) call(method, path, token string, body any, headers ...string) answer {
	s.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, in)
	r.Header.Set("Authorization", "Bearer "+token)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// decode reads a JSON body strictly, so that a field nobody knows fails the test.
func decode[T any](t testing.TB, a answer, status int) T {
	t.Helper()
	var v T
	if a.status != status {
		t.Fatalf("answered %d, want %d: %s", a.status, status, a.body)
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("read %s: %v", a.body, err)
	}
	return v
}

// faults returns "field:code" of each error of a problem, sorted.
func faults(t testing.TB, a answer, status int) []string {
	t.Helper()
	if a.status != status {
		t.Fatalf("answered %d, want %d: %s", a.status, status, a.body)
	}
	var p struct {
		Errors []struct{ Field, Code string }
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range p.Errors {
		out = append(out, e.Field+":"+e.Code)
	}
	slices.Sort(out)
	return out
}

// post sends a message as a person of tenant and returns its id.
func (s *site) post(tenant string, m portal.NewMessage) string {
	s.t.Helper()
	return decode[portal.AcceptedMessage](s.t, s.call("POST", "/v1/messages", "user:"+tenant, m), http.StatusAccepted).MessageID
}

func (s *site) get(tenant, id string) portal.Message {
	s.t.Helper()
	return decode[portal.Message](s.t, s.call("GET", "/v1/messages/"+id, "user:"+tenant, nil), http.StatusOK)
}

// settle lets the carrier run for d in small steps of the clock.
func (s *site) settle(d time.Duration) {
	s.t.Helper()
	for end := s.clock.now().Add(d); s.clock.now().Before(end); s.clock.advance(100 * time.Millisecond) {
		if _, _, err := s.Step(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
	}
}

func sample(change ...func(*portal.NewMessage)) portal.NewMessage {
	m := portal.NewMessage{To: NumberDelivered, From: "PAMIR", Body: "Your parcel has arrived."}
	for _, c := range change {
		c(&m)
	}
	return m
}

func to(number string) func(*portal.NewMessage) { return func(m *portal.NewMessage) { m.To = number } }
