package sendtest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

const sentID = "msg_00000000000000000000000001"

// fakeMessages is a platform that accepts messages, the same one once.
type fakeMessages struct {
	sent  []portal.NewMessage
	byKey map[string]string
	last  []portal.Message

	sendErr, messageErr, listErr, priceErr error
}

func (f *fakeMessages) SendMessage(_ context.Context, _, key string, m portal.NewMessage) (portal.AcceptedMessage, error) {
	if f.sendErr != nil {
		return portal.AcceptedMessage{}, f.sendErr
	}
	if f.byKey == nil {
		f.byKey = map[string]string{}
	}
	if _, repeated := f.byKey[key]; !repeated {
		f.byKey[key] = sentID
		f.sent = append(f.sent, m)
	}
	return portal.AcceptedMessage{MessageID: f.byKey[key], Status: portal.StatusQueued, Segments: 1, Encoding: "GSM-7"}, nil
}

func (f *fakeMessages) Message(_ context.Context, _, messageID string) (portal.Message, error) {
	if f.messageErr != nil {
		return portal.Message{}, f.messageErr
	}
	if messageID != sentID {
		return portal.Message{}, portal.Fail(portal.NotFound, nil)
	}
	return portal.Message{MessageID: sentID, From: "HERAT", Status: portal.StatusSent}, nil
}

func (f *fakeMessages) Messages(_ context.Context, _ string, filter portal.MessageFilter) (portal.MessagePage, error) {
	if filter.Limit != 1 {
		return portal.MessagePage{}, errors.New("more than one message is asked for")
	}
	return portal.MessagePage{Items: f.last}, f.listErr
}

var prices = portal.Prices{Currency: portal.AFN, Operators: []portal.OperatorPrice{{Operator: "roshan", UnitMicros: 850_000}}}

func (f *fakeMessages) Prices(context.Context, string) (portal.Prices, error) {
	return prices, f.priceErr
}

func site(t *testing.T, api *fakeMessages) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	New(s.Kit, api, apiURL).Register(s.Engine)
	return s
}

func filled() url.Values {
	return url.Values{
		"attempt": {"att_00000000000000000000000001"}, "to": {"0799123456"}, "from": {"PAMIR"}, "body": {"Hello there"},
	}
}

func TestShow(t *testing.T) {
	doc := site(t, &fakeMessages{last: []portal.Message{{From: "PAMIR-OTP"}}}).Get("/send-test").Doc()
	if doc.Text("h1") != "Send test SMS" || doc.Attr("#send-test-form", "action") != "/send-test" {
		t.Error("the page is not the form")
	}
	if got := doc.Attr("input[name=from]", "value"); got != "PAMIR-OTP" {
		t.Errorf("the sender is %q, want that of the latest message", got)
	}
	for _, sel := range []string{"input[name=to][required][pattern]", "input[name=from][required]", "textarea[name=body][required]", "#send-test-preview", "output[data-counter=f-body][data-limit='160']", "#body-multipart[hidden]"} {
		doc.One(sel)
	}
	if got := doc.Attr("input[name=attempt]", "value"); !portal.ValidID("att", got) {
		t.Errorf("attempt %q", got)
	}
	if got := doc.Text("#send-test-curl"); !strings.Contains(got, apiURL+"/v1/messages") || !strings.Contains(got, "YOUR_API_KEY") {
		t.Errorf("the command: %s", got)
	}
}

func TestShow_PlatformDown(t *testing.T) {
	r := site(t, &fakeMessages{listErr: portal.Fail(portal.Unavailable, nil)}).Get("/send-test")
	if r.Code != http.StatusOK || r.Doc().Attr("input[name=from]", "value") != "" {
		t.Errorf("status %d: the page must not need the last sender", r.Code)
	}
}

func TestShow_Sent(t *testing.T) {
	api := &fakeMessages{}
	s := site(t, api)
	doc := s.Get("/send-test?sent=" + sentID).Doc()
	if got := doc.Attr("a.mono", "href"); got != "/messages/"+sentID {
		t.Errorf("the message is at %q", got)
	}
	doc.One("#message-status .badge-sent")
	if doc.Attr("input[name=from]", "value") != "HERAT" || doc.Text("textarea[name=body]") != "" {
		t.Error("the form is not reset, or its sender not kept")
	}
	for path, want := range map[string]int{
		"/send-test?sent=msg_0000000000000000000000000z": http.StatusNotFound, // another tenant's
		"/send-test?sent=../../evil":                     http.StatusNotFound,
		"/send-test?sent=%00":                            http.StatusUnprocessableEntity,
	} {
		if r := s.Get(path); r.Code != want {
			t.Errorf("%s: status %d, want %d", path, r.Code, want)
		}
	}
	api.messageErr = portal.Fail(portal.Unavailable, nil)
	r := s.Get("/send-test?sent=" + sentID)
	if r.Code != http.StatusOK || !strings.Contains(r.Doc().Text("#message-status"), "not known right now") {
		t.Errorf("status %d: an unreadable status must not cost the page", r.Code)
	}
}

