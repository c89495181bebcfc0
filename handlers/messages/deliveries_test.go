package messages

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

func toldOf(state string, attempts int, next time.Duration) portal.WebhookDelivery {
	at := webtest.Now.Add(next)
	return portal.WebhookDelivery{
		DeliveryID: "dlv_00000000000000000000000001", WebhookID: "whk_00000000000000000000000001", URL: "https://hooks.example.com/\"><script>",
		Event: portal.EventDelivered, State: state, Attempts: attempts, NextAt: &at,
	}
}

func TestShow_Webhooks(t *testing.T) {
	api := &fakeAPI{one: journey(portal.StatusQueued, portal.StatusDelivered), told: []portal.WebhookDelivery{toldOf("waiting", 2, 10*time.Minute)}}
	s := newTestSite(t, api)
	r := s.Get("/messages/" + testID)
	got := r.Doc().Text("#message-webhooks")
	for _, want := range []string{"message.delivered", "hooks.example.com", "Waiting", "2 tries", "Next try in 10 minutes"} {
		if !strings.Contains(got, want) {
			t.Errorf("the section lacks %q: %s", want, got)
		}
	}
	if strings.Contains(r.Body, "><script>") {
		t.Error("markup got through")
	}
	r.Doc().One(`#message-webhooks a[href="/webhooks/whk_00000000000000000000000001"]`)
	api.told = nil
	if got := s.Get("/messages/" + testID).Doc().Text("#message-webhooks"); !strings.Contains(got, "No webhook was told of this message") {
		t.Errorf("nobody was told: %q", got)
	}
}

// What webhooks were told is an extra: without it the message is still there.
func TestShow_WebhooksDown(t *testing.T) {
	api := &fakeAPI{one: journey(portal.StatusQueued, portal.StatusDelivered), toldErr: portal.Fail(portal.Unavailable, errors.New("secret cause"))}
	s := newTestSite(t, api)
	r := s.Get("/messages/" + testID)
	if r.Code != http.StatusOK || strings.Contains(r.Body, "secret cause") {
		t.Fatalf("status %d", r.Code)
	}
	r.Doc().One("#message-webhooks .alert-error")
	api.toldErr = portal.Fail(portal.NotFound, nil) // a platform without webhooks
	if r := s.Get("/messages/" + testID); r.Code != http.StatusOK || len(r.Doc().All("#message-webhooks")) != 0 {
		t.Errorf("status %d", r.Code)
	}
	api.toldErr = portal.Fail(portal.Unauthenticated, nil)
	if r := s.Get("/messages/" + testID); r.Code != http.StatusSeeOther {
		t.Errorf("the session has ended: status %d", r.Code)
	}
}

func TestDeliveries(t *testing.T) {
	api := &fakeAPI{one: journey(portal.StatusQueued), told: []portal.WebhookDelivery{toldOf("waiting", 0, 0)}}
	s := newTestSite(t, api)
	poll := s.Get("/messages/"+testID).Doc().Attr("#message-webhooks", "hx-get")
	if r := s.Get(poll, webtest.HTMX()); r.Code != http.StatusNoContent {
		t.Errorf("nothing new: status %d", r.Code)
	}
	api.told[0] = toldOf("delivered", 1, 0)
	r := s.Get(poll, webtest.HTMX())
	if got := r.Doc().Text("#message-webhooks"); r.Code != http.StatusOK || !strings.Contains(got, "Delivered") {
		t.Errorf("status %d: %s", r.Code, got)
	}
	s.Kit.Now = func() time.Time { return webtest.Now.Add(time.Hour) }
	if r := s.Get(poll, webtest.HTMX()); r.Code != http.StatusOK || r.Doc().Attr("#message-webhooks", "hx-get") != "" {
		t.Errorf("the page asks for ever: status %d", r.Code)
	}
	if r := s.Get(strings.Replace(poll, "until=", "until=9", 1), webtest.HTMX()); r.Code == http.StatusOK && strings.Contains(r.Doc().Attr("#message-webhooks", "hx-get"), "until=9") {
		t.Error("the address decides how long the page asks")
	}
	api.toldErr = portal.Fail(portal.Unavailable, nil)
	if r := s.Get(poll, webtest.HTMX()); r.Code != http.StatusNoContent {
		t.Errorf("a moment of trouble: status %d", r.Code)
	}
	if r := s.Get(poll); r.Code != http.StatusSeeOther {
		t.Errorf("without htmx: status %d", r.Code)
	}
	if r := s.Get("/messages/msg_1/deliveries", webtest.HTMX()); r.Code != http.StatusNotFound {
		t.Errorf("a malformed id: status %d", r.Code)
	}
}
