package webhooks

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// clock is a time that a test sets, and that goes on by itself where running is set.
type clock struct {
	mu      sync.Mutex
	at      time.Time
	running time.Time // when the clock was set going; zero stands still
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.running.IsZero() {
		return c.at.Add(time.Since(c.running))
	}
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// site is a Service with two tenants, "ten_a" and "ten_b", of one person each whose token is "a" or "b".
type site struct {
	t       testing.TB
	db      *database.DB
	svc     *Service
	handler http.Handler
	clock   *clock
}

func newSite(t testing.TB, db *database.DB, configure ...func(*Options)) *site {
	t.Helper()
	s := &site{t: t, db: db, clock: &clock{at: time.Now().Truncate(time.Microsecond)}}
	must(t, db.Migrate(t.Context(), migrations.FS))
	s.svc = s.service(db, configure...)
	mux := http.NewServeMux()
	limits := access.Limits{WriteRate: 1e6, WriteBurst: 1e6, KeyRate: 1e6, KeyBurst: 1e6}
	s.svc.Register(mux, access.NewGuard(s, s, limits, s.clock.now))
	s.handler = contracttest.Handler(t, problem.Handler(slog.New(slog.DiscardHandler), mux))
	return s
}

// service is another Service on the site's data, as a replica is.
func (s *site) service(db *database.DB, configure ...func(*Options)) *Service {
	s.t.Helper()
	o := Options{DB: db, Now: s.clock.now, Log: slog.New(slog.DiscardHandler), AllowLoopback: true}
	for _, c := range configure {
		c(&o)
	}
	svc, err := New(s.t.Context(), o)
	must(s.t, err)
	return svc
}

func each(t *testing.T, body func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) { body(t, newSite(t, open("platform"), trust)) })
}

// VerifyToken and VerifyKey stand in for the auth-service and the API keys.
func (s *site) VerifyToken(_ context.Context, token string) (access.Principal, error) {
	if len(token) != 1 {
		return access.Principal{}, portal.Fail(portal.Unauthenticated, nil)
	}
	return access.Principal{TenantID: "ten_" + token, UserID: "usr_" + token, Roles: []string{access.RoleCustomer}}, nil
}

func (s *site) VerifyKey(context.Context, string, string) (access.Principal, error) {
	return access.Principal{TenantID: "ten_a", KeyID: "key_1", Scopes: portal.Scopes}, nil
}

// call makes a call as a person, and decodes the answer into out unless that is nil.
func (s *site) call(status int, method, path, token string, body, out any) *httptest.ResponseRecorder {
	s.t.Helper()
	text := ""
	switch v := body.(type) {
	case nil:
	case string:
		text = v
	default:
		b, err := json.Marshal(v)
		must(s.t, err)
		text = string(b)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(text))
	r.Header.Set("Authorization", "Bearer "+token)
	if text != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != status {
		s.t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	if out != nil {
		must(s.t, json.Unmarshal(w.Body.Bytes(), out))
	}
	return w
}

// refusal is a call that is refused: its status and what the problem says, "409 conflict" or "422 url:not_https".
func (s *site) refusal(method, path, token string, body any) string {
	s.t.Helper()
	b, err := json.Marshal(body)
	must(s.t, err)
	if text, ok := body.(string); ok {
		b = []byte(text)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(string(b)))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	var p struct {
		Code   string
		Errors []struct{ Field, Code string }
	}
	must(s.t, json.Unmarshal(w.Body.Bytes(), &p))
	says := []string{strconv.Itoa(w.Code)}
	for _, e := range p.Errors {
		says = append(says, e.Field+":"+e.Code)
	}
	if len(p.Errors) == 0 {
		says = append(says, p.Code)
	}
	return strings.Join(says, " ")
}

// add makes a webhook of tenant a that takes every event.
func (s *site) add(url string) portal.SavedWebhook {
	s.t.Helper()
	var saved portal.SavedWebhook
	s.call(201, "POST", "/v1/webhooks", "a", portal.NewWebhook{URL: url, Events: portal.WebhookEvents}, &saved)
	return saved
}

func (s *site) hook(id string) portal.Webhook {
	s.t.Helper()
	var h portal.Webhook
	s.call(200, "GET", "/v1/webhooks/"+id, "a", nil, &h)
	return h
}

func (s *site) attempts(id string) []portal.WebhookAttempt {
	s.t.Helper()
	var page portal.WebhookAttemptPage
	s.call(200, "GET", "/v1/webhooks/"+id+"/attempts?limit=100", "a", nil, &page)
	return page.Items
}

// happen lets messages of tenant a reach a state, and enqueues what is told of them. It returns their ids.
func (s *site) happen(status portal.MessageStatus, n int) []string {
	s.t.Helper()
	now := s.clock.now()
	changes := make([]messages.Change, n)
	ids := make([]string, n)
	for i := range changes {
		ids[i] = portal.NewID("msg", now)
		changes[i] = messages.Change{Before: portal.StatusQueued, Record: messages.Record{
			ID: ids[i], TenantID: "ten_a", To: "+93700000001", From: "PAMIR", Body: "a secret text", Status: status, Encoding: "GSM-7", Segments: 1,
			Operator: "awcc", SubmittedAt: now.Add(-time.Second).UnixMicro(), SentAt: now.UnixMicro(), SourceKind: "portal",
		}}
	}
	must(s.t, s.db.InTx(s.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		records := make([]messages.Record, n)
		for i := range changes {
			records[i] = changes[i].Record
		}
		if err := messages.Import(ctx, s.db, tx, records); err != nil {
			return err
		}
		return s.svc.MessagesChanged(ctx, tx, changes)
	}))
	return ids
}

// deliver does all that is due now, and waits for what comes of it.
func (s *site) deliver() { s.t.Helper(); deliver(s.t, s.svc) }

func deliver(t testing.TB, svc *Service) {
	t.Helper()
	d := newDispatcher(svc)
	for range 10_000 {
		_, err := d.cycle(t.Context(), t.Context())
		must(t, err)
		if len(d.started) == 0 {
			return
		}
		d.back(<-d.done)
		d.gather()
	}
	t.Fatal("deliveries go on for ever")
}

// run runs the Service until the test ends or stop is called.
func (s *site) run(svc *Service) (stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				s.t.Error(err)
			}
		})
	}
	s.t.Cleanup(stop)
	return stop
}

// receiver is an HTTPS server on loopback that keeps what it is sent.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	seen   []received
	answer func(w http.ResponseWriter, r *http.Request, body []byte)
}

type received struct {
	header http.Header
	body   []byte
}

// receive starts a receiver. Without an answer it takes everything.
func receive(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, body []byte)) *receiver {
	t.Helper()
	rec := &receiver{answer: answer}
	rec.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		rec.mu.Lock()
		rec.seen = append(rec.seen, received{r.Header, body})
		answer := rec.answer
		rec.mu.Unlock()
		if answer != nil {
			answer(w, r, body)
		}
	}))
	t.Cleanup(rec.Close)
	return rec
}

// takes changes what the receiver answers.
func (r *receiver) takes(answer func(w http.ResponseWriter, r *http.Request, body []byte)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.seen...)
}

// ids are the webhook-ids in the order in which they came.
func (r *receiver) ids() []string {
	var ids []string
	for _, x := range r.all() {
		ids = append(ids, x.header.Get("Webhook-Id"))
	}
	return ids
}

func status(code int) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(code) }
}

// trust makes a Service trust the certificate of every [receive].
func trust(o *Options) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	o.Roots = x509.NewCertPool()
	o.Roots.AddCert(srv.Certificate())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