func TestSend_HTMX(t *testing.T) {
	api := &fakeMessages{}
	r := site(t, api).Post("/send-test", filled(), webtest.HTMX())
	if r.Code != http.StatusOK || len(api.sent) != 1 {
		t.Fatalf("status %d, %d sent", r.Code, len(api.sent))
	}
	if want := (portal.NewMessage{To: "+93799123456", From: "PAMIR", Body: "Hello there"}); api.sent[0] != want {
		t.Errorf("sent %+v", api.sent[0])
	}
	doc := r.Doc()
	doc.None("#sidebar, h1")
	if doc.Text("a.mono") != sentID || doc.Attr("a.mono", "href") != "/messages/"+sentID {
		t.Error("the answer does not link to the message")
	}
	if doc.Attr("#message-status", "hx-get") != "/messages/"+sentID+"/status" {
		t.Error("the status is not followed")
	}
	if doc.Text("textarea[name=body]") != "" || doc.Attr("input[name=to]", "value") != "" {
		t.Error("the form is not reset")
	}
	if doc.Attr("input[name=from]", "value") != "PAMIR" || doc.Attr("input[name=attempt]", "value") == filled().Get("attempt") {
		t.Error("the sender is not kept, or the attempt is")
	}
}

func TestSend_Page(t *testing.T) {
	api := &fakeMessages{}
	r := site(t, api).Post("/send-test", filled())
	if r.Code != http.StatusSeeOther || r.Header.Get("Location") != "/send-test?sent="+sentID {
		t.Errorf("status %d to %q", r.Code, r.Header.Get("Location"))
	}
}

func TestSend_Once(t *testing.T) {
	api := &fakeMessages{}
	s := site(t, api)
	s.Post("/send-test", filled(), webtest.HTMX())
	if again := s.Post("/send-test", filled()); again.Code != http.StatusSeeOther || len(api.sent) != 1 {
		t.Errorf("a second click: status %d, %d sent", again.Code, len(api.sent))
	}
	edited := filled()
	edited.Set("body", "Hello again")
	if s.Post("/send-test", edited); len(api.sent) != 2 {
		t.Errorf("an edited message: %d sent", len(api.sent))
	}
}

func TestSend_Invalid(t *testing.T) {
	api := &fakeMessages{}
	s := site(t, api)
	form := url.Values{"to": {"not a number"}, "from": {"پامیر"}, "body": {"  "}}
	for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
		r := s.Post("/send-test", form, options...)
		if r.Code != http.StatusUnprocessableEntity {
			t.Fatalf("status %d", r.Code)
		}
		doc := r.Doc()
		if doc.Attr("input[name=to]", "value") != "not a number" || doc.Attr("input[name=from]", "value") != "پامیر" {
			t.Error("what was typed is gone")
		}
		if n := len(doc.All("[aria-invalid=true]")); n != 3 {
			t.Errorf("%d fields are marked", n)
		}
		if n := len(doc.All(".alert-error .alert-items a")); n != 3 {
			t.Errorf("the summary has %d entries", n)
		}
	}
	if len(api.sent) != 0 {
		t.Error("a message was sent")
	}
}

func TestSend_Refused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		sel    string // what shows it
	}{
		{"unavailable", portal.Fail(portal.Unavailable, errors.New("secret cause")), 503, ".alert-error"},
		{"out of credit", &portal.Error{Code: portal.PaymentRequired}, 402, ".alert-error"},
		{"rate limited", &portal.Error{Code: portal.RateLimited, RetryAfter: 3 * time.Second}, 429, ".alert-error"},
		{"own words", &portal.Error{Code: portal.Forbidden, Detail: "Sender <b>PAMIR</b> is not yours"}, 403, ".alert-detail"},
		{"a field", portal.InvalidField("from", "field.invalid_sender"), 422, "#f-from[aria-invalid=true]"},
		{"a header", portal.InvalidField("Idempotency-Key", "field.invalid"), 422, ".alert-error"},
		{"unknown error", errors.New("secret cause"), 500, ".alert-error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := site(t, &fakeMessages{sendErr: tt.err})
			for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
				r := s.Post("/send-test", filled(), options...)
				if r.Code != tt.status || strings.Contains(r.Body, "secret cause") || strings.Contains(r.Body, "<b>PAMIR") {
					t.Errorf("status %d, or the cause or markup in the answer", r.Code)
				}
				doc := r.Doc()
				doc.One(tt.sel)
				if doc.Attr("input[name=to]", "value") != "0799123456" || doc.Text("textarea[name=body]") != "Hello there" {
					t.Error("what was typed is gone")
				}
				if doc.Attr("input[name=attempt]", "value") != filled().Get("attempt") {
					t.Error("trying again would be another attempt")
				}
			}
		})
	}
}

