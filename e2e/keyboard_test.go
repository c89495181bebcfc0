package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabTo presses Tab until the element of sel has the focus. Nothing may swallow the key on the way.
func (b *tab) tabTo(sel string) {
	b.t.Helper()
	for range 60 {
		b.key(kb.Tab)
		if eval[bool](b, `document.activeElement?.matches(`+quote(sel)+`)`) {
			if !eval[bool](b, `document.activeElement.matches(":focus-visible") && document.activeElement.checkVisibility()`) {
				b.t.Errorf("the focus on %s is not to be seen", sel)
			}
			return
		}
	}
	b.t.Fatalf("Tab does not reach %s; it is on %s", sel, eval[string](b, `document.activeElement.outerHTML.slice(0, 200)`))
}

func TestKeyboard_SkipLink(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	for _, path := range []string{"/dashboard", "/messages", "/login"} {
		b.visit(path)
		b.key(kb.Tab)
		b.focused(".skip-link")
		b.until("the skip link is to be seen", `(r => r.top >= 0 && r.left >= 0 && r.height > 20)(document.activeElement.getBoundingClientRect())`)
		b.key(kb.Enter)
		b.until("the content has the focus", `document.activeElement.id === "main"`)
	}
	b.visit("/dashboard")
	b.key(kb.Tab)
	b.key(kb.Enter)
	b.key(kb.Tab)
	b.until("the focus is in the content", `document.activeElement.closest("main") !== null`)
}

// TestKeyboard_CreateAndRevoke goes from the dashboard to a new key and ends it, without a mouse.
func TestKeyboard_CreateAndRevoke(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.visit("/dashboard")
	b.tabTo(`#sidebar a[href="/messages"]`)
	b.tabTo(`#sidebar a[href="/api-keys"]`)
	b.key(kb.Enter)
	b.at("/api-keys")
	b.focused("h1") // reading goes on at the new page's heading
	b.tabTo(openDialog)
	b.key(kb.Enter)
	b.focused("dialog #f-key_name")
	b.key("Typed only")
	b.tabTo(`dialog input[value="sms:send"]`)
	b.key(" ")
	b.tabTo("dialog .btn-primary")
	for range 12 { // round and round: the focus never leaves the dialog
		b.key(kb.Tab)
		if !eval[bool](b, `document.activeElement === document.body || document.activeElement.closest("dialog") !== null`) {
			t.Fatalf("the focus has left the dialog for %s", eval[string](b, `document.activeElement.outerHTML.slice(0, 200)`))
		}
	}
	b.do(chromedp.Focus(chromedp.CSS("dialog #f-key_name")))
	b.key(kb.Enter)
	b.seeText("dialog", "Key Created")
	b.focused("dialog h2")
	b.tabTo("dialog .modal-foot [data-close]")
	b.key(" ")
	b.gone("dialog")
	b.focused(openDialog)

	row := b.row("Typed only")
	b.tabTo(row + ` a[href$="/revoke"]`)
	b.key(kb.Enter)
	b.focused("dialog .modal-foot [data-close]")
	b.key(kb.Escape)
	b.gone("dialog")
	b.focused(row + ` a[href$="/revoke"]`)
	b.key(kb.Enter)
	b.see("dialog")
	b.tabTo("dialog .btn-danger")
	b.key(kb.Enter)
	b.gone("dialog")
	b.seeText(row, "Revoked")
	b.focused("h1") // the button that opened the dialog is gone
	b.tabTo(openDialog)
	b.key(kb.Enter)
	b.focused("dialog #f-key_name") // and the next dialog opens
}

func TestKeyboard_Messages(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, customer))
	b.visit("/messages")
	b.key("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.focused("#search")
	b.tabTo(".filter-menu:has([name=status]) summary")
	b.key(kb.Enter)
	b.tabTo(`input[value="failed"]`)
	b.key(" ")
	b.key(kb.Escape)
	b.focused(".filter-menu:has([name=status]) summary")
	b.tabTo("#apply-filter")
	b.key(kb.Enter)
	b.at("/messages?status=failed")
	b.only("Failed")
	b.do(chromedp.Focus(chromedp.CSS(".filter-chips .chip")))
	b.tabTo("a.row-link")
	b.key(kb.Enter)
	b.at("/messages/msg_")
	b.focused("h1")
}

func TestKeyboard_Menus(t *testing.T) {
	b := newTab(t, shared, look{width: 320}).as(someone(t, shared, customer))
	b.visit("/messages")
	b.tabTo(".menu-button")
	b.key(kb.Enter)
	b.see(`#sidebar a[href="/api-keys"]`)
	b.tabTo(`#sidebar a[href="/send-test"]`)
	b.key(kb.Escape)
	b.until("the drawer is closed", `!document.getElementById("sidebar").checkVisibility({visibilityProperty: true})`)
	b.focused(".menu-button")
	b.tabTo(".avatar")
	b.key(kb.Enter)
	b.see(".menu[open] .menu-panel")
	b.key(kb.Escape)
	b.gone(".menu[open]")
	b.focused(".avatar")
}
