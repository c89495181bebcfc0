package messages

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/portal"
)

func TestSend(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		m := portal.NewMessage{To: "+93799123456", From: "PAMIR-OTP", Body: "کد شما 4821 است."}
		a := s.call("POST", "/v1/messages", "ghasi_tenant-a:sms.send", m)
		accepted := decode[portal.AcceptedMessage](t, a, http.StatusAccepted)
		if accepted.Status != portal.StatusQueued || accepted.Segments != 1 || accepted.Encoding != "UCS-2" {
			t.Errorf("accepted as %+v", accepted)
		}
		if got, want := a.header.Get("Location"), "/v1/messages/"+accepted.MessageID; got != want {
			t.Errorf("Location %q, want %q", got, want)
		}
		want := portal.Message{
			MessageID: accepted.MessageID, To: m.To, From: m.From, Body: m.Body, Status: portal.StatusQueued,
			Encoding: "UCS-2", Segments: 1, Operator: "roshan", PriceMicros: 850_000, SubmittedAt: start,
			Source: &portal.MessageSource{Kind: "api_key", Name: "Order service"},
			Events: []portal.MessageEvent{{Status: portal.StatusQueued, At: start, By: "platform"}},
		}
		if diff := cmp.Diff(want, s.get("tenant-a", accepted.MessageID)); diff != "" {
			t.Errorf("the message (-want +got):\n%s", diff)
		}
		byPerson := s.get("tenant-a", s.post("tenant-a", sample()))
		if diff := cmp.Diff(&portal.MessageSource{Kind: "portal", Name: "amir@tenant-a.af"}, byPerson.Source); diff != "" {
			t.Errorf("source of a person's message (-want +got):\n%s", diff)
		}
		long := s.get("tenant-a", s.post("tenant-a", sample(func(m *portal.NewMessage) { m.Body = strings.Repeat("a", 1530) })))
		if long.Segments != 10 || long.PriceMicros != 7_500_000 {
			t.Errorf("ten segments: %d, price %d", long.Segments, long.PriceMicros)
		}
	})
}

func TestSend_Invalid(t *testing.T) {
	s := newSite(t, dbtest.Open(t, migrations.FS), newClock())
	for _, tt := range []struct {
		name string
		body any
		want []string
	}{
		{"nothing", map[string]string{}, []string{"body:required", "from:required", "to:required"}},
		{"all wrong", portal.NewMessage{To: "0700000001", From: "x", Body: " \n"}, []string{"body:required", "from:invalid_sender", "to:not_e164"}},
		{"short Afghan number", sample(to("+9370000001")), []string{"to:not_e164"}},
		{"eleven segments", sample(func(m *portal.NewMessage) { m.Body = strings.Repeat("a", 1531) }), []string{"body:too_long"}},
		{"eleven UCS-2 segments", sample(func(m *portal.NewMessage) { m.Body = strings.Repeat("س", 671) }), []string{"body:too_long"}},
		{"a number for a text", `{"to": 5, "from": "PAMIR", "body": "x"}`, []string{"to:invalid"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, faults(t, s.call("POST", "/v1/messages", "user:tenant-a", tt.body), http.StatusUnprocessableEntity)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"malformed", `{"to":`, http.StatusBadRequest},
		{"unknown field", `{"to":"+93700000001","from":"PAMIR","body":"x","extra":1}`, http.StatusBadRequest},
		{"array", `[]`, http.StatusBadRequest},
		{"NUL", `{"to":"+93700000001","from":"PAMIR","body":"a\u0000b"}`, http.StatusBadRequest},
		{"ten megabytes", `{"to":"+93700000001","from":"PAMIR","body":"` + strings.Repeat("a", 10<<20) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := s.call("POST", "/v1/messages", "user:tenant-a", tt.body); a.status != tt.status {
				t.Errorf("answered %d, want %d: %s", a.status, tt.status, a.body)
			}
		})
	}
	if a := s.call("POST", "/v1/messages", "user:tenant-a", sample(), "Content-Type", "text/plain"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", a.status)
	}
	if page := s.page("tenant-a", ""); len(page.Items) != 0 {
		t.Errorf("%d messages came of invalid requests", len(page.Items))
	}
}

