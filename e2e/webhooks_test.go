package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ghasi.io/portal/config"
)

const addWebhook = "#add-webhook"

// hookSite is an app whose webhooks reach this machine.
func hookSite(t *testing.T) *site {
	t.Helper()
	return newSite(t, func(c *config.Config) { c.WebhookLoopback = true })
}

// TestWebhooks_WholeLife is a webhook from its birth to its end, with a receiver that verifies by the public library. The demo's
// own messages that are still on their way may add to its log.
func TestWebhooks_WholeLife(t *testing.T) {
	s, r := hookSite(t), newReceiver(t)
	b := newTab(t, s, look{}).as(someone(t, s, manager))
	b.allowClipboard()
	b.visit("/webhooks")
	card, secret := b.addWebhook(r.URL + "/ghasi")
	b.seeText("dialog", "Webhook Added")
	b.seeText("dialog", "This secret will not be shown again")
	b.seeText("dialog .verdict", "The address answers")
	b.seeText("dialog .verdict", "127.0.0.1")
	b.seeText("dialog .verdict", "Its certificate is valid until")
	b.click(`dialog [data-copy="#secret-value"]`)
	b.seeText(`dialog [data-copy="#secret-value"]`, "Copied")
	if got := eval[string](b, "navigator.clipboard.readText()"); got != secret {
		t.Errorf("the clipboard has %q, the page %q", got, secret)
	}
	b.seeText("#webhooks", r.URL) // the list behind the dialog has it already
	b.do(chromedp.MouseClickXY(5, 5))
	b.see("dialog #secret-value") // a secret is not lost by a click beside the dialog
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")
	b.forgets(secret)
	r.knows(t, secret)

	key := client{t, s.url, b.apiKey("sms:send", "sms:read")}
	id := key.send("+93700000001", "Herat", "The parcel is here")
	delivery := r.got(t, "message.delivered", id)
	if text(delivery.data["to"]) != "+93700000001" || text(delivery.data["status"]) != "delivered" || !strings.HasPrefix(delivery.id, "dlv_") {
		t.Errorf("delivered: %+v", delivery)
	}
	b.visit("/messages/" + id)
	b.seeText("#message-webhooks", "message.delivered")
	b.seeText("#message-webhooks", "Delivered")

	b.visit("/webhooks")
	b.seeText(card, "Accepted")
	b.click(card + " .webhook-url a")
	b.seeText("#attempts tbody", "message.delivered")
	b.seeText("#attempts tbody", "204")
	b.click("#attempts .row-link")
	b.seeText("dialog.drawer", "Webhook-Signature: v1,")
	b.seeText("dialog.drawer", `"messageId":"`+id+`"`)
	b.focused("dialog #attempt-title")
	b.key(kb.Escape)
	b.gone("dialog")
	b.focused("#attempts .row-link")

	b.editsInPlace()
	b.sendsTestsAndRetries(r)
	b.rotates(r, secret)

	b.visit("/webhooks")
	b.click(card + " .webhook-delete")
	b.seeText("dialog", "Are you sure you want to delete this webhook?")
	b.seeText("dialog", r.URL)
	b.focused("dialog .modal-foot [data-close]") // the safe choice
	b.key(kb.Escape)
	b.gone("dialog")
	b.focused(card + " .webhook-delete")
	b.click(card + " .webhook-delete")
	b.click("dialog .btn-danger")
	b.gone("dialog")
	b.gone(card)
	b.seeText("#status", "The webhook is deleted")
	b.seeText("#webhooks", "No webhooks yet")
}

// addWebhook opens the dialog of /webhooks and adds a webhook for every end of a message. It returns its card and its secret.
func (b *tab) addWebhook(address string) (card, secret string) {
	b.t.Helper()
	b.click(addWebhook)
	b.focused("dialog #f-hook_url")
	b.fill("dialog #f-hook_url", address)
	b.click("dialog .btn-primary")
	b.see("dialog #secret-value")
	id := eval[string](b, `[...document.querySelectorAll("#webhooks article")].find(e => e.textContent.includes(`+quote(address)+`)).id`)
	return "#" + id, b.text("#secret-value")
}

