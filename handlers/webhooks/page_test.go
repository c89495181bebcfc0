package webhooks

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name, url string
		events    []string
		want      []string // field and key, in order
	}{
		{"all right", " https://hooks.example.com/ ", []string{"message.sent"}, nil},
		{"scheme in capitals", "HTTPS://hooks.example.com", []string{"message.sent"}, nil},
		{"another script", "https://نمونه.example/پیام", []string{"message.held"}, nil},
		{"nothing", "", nil, []string{"url field.required", "events field.no_event"}},
		{"only spaces", " \t ", []string{"message.sent"}, []string{"url field.required"}},
		{"plain HTTP", "http://hooks.example.com/", []string{"message.sent"}, []string{"url field.not_https"}},
		{"no scheme", "hooks.example.com", []string{"message.sent"}, []string{"url field.not_https"}},
		{"script", "javascript:alert(1)//https://", []string{"message.sent"}, []string{"url field.not_https"}},
		{"too long", "https://" + strings.Repeat("a", 2048), []string{"message.sent"}, []string{"url field.too_long"}},
		{"unknown event", "https://a.example", []string{"message.sent", "message.read"}, []string{"events field.unknown_event"}},
		{"the test event", "https://a.example", []string{"webhook.test"}, []string{"events field.unknown_event"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, w := range bind(url.Values{"hook_url": {tt.url}, "event": tt.events}, "").validate() {
				got = append(got, w.Field+" "+w.Key)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestForm_Chosen(t *testing.T) {
	f := bind(url.Values{"event-x": {"message.held", "message.sent", "message.sent"}, "event": {"message.failed"}, "version": {"7"}}, "x")
	if d := cmp.Diff([]portal.WebhookEvent{portal.EventSent, portal.EventHeld}, f.chosen()); d != "" || f.version != 7 {
		t.Errorf("%s, version %d", d, f.version)
	}
	if f := bind(url.Values{"version": {"99999999999999999999"}}, "x"); f.version > 0 && f.version < 1<<62 {
		t.Errorf("an odd version became %d", f.version)
	}
}

func TestLogFilter(t *testing.T) {
	f := logFilter{outcome: "failed", cursor: "c", await: "dlv_1", after: 2, until: 9}
	if got := f.url("w"); got != "/webhooks/w/attempts?after=2&await=dlv_1&cursor=c&outcome=failed&until=9" {
		t.Errorf("url: %s", got)
	}
	if got := f.pageURL("w"); got != "/webhooks/w?cursor=c&outcome=failed" {
		t.Errorf("pageURL: %s", got)
	}
	if got := f.first().url("w"); got != "/webhooks/w/attempts?outcome=failed" {
		t.Errorf("first: %s", got)
	}
	page := portal.WebhookAttemptPage{Items: []portal.WebhookAttempt{{DeliveryID: "dlv_1", Number: 2}, {DeliveryID: "dlv_2", Number: 3}}}
	if f.arrived(page) {
		t.Error("an attempt that was there before counts as new")
	}
	page.Items[0].Number = 3
	if !f.arrived(page) {
		t.Error("the awaited attempt is not seen")
	}
}

// Every state is worded in every language, and a value that this portal does not know is shown as the platform calls it.
func TestWords(t *testing.T) {
	for _, tag := range locales.Tags {
		p := printer(t, tag)
		for _, fault := range []string{"timeout", "refused_address", "connection", "tls", "redirect", "status", "too_large", "interrupted"} {
			if row := newRow(p, hookID, tried(func(a *portal.WebhookAttempt) { a.Error = fault })); row.Error == "" || row.Error == locales.Verbatim(fault) {
				t.Errorf("%s: %s is not worded", tag, fault)
			}
		}
		for _, v := range []string{"ok", "unresolved", "refused", "no_tls", "unreachable"} {
			if got := verdict(p, &portal.WebhookCheck{Verdict: v}); got == nil || got.Title == "" || got.Text == "" {
				t.Errorf("%s: %s is not worded: %+v", tag, v, got)
			}
		}
	}
	p := printer(t, "en")
	if row := newRow(p, hookID, tried(func(a *portal.WebhookAttempt) { a.Error, a.DeliveryState = "eclipse", "lost" })); row.Error != "eclipse" || row.Delivery.Label != "lost" {
		t.Errorf("unknown words: %+v", row)
	}
	if verdict(p, nil) != nil || verdict(p, &portal.WebhookCheck{Verdict: "new"}) != nil {
		t.Error("a verdict out of nothing")
	}
	if got := statusBadge(p, "asleep"); got.Kind != "neutral" || got.Label != "asleep" {
		t.Errorf("unknown status: %+v", got)
	}
}

func TestNewRow_Next(t *testing.T) {
	p := printer(t, "en")
	past := webtest.Now.Add(-time.Second)
	for name, tt := range map[string]struct {
		next *time.Time
		want locales.Text
	}{"now": {nil, "Next try soon"}, "overdue": {&past, "Next try soon"}} {
		if got := newRow(p, hookID, tried(func(a *portal.WebhookAttempt) { a.NextAt = tt.next })).Next; got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if row := newRow(p, hookID, tried(func(a *portal.WebhookAttempt) { a.DeliveryState = "failed" })); row.Next != "" || row.RetryURL == "" {
		t.Errorf("given up: %+v", row)
	}
}

func TestRotationStatus_Announce(t *testing.T) {
	p := printer(t, "en")
	w := sample(func(w *portal.Webhook) { w.Rotation = &portal.WebhookRotation{EndsAt: webtest.Now.Add(time.Hour)} })
	if got := rotationStatus(p, w, ""); got.Announce != "" || got.Ready {
		t.Errorf("at first: %+v", got)
	}
	w.Rotation.OldVerified = 2
	if got := rotationStatus(p, w, "1.0.false"); got.Announce != "" {
		t.Error("each delivery is read out")
	}
	w.Rotation.NewAccepted, w.Rotation.CheckedAt = true, &webtest.Now
	if got := rotationStatus(p, w, "2.1.false"); got.Announce == "" || !got.Ready {
		t.Error("that it is safe now is not said")
	}
	w.Rotation = nil
	if got := rotationStatus(p, w, "2.1.true"); got.PollURL != "" || got.Announce == "" {
		t.Errorf("at the end: %+v", got)
	}
}

func TestHost(t *testing.T) {
	for raw, want := range map[string]string{receiver: "hooks.example.com", "https://h:8443/x": "h:8443", "::": "::", "": ""} {
		if got := host(raw); got != want {
			t.Errorf("host(%q) = %q, want %q", raw, got, want)
		}
	}
}
