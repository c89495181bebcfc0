package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	sendButton = "#send-test-form .form-actions .btn-primary"
	sentID     = `#send-test [aria-labelledby="sent-title"] a.link`
)

func TestSendTest_Delivered(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.visit("/send-test")
	attempt := b.value(`input[name="attempt"]`)
	b.compose("+93700000001", "Herat", "Your order is ready.")
	b.click(sendButton)
	b.seeText("#send-test", "Message accepted")
	id := b.text(sentID)
	if !strings.HasPrefix(id, "msg_") {
		t.Fatalf("message id %q", id)
	}
	if to, body := b.value("#f-to"), b.value("#f-body"); to+body != "" {
		t.Errorf("the form still holds %q %q", to, body)
	}
	if b.value(`input[name="attempt"]`) == attempt {
		t.Error("the next message would be taken for the same one")
	}
	b.seeText("#message-status .badge", "Delivered") // by itself, without a reload
	b.gone("#message-status[hx-get]")
	b.click(sentID)
	b.at("/messages/" + id)
	b.seeText(".bubble", "Your order is ready.")
	b.seeText(".timeline", "Accepted and queued")
	b.seeText(".timeline", "Taken by the operator")
	b.seeText(".timeline", "Delivered to the handset")
	b.seeText(".facts", "in the portal")
}

func TestSendTest_MagicNumbers(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	for _, tt := range []struct{ to, status, explanation string }{
		{"+93700000002", "Failed", "Number not in service"},
		{"+93700000006", "Rejected", "Refused by the operator"},
	} {
		b.visit("/send-test")
		b.compose(tt.to, "Herat", "A message to "+tt.to)
		b.click(sendButton)
		b.seeText("#message-status .badge", tt.status)
		b.click(sentID)
		b.seeText("h1", "Message to")
		b.seeText("#message-status .badge", tt.status)
		b.seeText("#message-status .alert-title", tt.explanation)
	}
}

func TestSendTest_Preview(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.visit("/send-test")
	b.fill("#f-body", strings.Repeat("a", 160))
	b.seeText("output", "160")
	b.until("no warning at 160 characters", `document.getElementById("body-multipart").hidden`)
	b.do(chromedp.SendKeys(chromedp.CSS("#f-body"), "b"))
	b.seeText("output", "161")
	b.see("#body-multipart")
	b.seeText("#send-test-preview", "it travels, and is charged, as 2 segments")

	b.fill("#f-body", "It’s ready")
	b.until("no warning any more", `document.getElementById("body-multipart").hidden`)
	b.seeText("#send-test-preview", "UCS-2")
	b.seeText(".culprit", "U+2019")
	b.seeText(".culprit", "at character 3")
	b.fill("#f-to", "0793000000")
	b.seeText("#send-test-preview", "Roshan")
	b.click(".culprit button")
	b.until("the apostrophe replaced", `document.getElementById("f-body").value === "It's ready"`)
	b.seeText("#send-test-preview", "GSM-7")
	b.gone(".culprit")
	b.focused("#f-body")
	if got := b.value("#f-to"); got != "0793000000" {
		t.Errorf("replacing lost the number: %q", got)
	}
	b.seeText("#send-test-call code", "+93793000000")
}

func TestSendTest_BadInput(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.visit("/send-test")
	requests := b.record()
	b.compose("12", "Herat", "Hello")
	b.click(sendButton)
	b.seeText("#f-to-error", "Enter a full number with its country code")
	b.focused("#f-to")
	if got := eval[string](b, `document.getElementById("f-to").getAttribute("aria-invalid")`); got != "true" {
		t.Errorf("aria-invalid = %q", got)
	}
	b.fill("#f-to", "+93700000001")
	b.fill("#f-body", "   ")
	b.click(sendButton)
	b.seeText("#f-body-error", "Fill this in")
	if sent := requests.of("POST", "/send-test"); len(without(sent, "preview")) != 0 {
		t.Errorf("bad input was sent: %v", sent)
	}
	if got := b.value("#f-to"); got != "+93700000001" {
		t.Errorf("the number typed is lost: %q", got)
	}
}

