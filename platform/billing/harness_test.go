package billing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
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

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

// start is noon of a Tuesday in Kabul.
var start = time.Date(2026, 9, 15, 7, 30, 0, 0, time.UTC)

func newClock() *clock { return &clock{t: start} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *clock) advance(d time.Duration) { c.set(c.now().Add(d)) }

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
	tenant, scopes, _ := strings.Cut(strings.TrimPrefix(raw, access.KeyPrefix), ":")
	p := access.Principal{TenantID: tenant, KeyID: "key_" + tenant, KeyName: "Order service"}
	for _, s := range strings.Split(scopes, ",") {
		p.Scopes = append(p.Scopes, portal.Scope(strings.ReplaceAll(s, ".", ":")))
	}
	return p, nil
}

// carrier ends each message as its text says: "absent_subscriber: …" fails so, "rejected" is turned away at the door,
// anything else arrives. A message is sent at once and ends after delay.
type carrier struct{ delay time.Duration }

func (c carrier) Next(p messages.Passage) (messages.Step, bool) {
	code := outcomes[p.To]
	switch {
	case p.Status == portal.StatusQueued && code == "rejected_by_operator":
		return messages.Step{Status: portal.StatusRejected, ErrorCode: code}, true
	case p.Status == portal.StatusQueued:
		return messages.Step{Status: portal.StatusSent}, true
	case p.Status == portal.StatusSent && code == "validity_expired":
		return messages.Step{After: c.delay, Status: portal.StatusExpired, ErrorCode: code}, true
	case p.Status == portal.StatusSent && code != "":
		return messages.Step{After: c.delay, Status: portal.StatusFailed, ErrorCode: code}, true
	case p.Status == portal.StatusSent:
		return messages.Step{After: c.delay, Status: portal.StatusDelivered}, true
	}
	return messages.Step{}, false
}

// outcomes are the numbers that do not deliver: one for each error code.
var outcomes = func() map[string]string {
	m := map[string]string{}
	for i, c := range portal.ErrorCodes {
		m[failing(i)] = c.Code
	}
	return m
}()

func failing(i int) string { return fmt.Sprintf("+9370000010%d", i) }

// numberOf is the number that ends with an error code.
func numberOf(code string) string {
	return failing(slices.IndexFunc(portal.ErrorCodes, func(c portal.ErrorCode) bool { return c.Code == code }))
}

var errCrash = errors.New("the process stopped here")

// crasher undoes the transaction that it is told to.
type crasher struct{ next func() bool }

func (c *crasher) MessagesChanged(context.Context, bun.Tx, []messages.Change) error {
	if c.next != nil && c.next() {
		return errCrash
	}
	return nil
}

func isCrash(err error) bool { return errors.Is(err, errCrash) }

func isInterruption(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || portal.CodeOf(err) == portal.Unavailable
}

// site is a platform of messages and billing on one database and one clock.
type site struct {
	t       testing.TB
	db      *database.DB
	clock   *clock
	sms     *messages.Service
	crash   *crasher
	handler http.Handler
	*Service
}

func newSite(t testing.TB, db *database.DB, clk *clock, delay time.Duration) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := &site{t: t, db: db, clock: clk, crash: &crasher{}, Service: New(Options{DB: db, Now: clk.now, Log: log})}
	s.sms = messages.New(messages.Options{
		DB: db, Now: clk.now, Log: log, Carrier: carrier{delay}, Tariff: s.Service, Observers: []messages.Observer{s.Service, s.crash},
	})
	t.Cleanup(func() {
		if err := s.sms.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	mux := http.NewServeMux()
	guard := access.NewGuard(callers{}, callers{}, access.Limits{KeyRate: 1e6, KeyBurst: 1e6, WriteRate: 1e6, WriteBurst: 1e6, ReadRate: 1e6, ReadBurst: 1e6}, clk.now)
	s.Register(mux, guard)
	s.sms.Register(mux, guard)
	s.handler = contracttest.Handler(t, problem.Handler(log, mux))
	return s
}

// onEach runs a test on every database.
func onEach(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		if err := db.Migrate(t.Context(), migrations.FS); err != nil {
			t.Fatal(err)
		}
		test(t, newSite(t, db, newClock(), 2*time.Second))
	})
}

// call makes a request, and reads the answer into out when it has the status wanted.
func (s *site) call(status int, method, path, token string, body, out any) {
	s.t.Helper()
	var in io.Reader
	if text, ok := body.(string); ok {
		in = strings.NewReader(text)
	} else if body != nil {
		raw, err := json.Marshal(body)
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
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != status {
		s.t.Fatalf("%s %s answered %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	if out == nil {
		return
	}
	dec := json.NewDecoder(w.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(out); err != nil {
		s.t.Fatalf("read the answer to %s %s: %v", method, path, err)
	}
}

// send submits a message of one segment and returns its id.
func (s *site) send(tenant, to string) string {
	s.t.Helper()
	var a portal.AcceptedMessage
	s.call(http.StatusAccepted, "POST", "/v1/messages", "user:"+tenant, portal.NewMessage{To: to, From: "PAMIR", Body: "Your parcel has arrived."}, &a)
	return a.MessageID
}

// try submits a message and returns the status, for use beside others.
func (s *site) try(tenant, to string) int {
	body := fmt.Sprintf(`{"to": %q, "from": "PAMIR", "body": "Your parcel has arrived."}`, to)
	r := httptest.NewRequestWithContext(s.t.Context(), "POST", "/v1/messages", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer user:"+tenant)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code
}

// tell hands changes to billing in a transaction.
func (s *site) tell(changes ...messages.Change) error {
	return s.db.InTx(s.t.Context(), func(ctx context.Context, tx bun.Tx) error { return s.MessagesChanged(ctx, tx, changes) })
}

// sendMany submits n messages, a second apart.
func (s *site) sendMany(tenant, to string, n int) {
	s.t.Helper()
	for range n {
		s.send(tenant, to)
		s.clock.advance(time.Second)
	}
}

// settle lets the carrier bring every message to its end.
func (s *site) settle() {
	s.t.Helper()
	for {
		_, next, err := s.sms.Step(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if next.IsZero() {
			return
		}
		if next.After(s.clock.now()) {
			s.clock.set(next)
		}
	}
}

// at moves the clock to a time in Kabul, written as "2026-10-01 00:15".
func (s *site) at(local string) {
	s.t.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", local, kabul)
	if err != nil {
		s.t.Fatal(err)
	}
	s.clock.set(t)
}

func (s *site) drawUp(want int) {
	s.t.Helper()
	if n, err := s.DrawUp(s.t.Context()); err != nil || n != want {
		s.t.Fatalf("drew up %d invoices, want %d: %v", n, want, err)
	}
}

// invoicesOf lists a tenant's invoices with their lines, oldest first.
func (s *site) invoicesOf(tenant string) []portal.Invoice {
	s.t.Helper()
	page, err := s.Invoices(s.t.Context(), tenant, portal.InvoiceFilter{Limit: maxLimit})
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range page.Items {
		if page.Items[i], err = s.Invoice(s.t.Context(), tenant, page.Items[i].InvoiceID); err != nil {
			s.t.Fatal(err)
		}
	}
	slices.Reverse(page.Items)
	return page.Items
}

func (s *site) balance(tenant string) int64 {
	s.t.Helper()
	a, err := s.Account(s.t.Context(), tenant)
	if err != nil {
		s.t.Fatal(err)
	}
	return a.BalanceMicros
}

// number reads one integer from the database.
func (s *site) number(query string, args ...any) int64 {
	s.t.Helper()
	var n int64
	if err := s.db.Read.DB.QueryRowContext(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
