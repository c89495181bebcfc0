package webhooks

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

// TestReplicas: two that share the queue deliver everything once.
func TestReplicas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open("platform"), trust)
		s.clock.running = time.Now()
		other := s.service(open("platform"), trust)
		rec := receive(t, nil)
		for i := range 4 {
			s.add(fmt.Sprintf("%s/%d", rec.URL, i))
		}
		s.run(s.svc)
		s.run(other)
		for range 10 {
			s.happen(portal.StatusDelivered, 10)
		}
		eventually(t, 20*time.Second, func() bool { return len(rec.all()) >= 400 })
		time.Sleep(300 * time.Millisecond) // for what would come twice
		ids := rec.ids()
		slices.Sort(ids)
		if n := len(slices.Compact(slices.Clone(ids))); n != 400 || len(ids) != 400 {
			t.Errorf("%d requests for %d deliveries", len(ids), n)
		}
	})
}

// TestLeaseEnds: what a process had in hand when it ended is written down as interrupted, and taken up by another one
// when the lease is over, or by itself as soon as it is back.
func TestLeaseEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open("platform"), trust, func(o *Options) { o.Holder = "first" })
		other := s.service(open("platform"), trust)
		rec := receive(t, nil)
		hook := s.add(rec.URL)
		take := func() {
			t.Helper()
			heads, err := s.svc.heads(t.Context())
			must(t, err)
			must(t, s.db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				jobs, err := s.svc.claim(ctx, tx, heads[0], 1, s.clock.now())
				if len(jobs) != 1 {
					t.Errorf("%d claimed", len(jobs))
				}
				return err
			}))
		}
		s.happen(portal.StatusSent, 1)
		take()
		delivery := s.svc.deliveryIDs.last
		if got := s.refusal("POST", "/v1/webhooks/"+hook.WebhookID+"/deliveries/"+delivery+"/retry", "a", ""); got != "409 delivery_in_hand" {
			t.Errorf("tried again while in hand: %s", got)
		}
		s.clock.add(lease - time.Second)
		deliver(t, other)
		if n := len(rec.all()); n != 0 {
			t.Fatalf("another process took it within the lease")
		}
		s.clock.add(2 * time.Second)
		deliver(t, other)
		list := s.attempts(hook.WebhookID)
		if len(rec.all()) != 1 || len(list) != 2 || list[1].Error != errInterrupted || list[1].Number != 1 || list[0].Number != 2 || list[0].DeliveryState != stateDelivered {
			t.Fatalf("after the lease: %d requests, %+v", len(rec.all()), list)
		}

		s.clock.add(time.Second)
		s.happen(portal.StatusSent, 1)
		take()
		deliver(t, other)
		if n := len(rec.all()); n != 1 {
			t.Fatalf("taken within the lease")
		}
		must(t, s.svc.release(t.Context())) // it is back
		s.deliver()
		if list := s.attempts(hook.WebhookID); len(rec.all()) != 2 || len(list) != 4 || list[1].Error != errInterrupted {
			t.Errorf("after the restart: %+v", list)
		}
		if got := s.hook(hook.WebhookID); got.FailingSince != nil || got.Last24h.Delivered != 2 || got.Last24h.Waiting != 0 {
			t.Errorf("an interruption is held against the receiver: %+v", got)
		}
	})
}

// TestTestsAreBounded: tests go before all else, so that only a few may wait; those of another webhook do not count.
func TestTestsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		hook, other := s.add(rec.URL), s.add(rec.URL+"/other")
		s.happen(portal.StatusSent, 10) // neither does what nobody asked for
		path := "/v1/webhooks/" + hook.WebhookID + "/test"
		for range maxByHand {
			s.call(202, "POST", path, "a", nil, nil)
		}
		if got := s.refusal("POST", path, "a", ""); got != "409 delivery_in_hand" {
			t.Errorf("one more: %s", got)
		}
		s.call(202, "POST", "/v1/webhooks/"+other.WebhookID+"/test", "a", nil, nil)
		s.deliver()
		s.call(202, "POST", path, "a", nil, nil)
	})
}

