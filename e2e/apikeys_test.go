package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const openDialog = `.page-actions a[href="/api-keys/new"]`

func TestAPIKeys_CreateAndRevoke(t *testing.T) {
	p := someone(t, shared, manager)
	b := newTab(t, shared, look{}).as(p)
	b.allowClipboard()
	b.visit("/api-keys")
	b.createKey("Inventory", "sms:send", "sms:read")
	raw := b.text("#secret-value")
	b.seeText("dialog", "This key will not be shown again")
	b.click(`dialog [data-copy="#secret-value"]`)
	b.seeText(`dialog [data-copy="#secret-value"]`, "Copied")
	if got := eval[string](b, "navigator.clipboard.readText()"); got != raw {
		t.Errorf("the clipboard has %q, the page %q", got, raw)
	}
	b.seeText("#api-keys tbody", "Inventory") // the list behind the dialog has it already

	b.do(chromedp.MouseClickXY(5, 5)) // a secret is not lost by a click beside the dialog
	b.see("dialog #secret-value")
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")
	b.focused(openDialog)
	b.forgets(raw)
	b.visit("/api-keys")
	b.seeText("#api-keys tbody", "Inventory")
	b.forgets(raw)

	c := client{t, shared.url, raw}
	if status, answer := c.call(http.MethodGet, "/v1/messages?limit=1", nil); status != http.StatusOK {
		t.Fatalf("the new key is refused: %d %v", status, answer)
	}
	row := b.row("Inventory")
	b.visit("/api-keys")
	b.seeText(row, "Active")
	if got := b.text(row + " time"); got == "" {
		t.Error("no time of creation")
	}

	b.click(row + ` a[href$="/revoke"]`)
	b.seeText("dialog", "Are you sure you want to revoke this key? This cannot be undone.")
	b.focused("dialog .modal-foot [data-close]") // the safe choice
	b.key(kb.Escape)
	b.gone("dialog")
	b.focused(row + ` a[href$="/revoke"]`)
	b.click(row + ` a[href$="/revoke"]`)
	b.click("dialog .btn-danger")
	b.gone("dialog")
	b.seeText(row, "Revoked")
	b.see(row + ".row-off")
	b.seeText("#status", "The key is revoked")
	if status, _ := c.call(http.MethodGet, "/v1/messages?limit=1", nil); status != http.StatusUnauthorized {
		t.Errorf("the revoked key is answered with %d", status)
	}
	if n := b.count(row + ` a[href$="/revoke"]`); n != 0 {
		t.Error("a revoked key can be revoked again")
	}
}

func TestAPIKeys_Dialog(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.expect("422")
	b.visit("/api-keys")
	b.click(openDialog)
	b.focused("dialog #f-key_name")
	b.key(kb.Escape)
	b.gone("dialog")
	b.focused(openDialog)
	b.click(openDialog)
	b.see("dialog")
	b.do(chromedp.MouseClickXY(5, 5)) // beside the dialog
	b.gone("dialog")
	b.focused(openDialog)

	b.click(openDialog)
	requests := b.record()
	b.fill("dialog #f-key_name", "  ")
	b.click("dialog .btn-primary")
	b.seeText("#f-key_name-error", "Fill this in")
	b.focused("#f-key_name")
	if sent := requests.of("POST", ""); len(sent) != 0 {
		t.Errorf("an empty name was sent: %v", sent)
	}
	b.fill("dialog #f-key_name", "Nightly report")
	b.do(chromedp.SetValue(chromedp.CSS("#f-expires_in"), "90"))
	b.click("dialog .btn-primary")
	b.seeText("dialog #f-scope", "Choose at least one permission")
	if got := b.value("#f-key_name"); got != "Nightly report" {
		t.Errorf("the name typed is lost: %q", got)
	}
	if got := b.value("#f-expires_in"); got != "90" {
		t.Errorf("the expiry chosen is lost: %q", got)
	}
	b.click(`dialog input[value="billing:read"]`)
	b.click("dialog .btn-primary")
	b.seeText("dialog", "Key Created")
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")
	b.seeText(b.row("Nightly report"), "billing:read")
	b.seeText(b.row("Nightly report"), "Expires on")
	b.seeText(b.row("Nightly report"), "Never used")
}