// apiKey makes a key in the portal and comes back.
func (b *tab) apiKey(scopes ...string) string {
	b.t.Helper()
	here := strings.TrimPrefix(b.url(), b.site.url)
	b.visit("/api-keys")
	b.createKey("Receiver", scopes...)
	raw := b.text("#secret-value")
	b.visit(here)
	return raw
}

// editsInPlace changes the events of the webhook that the page shows, without leaving it.
func (b *tab) editsInPlace() {
	b.t.Helper()
	requests := b.record()
	b.click(`article a[id^="edit-"]`)
	b.focused(`article input[type="url"]`)
	b.click(`article input[value="message.sent"]`)
	b.click("article .form-actions .btn-ghost") // Cancel
	b.gone("article form .form-actions")
	b.focused(`article a[id^="edit-"]`)
	b.seeText("article", "message.rejected")
	b.click(`article a[id^="edit-"]`)
	b.see(`article input[value="message.sent"]`)
	b.click(`article input[value="message.sent"]`)
	b.click(`article input[value="message.rejected"]`)
	b.click("article .btn-primary")
	b.seeText("article .chips", "message.sent")
	b.seeText("#status", "The webhook is saved")
	if strings.Contains(b.text("article .chips"), "message.rejected") {
		b.t.Error("an event taken off is still there")
	}
	if loads := requests.of("GET", "/webhooks/whk"); len(loads) != 3 || !strings.Contains(strings.Join(loads, " "), "/card") { // two forms and one card
		b.t.Errorf("the page was left: %v", loads)
	}
}

// sendsTestsAndRetries sends test events to a receiver that is well, and to one that is not.
func (b *tab) sendsTestsAndRetries(r *receiver) {
	b.t.Helper()
	b.click(".page-actions button.btn-primary")
	b.seeText("#attempts tbody tr", "webhook.test")
	r.got(b.t, "webhook.test", "")
	b.gone(".attempts-wait")

	r.answers(http.StatusInternalServerError)
	b.click(".page-actions button.btn-primary")
	b.seeText("#attempts tbody tr", "500")
	b.gone(".attempts-wait")
	b.click(`#attempts .attempts-tabs a:last-child`)
	b.until("only failed attempts", `[...document.querySelectorAll("#attempts tbody tr")].every(e => e.textContent.includes("500"))`)
	b.at(strings.TrimPrefix(strings.Split(b.url(), "?")[0], b.site.url) + "?outcome=failed")
	r.answers(http.StatusNoContent)
	b.click(`#attempts tbody form[action$="/retry"] .btn`)
	b.seeText("#attempts tbody tr", "Delivered") // how the delivery stands now
	b.gone(".attempts-wait")
	b.click(`#attempts .attempts-tabs a:first-child`)
	b.seeText("#attempts tbody tr", "Try 2")
}

// rotates changes the secret with an overlap, follows the count, and retires the old one.
func (b *tab) rotates(r *receiver, old string) {
	b.t.Helper()
	b.click("#rotate-secret")
	b.see(`dialog input[value="86400"]`)
	b.click(`dialog input[value="3600"]`)
	b.click("dialog .btn-primary")
	b.seeText("dialog", "New signing secret")
	fresh := b.text("#secret-value")
	if fresh == old || !strings.HasPrefix(fresh, "whsec_") {
		b.t.Fatalf("the new secret is %q", fresh)
	}
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")
	b.forgets(fresh)
	b.seeText("#rotation", "The signing secret is changing")
	b.click(".page-actions button.btn-primary") // the receiver has the old secret only
	b.until("a count", `Number(document.querySelector("#rotation .figure")?.textContent) > 0`)
	b.seeText("#rotation", "still needs the old secret")
	r.knows(b.t, fresh)
	b.click(".page-actions button.btn-primary")
	b.seeText("#rotation", "You can retire the old one")
	b.click("#rotation-retire")
	b.seeText("dialog", "This cannot be undone")
	b.click("dialog .btn-danger")
	b.gone("dialog")
	b.gone("#rotation section")
	b.seeText("#status", "The old one is retired")
}

