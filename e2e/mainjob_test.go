package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ghasi.io/portal/config"
)

// TestMainJob is what the portal is for, from the first page to the last: sign in, make a key, send from the form and
// from a program, see both delivered. Then the binary restarts, and nothing of it is lost.
func TestMainJob(t *testing.T) {
	dir := t.TempDir()
	s, err := start(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		if s == nil {
			return
		}
		if err := s.stop(); err != nil {
			t.Errorf("stop app: %v", err)
		}
		s = nil
	}
	t.Cleanup(stop)

	b := newTab(t, s, look{})
	b.signIn(customer, "/dashboard")
	b.click(`#sidebar a[href="/api-keys"]`)
	b.at("/api-keys")
	b.createKey("First program", "sms:send", "sms:read")
	program := client{t, s.url, b.text("#secret-value")}
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")

	b.click(`#sidebar a[href="/send-test"]`)
	b.at("/send-test")
	b.compose("+93700000001", "PAMIR", "Sent by hand")
	b.click(sendButton)
	b.seeText("#send-test", "Message accepted")
	byHand := b.text(sentID)
	byProgram := program.send("+93700000001", "PAMIR", "Sent by a program: سلام")
	b.see("#message-status .badge-delivered")
	if got := program.wait(byProgram); got != "delivered" {
		t.Errorf("the program's message was %s", got)
	}
	b.click(`#sidebar a[href="/messages"]`)
	b.at("/messages")
	b.delivered(byHand, byProgram)
	b.click(rows + ` a[href*="` + byProgram + `"]`)
	b.at("/messages/" + byProgram)
	b.seeText(".bubble", "Sent by a program: سلام")
	b.seeText(".facts", "First program")

	address, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if s, err = start(dir, func(c *config.Config) { c.Addr = "127.0.0.1:" + address.Port() }); err != nil {
		t.Fatal(err)
	}
	b.visit("/messages?to=%2B93700000001") // the session goes on: no sign-in in between
	b.at("/messages?to=")
	b.seeText(".tenant-name", "Pamir Logistics")
	b.delivered(byHand, byProgram)
	if status, m := program.call(http.MethodGet, "/v1/messages/"+byProgram, nil); status != http.StatusOK || !strings.Contains(text(m["body"]), "سلام") {
		t.Errorf("after the restart the key gets %d %v", status, m)
	}
	b.visit("/api-keys")
	b.seeText(b.row("First program"), "Active")
	if again := program.send("+93700000001", "PAMIR", "After the restart"); program.wait(again) != "delivered" {
		t.Error("no delivery after the restart")
	}
}

// delivered waits until the log has each of these messages, delivered.
func (b *tab) delivered(ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		b.until(id+" delivered", `[...document.querySelectorAll(`+quote(rows)+`)].some(e => e.textContent.includes(`+quote(id)+`) && e.querySelector(".badge-delivered"))`)
	}
}
