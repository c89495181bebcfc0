package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const rows = "#message-list tbody tr:not(.more-row)"

func TestMessages_Columns(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages")
	heads := eval[[]string](b, `[...document.querySelectorAll("#message-list thead th")].map(e => e.textContent)`)
	if want := []string{"Message", "To", "From", "Status", "Submitted", "Delivered"}; !slices.Equal(heads, want) {
		t.Errorf("columns %q, want %q", heads, want)
	}
	if n := b.count(rows); n != 50 {
		t.Errorf("%d rows", n)
	}
	cells := eval[[]string](b, `[...[...document.querySelectorAll(`+quote(rows)+`)].find(e => e.querySelector(".badge-delivered")).cells].map(e => e.textContent.trim())`)
	for i, begins := range []string{"msg_", "+93 7", "", "Delivered", "", ""} {
		if cells[i] == "" || !strings.HasPrefix(cells[i], begins) {
			t.Errorf("column %s: %q", heads[i], cells[i])
		}
	}
	b.seeText("#message-count", "1–50 of")
}

func TestMessages_Filter(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages")
	b.click(".filter-menu:has([name=status]) summary")
	b.click(`input[value="failed"]`)
	b.click(`input[value="expired"]`)
	b.fill("#f-to", "079")
	b.click("#apply-filter")
	b.at("/messages?status=failed&status=expired&to=%2B9379")
	b.only("Failed", "Expired")
	b.chips("Status: Failed", "Status: Expired", "To: +9379")

	other := b.second() // the address is all that somebody else needs
	other.do(chromedp.Navigate(b.url()))
	other.only("Failed", "Expired")
	other.chips("Status: Failed", "Status: Expired", "To: +9379")
	if a, z := b.texts(rows+" code"), other.texts(rows+" code"); !slices.Equal(a, z) {
		t.Error("the same address shows other messages in a second tab")
	}

	b.click(`.filter-chips a.chip[href="/messages?status=failed&to=%2B9379"]`)
	b.at("/messages?status=failed&to=%2B9379")
	b.only("Failed")
	b.chips("Status: Failed", "To: +9379")
	b.click(`.filter-menu:has(#f-from) summary`)
	sender := b.text(rows + " td:nth-child(3)")
	b.fill("#f-from", sender)
	b.click("#apply-filter")
	b.until("the sender in the address", `new URLSearchParams(location.search).get("from") === `+quote(sender))
	b.seeText(".filter-chips", "From: "+sender)
	b.click(".filter-chips .btn-ghost")
	b.at("/messages")
	b.until("no filter left", `location.search === "" && !document.querySelector(".filter-chips .chip")`)
}

func TestMessages_Dates(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages")
	day := eval[string](b, `new Date(Date.now() - 10 * 864e5 + 4.5 * 36e5).toISOString().slice(0, 10)`) // days are Kabul's
	b.do(chromedp.SetValue(chromedp.CSS("#f-after"), day), chromedp.SetValue(chromedp.CSS("#f-before"), day))
	b.click("#apply-filter")
	b.at("/messages?after=" + day + "&before=" + day)
	b.until("rows", `document.querySelectorAll(".filter-chips .chip").length === 2`)
	for _, iso := range eval[[]string](b, `[...document.querySelectorAll(`+quote(rows+" td:nth-child(5) time")+`)].map(e => new Date(Date.parse(e.dateTime) + 4.5 * 36e5).toISOString().slice(0, 10))`) {
		if iso != day {
			t.Fatalf("a message of %s among those of %s", iso, day)
		}
	}
	if b.count(rows) == 0 {
		t.Error("no message on a day of the demo")
	}
	b.expect("422")
	b.expect("does not conform to the required format") // what was typed is shown again, and the browser remarks on it
	b.visit("/messages?after=2026-02-31&status=lost&to=abc")
	b.see(`#message-list [role="alert"]`)
	b.seeText("#message-list", "Enter a day that exists")
	b.seeText("#message-list", "has one that does not exist")
	if got := b.value("#f-to"); got != "abc" {
		t.Errorf("what was typed is lost: %q", got)
	}
}

