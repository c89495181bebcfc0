package webhooks

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

func withLog() *fakeHooks {
	api := one()
	api.attempts = []portal.WebhookAttempt{
		tried(func(a *portal.WebhookAttempt) { a.AttemptID, a.Number = "wat_00000000000000000000000003", 2 }),
		tried(func(a *portal.WebhookAttempt) {
			a.AttemptID, a.DeliveryID = "wat_00000000000000000000000002", "dlv_00000000000000000000000002"
			a.Error, a.StatusCode, a.DeliveryState, a.NextAt = "", 204, "delivered", nil
		}),
		tried(nil),
	}
	api.next = "wat_00000000000000000000000001"
	return api
}

func TestShow(t *testing.T) {
	doc := site(t, withLog()).Get(hookPath).Doc()
	if got := doc.Text("h1"); got != "Webhook at hooks.example.com" {
		t.Errorf("h1 = %q", got)
	}
	if len(doc.All("#attempts tbody tr")) != 4 { // three attempts and "Load more"
		t.Fatalf("%d rows", len(doc.All("#attempts tbody tr")))
	}
	first := doc.Text("#wat_00000000000000000000000003")
	for _, want := range []string{"message.delivered", "Try 2", "Failed", "500", "The answer was not a 2xx", "212 ms", "Waiting", "Next try in 5 minutes", "Retry"} {
		if !strings.Contains(first, want) {
			t.Errorf("the row lacks %q: %s", want, first)
		}
	}
	if second := doc.Text("#wat_00000000000000000000000002"); !strings.Contains(second, "Accepted") || strings.Contains(second, "Retry") {
		t.Errorf("a delivered one: %s", second)
	}
	if older := doc.Text("#" + attemptID); strings.Contains(older, "Retry") {
		t.Error("one delivery can be retried from two rows")
	}
	if got := doc.Attr("#attempts-more a", "hx-get"); got != hookPath+"/attempts?cursor=wat_00000000000000000000000001" {
		t.Errorf("more: %q", got)
	}
	doc.One(`form[action="` + hookPath + `/test"] button`)
	doc.One("#rotate-secret")
	doc.One("#webhook-guide #code-verify")
	doc.One(`[aria-current="page"][hx-get="` + hookPath + `/attempts"]`)
}

func TestShow_LogFails(t *testing.T) {
	api := one()
	api.logErr = portal.Fail(portal.Unavailable, errors.New("secret cause"))
	r := site(t, api).Get(hookPath)
	if r.Code != http.StatusOK || strings.Contains(r.Body, "secret cause") {
		t.Fatalf("status %d", r.Code)
	}
	r.Doc().One("#attempts .alert-error")
	r.Doc().One("article")
}

func TestAttempts(t *testing.T) {
	api := withLog()
	s := site(t, api)
	r := s.Get(hookPath+"/attempts?outcome=failed", webtest.HTMX())
	if r.Header.Get("HX-Replace-Url") != hookPath+"?outcome=failed" {
		t.Errorf("the address becomes %q", r.Header.Get("HX-Replace-Url"))
	}
	r.Doc().One(`#attempts [aria-current="page"][href$="outcome=failed"]`)
	r.Doc().None("h1")
	more := s.Get(hookPath+"/attempts?outcome=failed&cursor=wat_00000000000000000000000009", webtest.HTMX()).Doc()
	if len(more.All("tr")) != 4 {
		t.Errorf("%d rows", len(more.All("tr")))
	}
	more.One("tr a[autofocus]")
	want := []portal.WebhookAttemptFilter{{Outcome: "failed", Limit: pageSize}, {Outcome: "failed", Limit: pageSize, Cursor: "wat_00000000000000000000000009"}}
	if d := cmp.Diff(want, api.filters); d != "" {
		t.Error(d)
	}
	if r := s.Get(hookPath + "/attempts?outcome=failed&cursor=wat_x&await=" + delivery); r.Code != http.StatusSeeOther || r.Header.Get("Location") != hookPath+"?cursor=wat_x&outcome=failed" {
		t.Errorf("without htmx: status %d to %q", r.Code, r.Header.Get("Location"))
	}
	api.attempts, api.next = nil, ""
	if got := s.Get(hookPath + "?outcome=failed").Doc().Text("#attempts .empty"); !strings.Contains(got, "No failed attempts") {
		t.Errorf("nothing failed: %q", got)
	}
	if got := s.Get(hookPath).Doc().Text("#attempts .empty"); !strings.Contains(got, "Nothing sent yet") {
		t.Errorf("nothing at all: %q", got)
	}
}

func TestAttempts_BadCursor(t *testing.T) {
	api := one()
	api.logErr = portal.InvalidField("cursor", "field.invalid_cursor")
	s := site(t, api)
	r := s.Get(hookPath+"/attempts?cursor=x", webtest.HTMX())
	if r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Doc().Text(".alert"), "no longer works") {
		t.Errorf("status %d: %s", r.Code, r.Body)
	}
	page := s.Get(hookPath + "?cursor=x").Doc()
	if page.Attr("#attempts .card-foot a", "href") != hookPath+"/attempts" {
		t.Error("there is no way back to the newest")
	}
}