// TestStop: the end waits for what is under way, and leaves the rest in the queue.
func TestStop(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil), trust)
	s.clock.running = time.Now()
	var begun atomic.Int32
	rec := receive(t, func(http.ResponseWriter, *http.Request, []byte) {
		begun.Add(1)
		time.Sleep(300 * time.Millisecond)
	})
	hook := s.add(rec.URL)
	s.happen(portal.StatusSent, 50)
	stop := s.run(s.svc)
	eventually(t, 5*time.Second, func() bool { return begun.Load() > 0 })
	stop()
	got := s.hook(hook.WebhookID).Last24h
	if int(begun.Load()) != got.Delivered || got.Delivered+got.Waiting != 50 || got.Waiting == 0 {
		t.Errorf("%d begun, %+v", begun.Load(), got)
	}
	s.run(s.service(s.db, trust))
	eventually(t, 10*time.Second, func() bool { return len(rec.all()) == 50 })
}

// TestPause: events wait for a paused webhook, for three days, and go out when it is active again.
func TestPause(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		hook := s.add(rec.URL)
		path := "/v1/webhooks/" + hook.WebhookID
		paused, active := portal.WebhookPaused, portal.WebhookActive
		s.call(200, "PATCH", path, "a", portal.WebhookChange{Status: &paused, Version: 1}, nil)
		s.happen(portal.StatusSent, 2)
		s.clock.add(2 * day)
		s.happen(portal.StatusDelivered, 3)
		s.deliver()
		var test portal.WebhookDelivery
		s.call(202, "POST", path+"/test", "a", nil, &test)
		s.deliver()
		if ids := rec.ids(); len(ids) != 1 || ids[0] != test.DeliveryID {
			t.Errorf("while paused %v, want the test %s alone", ids, test.DeliveryID)
		}
		s.clock.add(day + time.Hour) // the first two have waited too long
		_, err := s.svc.clean(t.Context())
		must(t, err)
		s.call(200, "PATCH", path, "a", portal.WebhookChange{Status: &active, Version: 2}, nil)
		s.deliver()
		ids := rec.ids()[1:]
		if len(ids) != 3 {
			t.Errorf("%d came when it was active again, want 3", len(ids))
		}
	})
}

// TestDisable: five days without a success end it, and so does an answer 410; a person brings it back.
func TestDisable(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, status(500))
		hook := s.add(rec.URL)
		path, active := "/v1/webhooks/"+hook.WebhookID, portal.WebhookActive
		for range 5 {
			s.happen(portal.StatusSent, 1)
			s.deliver()
			if got := s.hook(hook.WebhookID); got.Status != active {
				t.Fatalf("disabled after %s", s.clock.now().Sub(*got.FailingSince))
			}
			s.clock.add(day)
		}
		s.happen(portal.StatusSent, 1)
		s.deliver()
		got := s.hook(hook.WebhookID)
		if got.Status != portal.WebhookDisabled || got.DisabledAt == nil || !got.DisabledAt.Equal(s.clock.now().UTC()) || got.Version != 2 {
			t.Fatalf("after five days: %+v", got)
		}
		before := got.Last24h.Waiting
		s.happen(portal.StatusSent, 5)
		if got := s.hook(hook.WebhookID).Last24h.Waiting; got != before {
			t.Errorf("%d events are kept for a disabled webhook", got-before)
		}
		rec.takes(nil)
		n := len(rec.all())
		s.call(202, "POST", path+"/test", "a", nil, nil)
		s.deliver()
		if len(rec.all()) != n+1 || s.hook(hook.WebhookID).Status != portal.WebhookDisabled {
			t.Error("a test does not come, or enables it")
		}
		s.call(200, "PATCH", path, "a", portal.WebhookChange{Status: &active, Version: 2}, nil)
		if got := s.hook(hook.WebhookID); got.Status != active || got.DisabledAt != nil || got.FailingSince != nil {
			t.Errorf("enabled: %+v", got)
		}
		s.deliver()
		rec.takes(status(410))
		s.happen(portal.StatusSent, 1)
		s.deliver()
		if got := s.hook(hook.WebhookID); got.Status != portal.WebhookDisabled {
			t.Errorf("gone: %+v", got)
		}
	})
}

