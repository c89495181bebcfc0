package webhooks

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/uptrace/bun"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

func listenLoopback(t *testing.T) (net.Listener, error) {
	t.Helper()
	var lc net.ListenConfig
	return lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
}

// TestVectors holds the signature to those of the Standard Webhooks specification.
func TestVectors(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	must(t, err)
	for _, v := range []struct {
		id   string
		at   int64
		body string
		want string
	}{
		{"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{
			"msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", 1674087231,
			`{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}`,
			"v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=",
		},
	} {
		if got := sign(secret, v.id, time.Unix(v.at, 0), []byte(v.body)); got != v.want {
			t.Errorf("%s: %s, want %s", v.id, got, v.want)
		}
	}
}

// TestDelivery: a receiver on the public library verifies what comes over real HTTPS.
func TestDelivery(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("X-Receiver", "mine")
			_, _ = io.WriteString(w, "thanks")
		})
		hook := s.add(rec.URL)
		library, err := standardwebhooks.NewWebhook(hook.SigningSecret)
		must(t, err)
		s.happen(portal.StatusQueued, 1) // nobody is told of that
		message := s.happen(portal.StatusFailed, 1)[0]
		s.deliver()
		seen := rec.all()
		if len(seen) != 1 {
			t.Fatalf("%d requests", len(seen))
		}
		if err := library.Verify(seen[0].body, seen[0].header); err != nil {
			t.Errorf("the public library refuses it: %v", err)
		}
		var body map[string]any
		must(t, json.Unmarshal(seen[0].body, &body))
		at := s.clock.now().UTC()
		want := map[string]any{
			"type": "message.failed", "timestamp": at.Format(time.RFC3339Nano), "data": map[string]any{
				"messageId": message, "to": "+93700000001", "from": "PAMIR", "status": "failed", "operator": "awcc", "segments": 1.0,
				"submittedAt": at.Add(-time.Second).Format(time.RFC3339Nano), "sentAt": at.Format(time.RFC3339Nano),
			},
		}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Errorf("body: %s", diff)
		}
		if strings.Contains(string(seen[0].body), "secret text") {
			t.Error("the message's text is told")
		}

		list := s.attempts(hook.WebhookID)
		if len(list) != 1 || list[0].DeliveryID != seen[0].header.Get("Webhook-Id") || list[0].MessageID != message || list[0].Number != 1 ||
			list[0].StatusCode != 200 || list[0].DeliveryState != stateDelivered || list[0].ResponseBody != "" || list[0].RequestHeaders != nil {
			t.Fatalf("attempts: %+v", list)
		}
		var whole portal.WebhookAttempt
		s.call(200, "GET", "/v1/webhooks/"+hook.WebhookID+"/attempts/"+list[0].AttemptID, "a", nil, &whole)
		if whole.RequestBody != string(seen[0].body) || whole.ResponseBody != "thanks" || whole.ResponseHeaders["X-Receiver"] != "mine" ||
			whole.RequestHeaders["Webhook-Signature"] != seen[0].header.Get("Webhook-Signature") || whole.ResponseCut {
			t.Errorf("whole: %+v", whole)
		}
		got := s.hook(hook.WebhookID)
		if got.Last24h != (portal.WebhookHealth{Delivered: 1}) || got.LastAttempt == nil || got.LastAttempt.AttemptID != whole.AttemptID || got.FailingSince != nil {
			t.Errorf("webhook: %+v", got)
		}
	})
}

// TestEnqueueStandsOrFallsWithTheChange: a change that is undone tells nobody.
func TestEnqueueStandsOrFallsWithTheChange(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		s.add(rec.URL)
		undone := errors.New("undone")
		err := s.db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			change := messages.Change{Record: messages.Record{ID: portal.NewID("msg", s.clock.now()), TenantID: "ten_a", Status: portal.StatusSent}}
			return errors.Join(s.svc.MessagesChanged(ctx, tx, []messages.Change{change}), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		s.deliver()
		if n := len(rec.all()); n != 0 {
			t.Errorf("%d deliveries", n)
		}
	})
}

