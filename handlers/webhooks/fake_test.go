package webhooks

import (
	"context"
	"net/url"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

const (
	hookID    = "whk_00000000000000000000000001"
	attemptID = "wat_00000000000000000000000001"
	delivery  = "dlv_00000000000000000000000001"
	secret    = "whsec_VEVTVE9OTFlURVNUT05MWVRFU1RPTkxZVEVTVE8="
	receiver  = "https://hooks.example.com/ghasi"
)

// fakeHooks is a platform with webhooks.
type fakeHooks struct {
	hooks    []portal.Webhook
	attempts []portal.WebhookAttempt
	next     string // cursor
	check    *portal.WebhookCheck
	tokens   []string

	created  []portal.NewWebhook
	changed  []portal.WebhookChange
	deleted  []string
	checked  []string
	tested   []string
	retried  []string
	filters  []portal.WebhookAttemptFilter
	overlaps []int
	retired  int

	listErr, findErr, createErr, changeErr, deleteErr, checkErr, sendErr, logErr, rotateErr, retireErr error
}

func (f *fakeHooks) Webhooks(_ context.Context, token string) ([]portal.Webhook, error) {
	f.tokens = append(f.tokens, token)
	return f.hooks, f.listErr
}

func (f *fakeHooks) CreateWebhook(_ context.Context, token string, w portal.NewWebhook) (portal.SavedWebhook, error) {
	f.tokens = append(f.tokens, token)
	if f.createErr != nil {
		return portal.SavedWebhook{}, f.createErr
	}
	f.created = append(f.created, w)
	made := sample(func(s *portal.Webhook) { s.URL, s.Events, s.LastAttempt = w.URL, w.Events, nil })
	f.hooks = append(f.hooks, made)
	return portal.SavedWebhook{Webhook: made, SigningSecret: secret, Check: f.check}, nil
}

func (f *fakeHooks) Webhook(_ context.Context, token, id string) (portal.Webhook, error) {
	f.tokens = append(f.tokens, token)
	if f.findErr != nil {
		return portal.Webhook{}, f.findErr
	}
	for _, w := range f.hooks {
		if w.WebhookID == id {
			return w, nil
		}
	}
	return portal.Webhook{}, portal.Fail(portal.NotFound, nil)
}

func (f *fakeHooks) ChangeWebhook(_ context.Context, _, id string, ch portal.WebhookChange) (portal.SavedWebhook, error) {
	if f.changeErr != nil {
		return portal.SavedWebhook{}, f.changeErr
	}
	for i := range f.hooks {
		w := &f.hooks[i]
		if w.WebhookID != id {
			continue
		}
		if w.Version != ch.Version {
			return portal.SavedWebhook{}, &portal.Error{Code: portal.Conflict, Key: keyStale}
		}
		f.changed = append(f.changed, ch)
		if ch.URL != nil {
			w.URL = *ch.URL
		}
		if ch.Events != nil {
			w.Events = ch.Events
		}
		if ch.Status != nil {
			w.Status = *ch.Status
		}
		w.Version++
		return portal.SavedWebhook{Webhook: *w, Check: f.check}, nil
	}
	return portal.SavedWebhook{}, portal.Fail(portal.NotFound, nil)
}

func (f *fakeHooks) DeleteWebhook(_ context.Context, _, id string) error {
	if f.deleteErr != nil {
		return f.deleteErr
	}
	f.deleted = append(f.deleted, id)
	f.hooks = nil
	return nil
}

func (f *fakeHooks) CheckWebhookURL(_ context.Context, _, url string) (portal.WebhookCheck, error) {
	f.checked = append(f.checked, url)
	if f.check == nil {
		return portal.WebhookCheck{Verdict: "unreachable"}, f.checkErr
	}
	return *f.check, f.checkErr
}

func (f *fakeHooks) TestWebhook(_ context.Context, _, id string) (portal.WebhookDelivery, error) {
	f.tested = append(f.tested, id)
	return portal.WebhookDelivery{DeliveryID: delivery, WebhookID: id, State: "waiting"}, f.sendErr
}

func (f *fakeHooks) WebhookAttempts(_ context.Context, _, _ string, filter portal.WebhookAttemptFilter) (portal.WebhookAttemptPage, error) {
	f.filters = append(f.filters, filter)
	if f.logErr != nil {
		return portal.WebhookAttemptPage{}, f.logErr
	}
	return portal.WebhookAttemptPage{Items: f.attempts, NextCursor: f.next}, nil
}

func (f *fakeHooks) WebhookAttempt(_ context.Context, _, _, id string) (portal.WebhookAttempt, error) {
	for _, a := range f.attempts {
		if a.AttemptID == id {
			return a, f.logErr
		}
	}
	return portal.WebhookAttempt{}, portal.Fail(portal.NotFound, nil)
}

func (f *fakeHooks) RetryWebhookDelivery(_ context.Context, _, id, deliveryID string) (portal.WebhookDelivery, error) {
	f.retried = append(f.retried, deliveryID)
	return portal.WebhookDelivery{DeliveryID: deliveryID, WebhookID: id, State: "waiting", Attempts: 1}, f.sendErr
}

func (f *fakeHooks) RotateWebhookSecret(_ context.Context, _, id string, overlap int) (portal.RotatedWebhookSecret, error) {
	if f.rotateErr != nil {
		return portal.RotatedWebhookSecret{}, f.rotateErr
	}
	f.overlaps = append(f.overlaps, overlap)
	ends := webtest.Now.Add(time.Duration(overlap) * time.Second)
	if overlap > 0 {
		for i := range f.hooks {
			if f.hooks[i].WebhookID == id {
				f.hooks[i].Rotation = &portal.WebhookRotation{StartedAt: webtest.Now, EndsAt: ends}
			}
		}
	}
	return portal.RotatedWebhookSecret{SigningSecret: secret, OldEndsAt: ends}, nil
}

func (f *fakeHooks) RetireWebhookSecret(context.Context, string, string) error {
	if f.retireErr == nil {
		f.retired++
	}
	return f.retireErr
}

func sample(change func(*portal.Webhook)) portal.Webhook {
	w := portal.Webhook{
		WebhookID: hookID, URL: receiver, Events: []portal.WebhookEvent{portal.EventDelivered, portal.EventFailed}, Status: portal.WebhookActive,
		Version: 3, CreatedAt: webtest.Now.Add(-48 * time.Hour), UpdatedAt: webtest.Now.Add(-time.Hour),
		Last24h:     portal.WebhookHealth{Delivered: 1204, Failed: 3, Waiting: 2},
		LastAttempt: &portal.WebhookAttempt{AttemptID: attemptID, At: webtest.Now.Add(-2 * time.Minute), StatusCode: 204, Number: 1},
	}
	if change != nil {
		change(&w)
	}
	return w
}

// tried is a failed attempt that will be repeated.
func tried(change func(*portal.WebhookAttempt)) portal.WebhookAttempt {
	next := webtest.Now.Add(5 * time.Minute)
	a := portal.WebhookAttempt{
		AttemptID: attemptID, DeliveryID: delivery, MessageID: "msg_00000000000000000000000001", Event: portal.EventDelivered,
		At: webtest.Now.Add(-time.Minute), Number: 1, StatusCode: 500, Error: "status", DurationMillis: 212, DeliveryState: "waiting", NextAt: &next,
		RequestHeaders: map[string]string{"Webhook-Id": delivery, "Webhook-Signature": "v1,c2ln"}, RequestBody: `{"type":"message.delivered"}`,
		ResponseHeaders: map[string]string{"Content-Type": "text/html"}, ResponseBody: "<h1>Boom</h1>", ResponseCut: true,
	}
	if change != nil {
		change(&a)
	}
	return a
}

// ledger keeps events.
type ledger struct{ events []portal.Event }

func (l *ledger) Record(_ context.Context, e portal.Event) error {
	l.events = append(l.events, e)
	return nil
}

func one() *fakeHooks { return &fakeHooks{hooks: []portal.Webhook{sample(nil)}} }

func site(t *testing.T, api *fakeHooks) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	New(s.Kit, api).Register(s.Engine)
	return s
}

func printer(t *testing.T, tag string) *locales.Printer {
	t.Helper()
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Locale(tag).Printer(webtest.Now, "", "")
}

// attempt reads the hidden field of a freshly rendered form.
func attempt(t *testing.T, s *webtest.Site, path string) string {
	t.Helper()
	return s.Get(path).Doc().Attr("input[name=attempt]", "value")
}

func filled(attempt string) url.Values {
	return url.Values{"attempt": {attempt}, "hook_url": {" " + receiver + " "}, "event": {"message.failed", "message.delivered"}}
}

// both are the ways to ask: as a page, and as a fragment.
var both = map[string][]webtest.Option{"Page": nil, "Fragment": {webtest.HTMX()}}