func TestSend_SignedOut(t *testing.T) {
	s := site(t, &fakeMessages{sendErr: portal.Fail(portal.Unauthenticated, nil)})
	r := s.Post("/send-test", filled(), webtest.HTMX())
	if r.Code != http.StatusUnauthorized || !strings.HasPrefix(r.Header.Get("HX-Redirect"), "/login") {
		t.Errorf("status %d, HX-Redirect %q", r.Code, r.Header.Get("HX-Redirect"))
	}
}

func TestPreview(t *testing.T) {
	api := &fakeMessages{}
	s := site(t, api)
	form := filled()
	form.Set("body", "It’s here")
	r := s.Post("/send-test/preview", form, webtest.HTMX())
	if r.Code != http.StatusOK || len(api.sent) != 0 {
		t.Fatalf("status %d, %d sent", r.Code, len(api.sent))
	}
	doc := r.Doc()
	doc.None("form, h1")
	text := doc.Text("#send-test-preview")
	for _, want := range []string{"UCS-2", "Roshan", "U+2019", "at character 3", "AFN", "It’s here"} {
		if !strings.Contains(text, want) {
			t.Errorf("the preview lacks %q: %s", want, text)
		}
	}
	if got := doc.Attr("button[name=replace]", "value"); got != "U+2019" {
		t.Errorf("the button replaces %q", got)
	}
	if doc.Attr("#send-test-call", "hx-swap-oob") != "true" || !strings.Contains(doc.Text("#send-test-curl"), "+93799123456") {
		t.Error("the command does not follow")
	}
	// Without htmx the same address is a whole page, with what was typed.
	page := s.Post("/send-test/preview", form).Doc()
	if page.Text("h1") != "Send test SMS" || page.Text("textarea[name=body]") != "It’s here" {
		t.Error("the page lost what was typed")
	}
	page.None("[aria-invalid=true], [hx-swap-oob]")
}

func TestPreview_Replace(t *testing.T) {
	s := site(t, &fakeMessages{})
	form := filled()
	form.Set("body", "It’s – here")
	form.Set("replace", "all")
	for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
		doc := s.Post("/send-test/preview", form, options...).Doc()
		if got := doc.Text("textarea[name=body]"); got != "It's - here" {
			t.Errorf("the text became %q", got)
		}
		if text := doc.Text("#send-test-preview"); !strings.Contains(text, "GSM-7") {
			t.Errorf("the preview: %s", text)
		}
		if doc.Attr("input[name=attempt]", "value") != form.Get("attempt") {
			t.Error("the attempt changed")
		}
	}
}

func TestPreview_MultiPart(t *testing.T) {
	form := filled()
	form.Set("body", strings.Repeat("a", 161))
	doc := site(t, &fakeMessages{}).Post("/send-test/preview", form).Doc()
	doc.None("#body-multipart[hidden]")
	if text := doc.Text("#send-test-preview"); !strings.Contains(text, "2 segments") {
		t.Errorf("the preview: %s", text)
	}
}

func TestHostileInput(t *testing.T) {
	const evil = `"></textarea><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
	s := site(t, &fakeMessages{last: []portal.Message{{From: evil}}})
	form := url.Values{"attempt": {evil}, "to": {evil}, "from": {evil}, "body": {evil}, "replace": {evil}}
	for _, r := range []*webtest.Response{
		s.Get("/send-test"),
		s.Post("/send-test", form), s.Post("/send-test", form, webtest.HTMX()),
		s.Post("/send-test/preview", form), s.Post("/send-test/preview", form, webtest.HTMX()),
	} {
		if strings.Contains(r.Body, "<script>alert") || strings.Contains(r.Body, "<img") {
			t.Errorf("markup got through: status %d", r.Code)
		}
	}
	long := filled()
	long.Set("from", strings.Repeat("n", 10<<10))
	long.Set("body", strings.Repeat("س", 5<<10))
	if r := s.Post("/send-test", long); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("a 10 KB name: status %d", r.Code)
	}
	nul := filled()
	nul.Set("body", "a\x00b")
	for _, path := range []string{"/send-test", "/send-test/preview"} {
		if r := s.Post(path, nul); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s with a NUL: status %d", path, r.Code)
		}
	}
	huge := filled()
	huge.Set("body", strings.Repeat("a", 10<<20))
	if r := s.Post("/send-test", huge, webtest.HTMX()); r.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("ten megabytes: status %d", r.Code)
	}
}

func TestLanguages(t *testing.T) {
	s := site(t, &fakeMessages{})
	form := filled()
	form.Set("body", "It’s –"+strings.Repeat("a", 200))
	for _, tag := range locales.Tags {
		if r := s.Get("/send-test?sent="+sentID, webtest.Locale(tag)); r.Code != http.StatusOK || r.Doc().Attr("html", "lang") != tag {
			t.Errorf("%s: status %d", tag, r.Code)
		}
		if r := s.Post("/send-test/preview", form, webtest.Locale(tag)); r.Code != http.StatusOK {
			t.Errorf("the preview in %s: status %d", tag, r.Code)
		}
	}
}