func TestScopes(t *testing.T) {
	s := newSite(t, dbtest.Open(t, migrations.FS), newClock())
	id := s.post("tenant-a", sample())
	for _, tt := range []struct {
		method, path, token string
		status              int
	}{
		{"POST", "/v1/messages", "ghasi_tenant-a:sms.read", http.StatusForbidden},
		{"GET", "/v1/messages", "ghasi_tenant-a:sms.send", http.StatusForbidden},
		{"GET", "/v1/messages/" + id, "ghasi_tenant-a:sms.send", http.StatusForbidden},
		{"GET", "/v1/messages/stats", "ghasi_tenant-a:sms.send", http.StatusForbidden},
		{"GET", "/v1/messages", "ghasi_tenant-a:sms.read", http.StatusOK},
		{"GET", "/v1/messages", "nobody", http.StatusUnauthorized},
	} {
		var body any
		if tt.method == "POST" {
			body = sample()
		}
		if a := s.call(tt.method, tt.path, tt.token, body); a.status != tt.status {
			t.Errorf("%s %s as %s: %d, want %d", tt.method, tt.path, tt.token, a.status, tt.status)
		}
	}
}

func TestIdempotency(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		send := func(token, key string, m portal.NewMessage) answer {
			return s.call("POST", "/v1/messages", token, m, "Idempotency-Key", key)
		}
		first := decode[portal.AcceptedMessage](t, send("user:tenant-a", "order-1", sample()), http.StatusAccepted)
		s.settle(5 * time.Second)
		again := decode[portal.AcceptedMessage](t, send("ghasi_tenant-a:sms.send", "order-1", sample()), http.StatusAccepted)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("the second answer differs (-first +second):\n%s", diff)
		}
		other := sample(func(m *portal.NewMessage) { m.Body = "Another text" })
		reused := send("user:tenant-a", "order-1", other)
		if diff := cmp.Diff([]string{"Idempotency-Key:invalid"}, faults(t, reused, http.StatusUnprocessableEntity)); diff != "" {
			t.Errorf("another text under the same key (-want +got):\n%s", diff)
		}
		if !strings.Contains(string(reused.body), `"code":"idempotency_key_reused"`) {
			t.Errorf("the problem does not say so: %s", reused.body)
		}
		foreign := decode[portal.AcceptedMessage](t, send("user:tenant-b", "order-1", other), http.StatusAccepted)
		if foreign.MessageID == first.MessageID {
			t.Error("another tenant's key gave our message")
		}
		for _, key := range []string{"", "a b", "ключ", strings.Repeat("k", 256)} {
			if a := send("user:tenant-a", key, sample()); a.status != http.StatusUnprocessableEntity {
				t.Errorf("key %q: %d", key, a.status)
			}
		}
		s.clock.advance(24 * time.Hour)
		if err := s.forgetKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		later := decode[portal.AcceptedMessage](t, send("user:tenant-a", "order-1", other), http.StatusAccepted)
		if later.MessageID == first.MessageID {
			t.Error("the key was still known after a day")
		}
		if n := len(s.page("tenant-a", "").Items); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})
}

// TestIdempotency_Race sends one message by two replicas many times at once.
func TestIdempotency_Race(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		if err := db.Migrate(t.Context(), migrations.FS); err != nil {
			t.Fatal(err)
		}
		clk := newClock()
		replicas := []*site{newSite(t, db, clk), newSite(t, open("platform"), clk)}
		answers := make([]answer, 16)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() {
				answers[i] = replicas[i%2].call("POST", "/v1/messages", "user:tenant-a", sample(), "Idempotency-Key", "once")
			})
		}
		group.Wait()
		first := decode[portal.AcceptedMessage](t, answers[0], http.StatusAccepted)
		for _, a := range answers {
			if got := decode[portal.AcceptedMessage](t, a, http.StatusAccepted); got != first {
				t.Errorf("answered %+v, want %+v", got, first)
			}
		}
		if n := len(replicas[0].page("tenant-a", "").Items); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	})
}

func TestShow_Isolation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.post("tenant-a", sample())
		for _, path := range []string{"/v1/messages/" + id, "/v1/messages/msg_00000000000000000000000000", "/v1/messages/nonsense", "/v1/messages/%00", "/v1/messages/" + strings.Repeat("x", 4000)} {
			if a := s.call("GET", path, "user:tenant-b", nil); a.status != http.StatusNotFound {
				t.Errorf("GET %.60s: %d", path, a.status)
			}
		}
		if n := len(s.page("tenant-b", "").Items); n != 0 {
			t.Errorf("another tenant sees %d messages", n)
		}
	})
}