func TestAPIKeys_WithoutJavaScript(t *testing.T) {
	b := newTab(t, shared, look{noJS: true}).as(someone(t, shared, manager))
	b.expect("422")
	b.visit("/api-keys")
	b.click(openDialog)
	b.at("/api-keys/new")
	b.fill("#f-key_name", "Paper forms")
	b.click(".modal-page .btn-primary")
	b.seeText("#f-scope", "Choose at least one permission")
	if got := b.value("#f-key_name"); got != "Paper forms" {
		t.Errorf("the name typed is lost: %q", got)
	}
	b.click(`input[value="sms:read"]`)
	b.click(".modal-page .btn-primary")
	b.seeText("h1", "Key Created")
	b.seeText("main", "This key will not be shown again")
	raw := b.text("#secret-value")
	c := client{t, shared.url, raw}
	if status, answer := c.call(http.MethodGet, "/v1/messages?limit=1", nil); status != http.StatusOK {
		t.Fatalf("the new key is refused: %d %v", status, answer)
	}
	if status, _ := c.call(http.MethodPost, "/v1/messages", map[string]string{"to": "+93700000001", "from": "Herat", "body": "x"}); status != http.StatusForbidden {
		t.Errorf("a key without sms:send sends: %d", status)
	}
	b.click(`.modal-foot a[href="/api-keys"]`)
	b.at("/api-keys")
	b.forgets(raw)
	b.click(b.row("Paper forms") + ` a[href$="/revoke"]`)
	b.seeText("main", "Are you sure you want to revoke this key? This cannot be undone.")
	b.click(".modal-page .btn-danger")
	b.at("/api-keys")
	b.seeText(b.row("Paper forms"), "Revoked")
	b.seeText("#status", "The key is revoked")
	if status, _ := c.call(http.MethodGet, "/v1/messages?limit=1", nil); status != http.StatusUnauthorized {
		t.Errorf("the revoked key is answered with %d", status)
	}
}

// createKey opens the dialog of /api-keys and creates a key that can do what scopes say.
func (b *tab) createKey(name string, scopes ...string) {
	b.t.Helper()
	b.click(openDialog)
	b.seeText("dialog", "Create API Key")
	b.focused("dialog #f-key_name")
	b.fill("dialog #f-key_name", name)
	for _, s := range scopes {
		b.click(`dialog input[value="` + s + `"]`)
	}
	b.click("dialog .btn-primary")
	b.seeText("dialog", "Key Created")
	b.see("dialog #secret-value")
}

// row returns a selector of the table row that has text.
func (b *tab) row(text string) string {
	b.t.Helper()
	b.seeText("#api-keys tbody tr", text)
	return "#" + eval[string](b, `[...document.querySelectorAll("#api-keys tbody tr")].find(e => e.textContent.includes(`+quote(text)+`)).id`)
}

// forgets fails when secret is anywhere in the document, in a field or in what scripts could have kept.
func (b *tab) forgets(secret string) {
	b.t.Helper()
	if len(secret) < 20 {
		b.t.Fatalf("%q is no secret", secret)
	}
	page := eval[string](b, `document.documentElement.outerHTML + [...document.querySelectorAll("input, textarea")].map(e => e.value).join() +
		JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + JSON.stringify(history.state)`)
	if strings.Contains(page, secret) {
		b.t.Error("the secret is still there")
	}
}

func (b *tab) allowClipboard() {
	b.t.Helper()
	b.call(func(ctx context.Context) error {
		for _, name := range []string{"clipboard-read", "clipboard-write"} {
			set := cdpbrowser.SetPermissionParams{
				Permission: &cdpbrowser.PermissionDescriptor{Name: name}, Setting: cdpbrowser.PermissionSettingGranted, Origin: b.site.url,
				BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
			}
			if _, err := chromedp.CallBrowser(ctx, cdpbrowser.SetPermission, set); err != nil {
				return err
			}
		}
		return nil
	})
}