func TestSendTest_EasternDigits(t *testing.T) {
	b := newTab(t, shared, look{locale: "fa-AF"}).as(someone(t, shared, manager))
	b.visit("/send-test")
	b.compose("۰۷۰۰۰۰۰۰۰۱", "Herat", "سلام")
	if got := b.value("#f-to"); got != "0700000001" {
		t.Errorf("the number became %q", got)
	}
	b.seeText("output", "۴")
	b.click(sendButton)
	b.see("#message-status .badge-delivered")
}

func TestSendTest_DoubleClick(t *testing.T) {
	p := someone(t, shared, manager)
	b := newTab(t, shared, look{}).as(p)
	body := "Sent once " + t.Name() + kb.Enter + "and on two lines"
	b.visit("/send-test")
	b.compose("+93 700 000 001", "Herat", body)
	b.do(chromedp.DoubleClick(chromedp.CSS(sendButton)))
	b.seeText("#send-test", "Message accepted")
	b.see("#message-status .badge-delivered")
	c := client{t, shared.url, p.newKey(t, "Counting", "sms:read")}
	if n := c.sent(t.Name()); n != 1 {
		t.Errorf("a double click sent %d messages", n)
	}
}

func TestSendTest_WithoutJavaScript(t *testing.T) {
	p := someone(t, shared, manager)
	b := newTab(t, shared, look{noJS: true}).as(p)
	b.expect("422")
	b.visit("/send-test")
	b.do(chromedp.RemoveAttribute(chromedp.CSS("#send-test-form"), "novalidate"))
	b.compose("12", "Herat", "  ")
	b.do(chromedp.SetAttributeValue(chromedp.CSS("#send-test-form"), "novalidate", "")) // the server is asked, whatever the browser thinks
	b.click(sendButton)
	b.seeText(".alert", "Check what you entered")
	b.focused(".alert, body")
	b.seeText("#f-to-error", "Enter a full number with its country code")
	b.seeText("#f-body-error", "Fill this in")
	if got := b.value("#f-to"); got != "12" {
		t.Errorf("the number typed is lost: %q", got)
	}
	b.compose("+93700000001", "Herat", "Without a script "+strings.Repeat("x", 160))
	b.click(`noscript button, button[formaction="/send-test/preview"]`)
	b.at("/send-test/preview")
	b.seeText("#send-test-preview", "2 segments")
	b.click(sendButton)
	b.at("/send-test?sent=msg_")
	b.seeText("#send-test", "Message accepted")
	if to, body := b.value("#f-to"), b.value("#f-body"); to+body != "" {
		t.Errorf("the form still holds %q %q", to, body)
	}
	id := b.text(sentID)
	client{t, shared.url, p.newKey(t, "Waiting", "sms:read")}.wait(id)
	b.do(chromedp.Reload())
	b.seeText("#message-status .badge", "Delivered")
}

// compose fills the form of /send-test.
func (b *tab) compose(to, from, body string) {
	b.t.Helper()
	b.fill("#f-to", to)
	b.fill("#f-from", from)
	b.fill("#f-body", body)
}

// sent returns how many of the newest messages have a text that contains what.
func (c client) sent(what string) int {
	c.t.Helper()
	_, page := c.call("GET", "/v1/messages?limit=20", nil)
	items, _ := page["items"].([]any)
	n := 0
	for _, item := range items {
		m, _ := item.(map[string]any)
		_, whole := c.call("GET", "/v1/messages/"+text(m["messageId"]), nil)
		if strings.Contains(text(whole["body"]), what) {
			n++
		}
	}
	return n
}

func without(list []string, what string) []string {
	var rest []string
	for _, s := range list {
		if !strings.Contains(s, what) {
			rest = append(rest, s)
		}
	}
	return rest
}