func TestMessages_LoadMore(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages?status=delivered")
	first := b.texts(rows + " code")
	for page := 2; page <= 3; page++ {
		b.click("#message-more a.btn")
		b.until("another 50 rows", `document.querySelectorAll(`+quote(rows)+`).length === `+number(50*page))
		b.until("the focus on the first new row", `document.activeElement === document.querySelectorAll(`+quote(rows+" a.row-link")+`)[`+number(50*(page-1))+`]`)
	}
	all := b.texts(rows + " code")
	if !slices.Equal(all[:50], first) {
		t.Error("loading more changed the first rows")
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != 150 {
		t.Error("a message is there twice")
	}
	b.seeText("#message-count", "1–150 of")
	if !strings.HasSuffix(b.url(), "/messages?status=delivered") {
		t.Errorf("the address is %s", b.url())
	}
}

func TestMessages_DetailAndBack(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages?status=failed&to=%2B937")
	id := b.text(rows + " code")
	b.do(chromedp.Click(chromedp.CSS(rows + " td:nth-child(5)"))) // anywhere on the row
	b.at("/messages/" + id)
	b.seeText("#message-id", id)
	b.see(".bubble")
	b.seeText(".timeline", "Accepted and queued")
	b.seeText(".timeline", "Delivery failed")
	b.see("#message-status .alert-error .alert-title")
	b.seeText("#message-status .alert-error", "Error code")
	b.seeText(".facts", "Operator")
	b.click(".page-actions a.btn")
	b.at("/messages?status=failed&to=%2B937")
	b.only("Failed")

	b.click(rows + " a.row-link")
	b.at("/messages/" + id)
	b.do(chromedp.NavigateBack()) // the browser's own button
	b.at("/messages?status=failed&to=%2B937")
	b.only("Failed")
}

func TestMessages_WithoutJavaScript(t *testing.T) {
	b := newTab(t, shared, look{noJS: true}).as(someone(t, shared, customer))
	b.visit("/messages")
	b.click(".filter-menu:has([name=status]) summary")
	b.click(`input[value="delivered"]`)
	b.click("#apply-filter")
	b.until("the filter in the address", `new URLSearchParams(location.search).get("status") === "delivered"`)
	b.only("Delivered")
	first := b.texts(rows + " code")
	b.click("#message-more a.btn")
	b.until("the next page", `new URLSearchParams(location.search).has("cursor") && document.readyState === "complete"`)
	b.only("Delivered")
	second := b.texts(rows + " code")
	if len(second) != 50 || slices.ContainsFunc(second, func(id string) bool { return slices.Contains(first, id) }) {
		t.Errorf("%d rows on the second page, some of them of the first", len(second))
	}
	b.seeText("#message-count", "51–100 of")
	b.click(rows + " a.row-link")
	b.at("/messages/" + second[0])
	b.click(".page-actions a.btn")
	b.until("back on the second page", `new URLSearchParams(location.search).has("cursor") && document.readyState === "complete"`)
	if again := b.texts(rows + " code"); !slices.Equal(again, second) {
		t.Error("the way back leads to another page of the log")
	}
	b.click(".filter-chips .chip")
	b.until("no filter left", `location.pathname === "/messages" && !document.querySelector(".filter-chips .chip")`)
}

func TestMessages_NotYours(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages")
	id := b.text(rows + " code")
	for name, path := range map[string]string{
		"another tenant's message": "/messages/" + id, "an unknown message": "/messages/msg_01jdex4v5m8y2k6r3t9w0b7c1d", "no id at all": "/messages/%3Cscript%3E",
		"a path of nobody": "/nowhere",
	} {
		other := newTab(t, shared, look{}).as(someone(t, shared, manager))
		other.expect("404")
		other.visit(path)
		other.seeText("h1", "Not found")
		if status := eval[int](other, `performance.getEntriesByType("navigation")[0].responseStatus`); status != 404 {
			t.Errorf("%s: status %d", name, status)
		}
		if strings.Contains(eval[string](other, `document.querySelector("main").textContent`), "+937") {
			t.Errorf("%s: the page tells of the message", name)
		}
	}
}

func TestMessages_Search(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages?status=delivered")
	id := b.text(rows + " code")
	b.do(chromedp.Focus(chromedp.CSS("h1")))
	b.fill("#search", id)
	b.key("\r")
	b.at("/messages/" + id)
	b.fill("#search", "0700 1")
	b.key("\r")
	b.at("/messages?to=" + url.QueryEscape("+937001"))
	b.chips("To: +937001")
}

// only waits until the log shows messages, and all of them in one of these states.
func (b *tab) only(states ...string) {
	b.t.Helper()
	list := `[...document.querySelectorAll(` + quote(rows+" .badge") + `)].map(e => e.textContent.trim())`
	b.until("only "+strings.Join(states, ", "), `(s => s.length > 0 && s.every(x => `+quote(strings.Join(states, "|"))+`.split("|").includes(x)))(`+list+`)`)
}

// chips waits for the active filters.
func (b *tab) chips(want ...string) {
	b.t.Helper()
	b.until("filters "+strings.Join(want, ", "), `[...document.querySelectorAll(".filter-chips .chip > span:not(.sr-only)")].map(e => e.textContent.replace(/[\u2066-\u2069]/g, "").replace(/\s+/g, " ").trim()).join("|") === `+quote(strings.Join(want, "|")))
}

// texts returns the text of every element of sel.
func (b *tab) texts(sel string) []string {
	b.t.Helper()
	return eval[[]string](b, `[...document.querySelectorAll(`+quote(sel)+`)].map(e => e.textContent)`)
}