// TestOnlyChosenEvents: a webhook is told what it chose, in the order in which it happened.
func TestOnlyChosenEvents(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		var hook portal.SavedWebhook
		s.call(201, "POST", "/v1/webhooks", "a", portal.NewWebhook{URL: rec.URL, Events: []portal.WebhookEvent{portal.EventHeld}}, &hook)
		for range 3 {
			s.happen(portal.StatusSent, 2)
			s.happen(portal.StatusHeld, 2)
		}
		d := newDispatcher(s.svc)
		heads, err := s.svc.heads(t.Context())
		must(t, err)
		var claimed []string
		must(t, s.db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			jobs, err := s.svc.claim(ctx, tx, heads[0], perEndpoint, s.clock.now())
			for _, j := range jobs {
				claimed = append(claimed, j.id)
			}
			return err
		}))
		if len(claimed) != 6 || !slices.IsSorted(claimed) || len(d.started) != 0 {
			t.Errorf("claimed %v", claimed)
		}
	})
}

// TestAnswers is what each answer makes of a delivery.
func TestAnswers(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil), trust)
	s.svc.sender.timeout = 300 * time.Millisecond
	elsewhere := receive(t, nil)
	for name, tc := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, []byte)
		want   string // error, status, state
		check  func(a portal.WebhookAttempt) bool
	}{
		"no content": {status(204), " 204 delivered", nil},
		"redirect": {func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, "redirect 307 waiting", nil},
		"refusal": {status(400), "status 400 waiting", nil},
		"fault":   {status(500), "status 500 waiting", nil},
		"gone":    {status(410), "status 410 failed", nil},
		"hangs":   {func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }, "timeout 0 waiting", nil},
		"resets": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
			}
		}, "connection 0 waiting", nil},
		"ten megabytes": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			for range 10 << 10 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return // cut off, as it should be
				}
			}
		}, " 200 delivered", func(a portal.WebhookAttempt) bool { return a.ResponseCut && len(a.ResponseBody) <= maxKept }},
		"endless body": {func(w http.ResponseWriter, r *http.Request, _ []byte) {
			_, _ = io.WriteString(w, "beginning")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, " 200 delivered", func(a portal.WebhookAttempt) bool { return a.ResponseCut && a.ResponseBody == "beginning" }},
		"huge headers": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("X-Big", strings.Repeat("a", 1<<20))
		}, "connection 0 waiting", nil},
		"binary": {func(w http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = w.Write([]byte{0, 0xff, 'a'}) },
			" 200 delivered", func(a portal.WebhookAttempt) bool { return a.ResponseBody == "\ufffd\ufffda" }},
		"asks to wait": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
		}, "status 429 waiting", func(a portal.WebhookAttempt) bool { return a.NextAt.Sub(a.At) >= time.Hour }},
	} {
		t.Run(name, func(t *testing.T) {
			rec := receive(t, tc.answer)
			hook := s.add(rec.URL)
			s.happen(portal.StatusSent, 1)
			s.deliver()
			list := s.attempts(hook.WebhookID)
			if len(list) != 1 {
				t.Fatalf("%d attempts", len(list))
			}
			var a portal.WebhookAttempt
			s.call(200, "GET", "/v1/webhooks/"+hook.WebhookID+"/attempts/"+list[0].AttemptID, "a", nil, &a)
			if got := fmt.Sprintf("%s %d %s", a.Error, a.StatusCode, a.DeliveryState); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			if (a.NextAt != nil) != (a.DeliveryState == stateWaiting) || tc.check != nil && !tc.check(a) {
				t.Errorf("attempt: %+v", a)
			}
			s.call(204, "DELETE", "/v1/webhooks/"+hook.WebhookID, "a", nil, nil)
		})
	}
	if n := len(elsewhere.all()); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

// TestADayOfFaults: a receiver that answers 500 for a day gets everything in the end, by the specification's schedule.
func TestADayOfFaults(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, status(500))
		hook := s.add(rec.URL)
		begin := s.clock.now()
		s.happen(portal.StatusDelivered, 1)
		var gaps []time.Duration
		last := begin
		for s.clock.now().Sub(begin) < day {
			s.deliver()
			next := s.attempts(hook.WebhookID)[0].NextAt
			if next == nil {
				t.Fatal("given up within a day")
			}
			gaps = append(gaps, next.Sub(last))
			last = *next
			s.clock.add(next.Sub(s.clock.now()))
		}
		if len(gaps) != 7 { // 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h: 31.6 h with the last
			t.Errorf("%d attempts in a day: %v", len(gaps), gaps)
		}
		for i, gap := range gaps {
			if extra := gap - delays[i]; extra < 0 || extra > max(delays[i]/10, minJitter) {
				t.Errorf("pause %d is %s, want %s and a little", i+1, gap, delays[i])
			}
		}
		if got := s.hook(hook.WebhookID); got.FailingSince == nil || !got.FailingSince.Equal(begin) || got.Last24h.Waiting != 0 && got.Last24h.Failed != 0 {
			t.Errorf("failing since %v: %+v", got.FailingSince, got.Last24h)
		}
		rec.takes(nil)
		s.deliver()
		if got := s.hook(hook.WebhookID); got.FailingSince != nil || got.LastAttempt.DeliveryState != stateDelivered || got.LastAttempt.Number != 8 {
			t.Errorf("after the day: %+v", got.LastAttempt)
		}
		if ids := slices.Compact(rec.ids()); len(ids) != 1 {
			t.Errorf("one delivery came under the ids %v", ids)
		}
	})
}