// TestTestEvent is sent once, whatever comes of it.
func TestTestEvent(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, status(500))
		hook := s.add(rec.URL)
		s.call(202, "POST", "/v1/webhooks/"+hook.WebhookID+"/test", "a", nil, nil)
		s.deliver()
		a := s.attempts(hook.WebhookID)[0]
		if a.Event != portal.EventTest || !a.ByHand || a.DeliveryState != stateFailed || a.NextAt != nil || a.MessageID != "" {
			t.Errorf("attempt: %+v", a)
		}
		if got := s.hook(hook.WebhookID); got.FailingSince != nil {
			t.Error("a person's test counts against the endpoint")
		}
	})
}

func TestAttemptPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		hook := s.add(rec.URL)
		var fail atomic.Bool
		rec.takes(func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			if fail.Load() {
				w.WriteHeader(500)
			}
		})
		s.happen(portal.StatusSent, 7)
		s.deliver()
		fail.Store(true)
		s.happen(portal.StatusSent, 3)
		s.deliver()
		path := "/v1/webhooks/" + hook.WebhookID + "/attempts?limit=4"
		var seen []string
		next := ""
		for range 10 {
			var page portal.WebhookAttemptPage
			s.call(200, "GET", path+next, "a", nil, &page)
			for _, a := range page.Items {
				seen = append(seen, a.AttemptID)
			}
			if page.NextCursor == "" {
				break
			}
			next = "&cursor=" + page.NextCursor
		}
		slices.Reverse(seen)
		if len(slices.Compact(seen)) != 10 || !slices.IsSorted(seen) {
			t.Errorf("pages show %v", seen)
		}
		for outcome, want := range map[string]int{outcomeDelivered: 7, outcomeFailed: 3} {
			var page portal.WebhookAttemptPage
			s.call(200, "GET", "/v1/webhooks/"+hook.WebhookID+"/attempts?outcome="+outcome, "a", nil, &page)
			if len(page.Items) != want || page.NextCursor != "" {
				t.Errorf("%s: %d", outcome, len(page.Items))
			}
		}
		for query, want := range map[string]string{
			"?limit=0": "422 limit:out_of_range", "?limit=101": "422 limit:out_of_range", "?outcome=all": "422 outcome:invalid",
			"?cursor=x": "422 cursor:invalid_cursor", "?page=2": "400 invalid", "?limit=1&limit=2": "400 invalid",
		} {
			if got := s.refusal("GET", "/v1/webhooks/"+hook.WebhookID+"/attempts"+query, "a", ""); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
	})
}

// TestClean: after thirty days nothing is left of what was tried, and nothing at all of a deleted webhook.
func TestClean(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		hook, deleted := s.add(rec.URL), s.add(rec.URL+"/deleted")
		s.happen(portal.StatusSent, 3)
		s.deliver()
		s.clock.add(keepFor - time.Hour)
		s.happen(portal.StatusSent, 2)
		s.deliver()
		s.happen(portal.StatusSent, 1)
		s.call(204, "DELETE", "/v1/webhooks/"+deleted.WebhookID, "a", nil, nil)
		s.clock.add(2 * time.Hour)
		for range 3 {
			_, err := s.svc.clean(t.Context())
			must(t, err)
		}
		if got := len(s.attempts(hook.WebhookID)); got != 2 {
			t.Errorf("%d attempts are left, want 2", got)
		}
		s.clock.add(keepFor)
		s.deliver()
		for range 3 {
			_, err := s.svc.clean(t.Context())
			must(t, err)
		}
		for table, want := range map[string]int{"webhooks": 1, "webhook_attempts": 1, "webhook_deliveries": 0, "webhook_rollups": 0} {
			var n int
			must(t, s.db.Read.DB.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
			if n != want {
				t.Errorf("%s has %d rows, want %d", table, n, want)
			}
		}
	})
}

func TestSequence(t *testing.T) {
	q := sequence{prefix: "dlv"}
	now := time.Now()
	var ids []string
	for i := range 5000 {
		if i == 2500 {
			now = now.Add(-time.Second) // a clock that is set back
		}
		ids = append(ids, q.next(now))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != 5000 || !portal.ValidID("dlv", ids[4999]) {
		t.Error("ids do not rise")
	}
	if got := successor("dlv_0000000000000000000000009z"); got != "dlv_000000000000000000000000a0" {
		t.Errorf("successor: %s", got)
	}
}