// editsTooLate saves an edit of the first webhook of the list after somebody else has saved one.
func (b *tab) editsTooLate() {
	b.t.Helper()
	b.click(`article a[id^="edit-"]`)
	b.see(`article input[type="url"]`)
	id := eval[string](b, `document.querySelector("article").id`)
	form := url.Values{"version": {b.value(`article input[name="version"]`)}, "hook_url-" + id: {b.value(`article input[type="url"]`)}, "event-" + id: {"message.failed"}}
	if r := someone(b.t, b.site, customer).post(b.t, "/webhooks/"+id+"/edit", form); r.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("the first edit: %s", r.Status)
	}
	b.click("article .btn-primary")
	b.see("article .newer")
}

// asksToRotate opens the wizard on the page of the list's first webhook, after ending what was left of it before.
func (b *tab) asksToRotate() {
	b.t.Helper()
	b.click("article .webhook-url a")
	b.see("#attempts")
	if b.count("#rotation-retire") > 0 {
		b.click("#rotation-retire")
		b.click("dialog .btn-danger")
		b.gone("dialog")
		b.visit(strings.TrimPrefix(b.url(), b.site.url))
	}
	b.click("#rotate-secret")
	b.see(`dialog[open] input[value="86400"]`)
}

// TestWebhooks_NotHTTPS: http:// is refused in the browser, before anything is sent, in the person's language; and at the
// server, for whoever gets past that.
func TestWebhooks_NotHTTPS(t *testing.T) {
	said := map[string]bool{}
	for _, locale := range []string{"en", "fa-AF", "ps", "ar"} {
		b := newTab(t, shared, look{locale: locale})
		b.setCookie(&http.Cookie{Name: "__locale", Value: locale})
		b.as(someone(t, shared, customer))
		b.expect("422")
		b.visit("/webhooks")
		b.click(addWebhook)
		requests := b.record()
		b.fill("dialog #f-hook_url", "http://hooks.example.com/ghasi")
		b.click("dialog .btn-primary")
		b.see("dialog #f-hook_url-error")
		b.focused("dialog #f-hook_url")
		said[b.text("#f-hook_url-error")] = true
		if sent := requests.of("POST", ""); len(sent) != 0 {
			t.Errorf("%s: http:// was sent: %v", locale, sent)
		}
		eval[bool](b, `document.querySelector("#f-hook_url").removeAttribute("data-msg-required") ?? true`)
		b.click("dialog .btn-primary")
		b.until("the server's answer", `Boolean(document.querySelector("#f-hook_url")?.dataset.msgRequired && document.querySelector("#f-hook_url-error").innerText)`)
		said[b.text("#f-hook_url-error")] = true
		if got := b.value("#f-hook_url"); got != "http://hooks.example.com/ghasi" {
			t.Errorf("%s: what was typed is lost: %q", locale, got)
		}
	}
	if len(said) != 4 {
		t.Errorf("%d messages, want one a language: %v", len(said), said)
	}
}

// TestWebhooks_PrivateAddress: an address of this machine is refused where webhooks may not reach it.
func TestWebhooks_PrivateAddress(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.expect("422")
	b.visit("/webhooks")
	b.click(addWebhook)
	for _, address := range []string{"https://127.0.0.1/", "https://localhost/", "https://169.254.169.254/latest/", "https://[::1]/"} {
		b.fill("dialog #f-hook_url", address)
		b.click("dialog .btn-primary")
		b.until("refusal of "+address, `document.querySelector("#f-hook_url-error").innerText.includes("private network") && document.querySelector("#f-hook_url").value === `+quote(address))
	}
}

// TestWebhooks_TwoEdits: the second of two edits is told, sees what the first has set, and overwrites nothing unseen.
func TestWebhooks_TwoEdits(t *testing.T) {
	s, r := hookSite(t), newReceiver(t)
	b := newTab(t, s, look{}).as(someone(t, s, manager))
	b.expect("409")
	b.visit("/webhooks")
	card, _ := b.addWebhook(r.URL + "/first")
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")
	b.click(card + ` a[id^="edit-"]`)
	b.see(card + ` input[type="url"]`)

	other := b.second()
	other.visit("/webhooks")
	other.click(card + ` a[id^="edit-"]`)
	other.fill(card+` input[type="url"]`, r.URL+"/second")
	other.click(card + " .btn-primary")
	other.seeText(card, r.URL+"/second")

	b.fill(card+` input[type="url"]`, r.URL+"/third")
	b.click(card + " .btn-primary")
	b.seeText(card+" .newer", r.URL+"/second")
	if got := b.value(card + ` input[type="url"]`); got != r.URL+"/third" {
		t.Errorf("what was typed is lost: %q", got)
	}
	other.visit("/webhooks")
	other.seeText(card, r.URL+"/second")
	b.click(card + " .btn-primary") // Save mine
	b.seeText(card+" .webhook-url", r.URL+"/third")
}