// TestGivingUp: after ten attempts a delivery is left alone, until a person tries it again.
func TestGivingUp(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, status(503))
		hook := s.add(rec.URL)
		s.happen(portal.StatusSent, 1)
		for range 20 {
			s.deliver()
			s.clock.add(27 * time.Hour / 10)
			if a := s.attempts(hook.WebhookID)[0]; a.NextAt != nil {
				s.clock.add(max(0, a.NextAt.Sub(s.clock.now())))
			}
		}
		list := s.attempts(hook.WebhookID)
		if len(list) != 10 || list[0].DeliveryState != stateFailed || list[0].NextAt != nil {
			t.Fatalf("%d attempts, the last %+v", len(list), list[0])
		}
		rec.takes(nil)
		var d portal.WebhookDelivery
		s.call(202, "POST", "/v1/webhooks/"+hook.WebhookID+"/deliveries/"+list[0].DeliveryID+"/retry", "a", nil, &d)
		if d.State != stateWaiting || d.NextAt != nil {
			t.Errorf("tried again: %+v", d)
		}
		s.deliver()
		if a := s.attempts(hook.WebhookID)[0]; a.DeliveryState != stateDelivered || !a.ByHand || a.Number != 11 {
			t.Errorf("by hand: %+v", a)
		}
		if got := s.refusal("POST", "/v1/webhooks/"+hook.WebhookID+"/deliveries/dlv_00000000000000000000000000/retry", "a", ""); got != "404 not_found" {
			t.Errorf("a delivery that is not there: %s", got)
		}
	})
}

// TestSlowEndpoint: one that hangs, with a thousand waiting, holds up nobody, and has a bounded number of requests.
func TestSlowEndpoint(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil), trust)
	s.clock.running = time.Now()
	var under, most atomic.Int32
	slow := receive(t, func(_ http.ResponseWriter, r *http.Request, _ []byte) {
		most.Store(max(most.Load(), under.Add(1)))
		defer under.Add(-1)
		<-r.Context().Done()
	})
	slowHook := s.add(slow.URL)
	s.happen(portal.StatusSent, 1000)
	paused := portal.WebhookPaused
	s.call(200, "PATCH", "/v1/webhooks/"+slowHook.WebhookID, "a", portal.WebhookChange{Status: &paused, Version: 1}, nil)
	fast := receive(t, nil)
	s.add(fast.URL)
	s.happen(portal.StatusDelivered, 300)
	active := portal.WebhookActive
	s.call(200, "PATCH", "/v1/webhooks/"+slowHook.WebhookID, "a", portal.WebhookChange{Status: &active, Version: 2}, nil)
	s.run(s.svc)
	eventually(t, 10*time.Second, func() bool { return len(fast.all()) == 300 })
	if got := most.Load(); got != perEndpoint {
		t.Errorf("%d requests at once to the slow one, want %d", got, perEndpoint)
	}
}

func TestShare(t *testing.T) {
	for _, tc := range []struct {
		room        int
		wants, want []int
	}{
		{128, []int{8, 8}, []int{8, 8}},
		{10, []int{8, 8, 8}, []int{4, 3, 3}},
		{2, []int{8, 8, 8}, []int{1, 1, 0}},
		{8, []int{1, 8, 1}, []int{1, 6, 1}},
		{0, []int{8}, []int{0}},
	} {
		if diff := cmp.Diff(tc.want, share(tc.room, tc.wants)); diff != "" {
			t.Errorf("%d among %v: %s", tc.room, tc.wants, diff)
		}
	}
}

func eventually(t testing.TB, within time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s", within)
		}
	}
}