func TestTest(t *testing.T) {
	api := withLog()
	s := site(t, api)
	r := s.Post(hookPath+"/test", nil, webtest.HTMX())
	doc := r.Doc()
	if r.Code != http.StatusOK || len(api.tested) != 1 {
		t.Fatalf("status %d", r.Code)
	}
	poll := doc.Attr(".attempts-wait", "hx-get")
	if !strings.Contains(poll, "await="+delivery) || !strings.Contains(doc.Text(".attempts-wait"), "on its way") {
		t.Errorf("the page does not wait: %q", poll)
	}
	// The attempts of this delivery are there already, as number 1 and 2: the wait is over at once.
	arrived := s.Get(poll, webtest.HTMX())
	if arrived.Code != http.StatusOK || len(arrived.Doc().All(".attempts-wait")) != 0 {
		t.Errorf("status %d", arrived.Code)
	}
	if arrived.Doc().Attr("#state-"+hookID, "hx-swap-oob") != "true" {
		t.Error("the card keeps what it showed before")
	}
	api.attempts = nil
	if r := s.Get(poll, webtest.HTMX()); r.Code != http.StatusNoContent {
		t.Errorf("not there yet: status %d", r.Code)
	}
	s.Kit.Now = func() time.Time { return webtest.Now.Add(patience + time.Second) }
	if r := s.Get(poll, webtest.HTMX()); r.Code != http.StatusOK || len(r.Doc().All(".attempts-wait")) != 0 {
		t.Errorf("for ever: status %d", r.Code)
	}
	if r := s.Post(hookPath+"/test", nil); r.Code != http.StatusSeeOther || r.Header.Get("Location") != hookPath || len(r.Cookies) != 1 {
		t.Errorf("without htmx: status %d", r.Code)
	}
}

func TestRetry(t *testing.T) {
	api := withLog()
	s := site(t, api)
	doc := s.Post(hookPath+"/deliveries/"+delivery+"/retry", url.Values{"outcome": {"failed"}}, webtest.HTMX()).Doc()
	if len(api.retried) != 1 || api.retried[0] != delivery {
		t.Fatalf("retried %q", api.retried)
	}
	poll := doc.Attr(".attempts-wait", "hx-get")
	if !strings.Contains(poll, "after=1") || !strings.Contains(poll, "outcome=failed") {
		t.Errorf("the page waits for %q", poll)
	}
	if r := s.Post(hookPath+"/deliveries/dlv_1/retry", nil); r.Code != http.StatusNotFound {
		t.Errorf("a malformed id: status %d", r.Code)
	}
	api.sendErr = &portal.Error{Code: portal.Conflict, Key: "webhooks.error.in_hand"}
	for name, options := range both {
		r := s.Post(hookPath+"/deliveries/"+delivery+"/retry", nil, options...)
		if r.Code != http.StatusConflict || !strings.Contains(r.Doc().Text("#attempts .alert"), "tried at this moment") {
			t.Errorf("%s: status %d", name, r.Code)
		}
	}
}

func TestAttempt(t *testing.T) {
	s := site(t, withLog())
	for name, options := range both {
		r := s.Get(hookPath+"/attempts/"+attemptID, options...)
		doc := r.Doc()
		got := doc.Text(".attempt")
		for _, want := range []string{"500", "24 November 2026, 09:29:00", delivery, "Webhook-Signature: v1,c2ln", `{"type":"message.delivered"}`, "<h1>Boom</h1>", "Content-Type: text/html", "Only its beginning is kept"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: lacks %q: %s", name, want, got)
			}
		}
		if doc.Attr(".attempt a.link", "href") != "/messages/msg_00000000000000000000000001" {
			t.Errorf("%s: no way to the message", name)
		}
		if strings.Contains(r.Body, "<h1>Boom") {
			t.Errorf("%s: the receiver's markup is on our page", name)
		}
	}
	s.Get(hookPath+"/attempts/"+attemptID, webtest.HTMX()).Doc().One("dialog.drawer")
	if r := s.Get(hookPath + "/attempts/wat_0000000000000000000000000z"); r.Code != http.StatusNotFound {
		t.Errorf("unknown: status %d", r.Code)
	}
}

func TestAttempt_NoAnswer(t *testing.T) {
	api := one()
	api.attempts = []portal.WebhookAttempt{tried(func(a *portal.WebhookAttempt) {
		a.StatusCode, a.Error, a.ResponseBody, a.ResponseHeaders, a.ResponseCut, a.RequestBody, a.ByHand = 0, "timeout", "", nil, false, "", true
	})}
	got := site(t, api).Get(hookPath + "/attempts/" + attemptID).Doc().Text(".attempt")
	for _, want := range []string{"There was no answer", "No answer within 15 seconds", "The content is no longer kept", "By hand"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q: %s", want, got)
		}
	}
}