// TestWebhooks_Disabled: a receiver that wants no more is left alone, and the portal says so where people look.
func TestWebhooks_Disabled(t *testing.T) {
	s, r := hookSite(t), newReceiver(t)
	b := newTab(t, s, look{}).as(someone(t, s, manager))
	b.visit("/webhooks")
	card, secret := b.addWebhook(r.URL + "/ghasi")
	r.knows(t, secret)
	r.answers(http.StatusGone)
	b.click("dialog .modal-foot a") // "Send a test event" leads to the webhook's page
	b.see("#attempts")
	b.click(".page-actions button.btn-primary")
	b.seeText("#attempts tbody", "410")
	b.visit("/webhooks")
	b.seeText(card+" .webhook-trouble", "410 Gone")
	b.visit("/dashboard")
	b.seeText(".alert-error", "A webhook is disabled")
	b.click(`.alert-error a[href^="/webhooks/"]`)
	b.seeText(".webhook-trouble", "Disabled since")
	r.answers(http.StatusNoContent)
	b.click(`form[action$="/resume"] button`)
	b.gone(".webhook-trouble")
	b.visit("/dashboard")
	b.see(".tile")
	if n := b.count(".alert-error"); n != 0 {
		t.Error("the dashboard still complains")
	}
}

func TestWebhooks_WithoutJavaScript(t *testing.T) {
	s, r := hookSite(t), newReceiver(t)
	b := newTab(t, s, look{noJS: true}).as(someone(t, s, manager))
	b.expect("422")
	b.visit("/webhooks")
	b.click(addWebhook)
	b.at("/webhooks/new")
	b.fill("#f-hook_url", "http://hooks.example.com/")
	b.click(".modal-page .btn-primary")
	b.seeText("#f-hook_url-error", "https://")
	b.fill("#f-hook_url", r.URL+"/ghasi")
	b.click(".modal-page .btn-primary")
	b.seeText("h1", "Webhook Added")
	b.seeText("main", "This secret will not be shown again")
	secret := b.text("#secret-value")
	r.knows(t, secret)
	b.click(`.modal-foot a[href="/webhooks"]`)
	b.forgets(secret)

	b.click(`#webhooks a[id^="edit-"]`)
	b.seeText("h1", "Edit webhook")
	b.click(`input[value="message.sent"]`)
	b.click(".modal-page .btn-primary")
	b.at("/webhooks")
	b.seeText("#webhooks .chips", "message.sent")
	b.click(`#webhooks form[action$="/pause"] button`)
	b.seeText("#webhooks", "Paused")
	b.click(`#webhooks form[action$="/resume"] button`)
	b.seeText("#webhooks", "Active")

	b.click("#webhooks .webhook-url a")
	b.click(`.page-actions form[action$="/test"] button`)
	r.got(t, "webhook.test", "")
	b.seeText("#status", "A test event is on its way")
	here := strings.TrimPrefix(b.url(), s.url)
	for end := time.Now().Add(patience); b.count("#attempts .row-link") == 0 && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		b.visit(here)
	}
	b.click("#attempts .row-link")
	b.seeText("h1", "Attempt")
	b.seeText("main", "Webhook-Signature")
	b.click(".page-actions a")
	b.click(`#attempts .attempts-tabs a:last-child`)
	b.seeText("#attempts", "No failed attempts")

	b.click("#rotate-secret")
	b.click(`input[value="3600"]`)
	b.click(".modal-page .btn-primary")
	b.seeText("h1", "New signing secret")
	b.click(".modal-foot a")
	b.seeText("#rotation", "The signing secret is changing")
	b.click("#rotation-retire")
	b.click(".modal-page .btn-danger")
	b.seeText("#status", "The old one is retired")
	b.click(".webhook-delete")
	b.seeText("main", "Are you sure")
	b.click(".modal-page .btn-danger")
	b.at("/webhooks")
	b.seeText("#webhooks", "No webhooks yet")
}
