package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ghasi.io/portal/app"
	"ghasi.io/portal/config"
	"ghasi.io/portal/portal"
)

// sheet is one page, or one state of a page, that must be right in every language, theme and width.
type sheet struct {
	name    string
	as      string // e-mail of who looks at it; "" = nobody signed in
	path    string
	fresh   bool // on the site whose only tenant has nothing yet
	then    func(*tab)
	console string // the one console message that belongs to it
}

func sheets() []sheet {
	newest := func(filter string) func(*tab) {
		return func(b *tab) {
			b.visit("/messages?" + filter)
			b.visit(eval[string](b, `document.querySelector("a.row-link").getAttribute("href")`))
			b.see("#message-status")
		}
	}
	click := func(sel, result string) func(*tab) {
		return func(b *tab) { b.click(sel); b.see(result) }
	}
	return []sheet{
		{name: "login", path: "/login"},
		{name: "login-expired", path: "/login?reason=session_expired&return=%2Fmessages"},
		{name: "login-no-role", path: "/login?reason=missing_role"},
		{name: "sign-in", path: "/login/start"},
		{name: "not-found-outside", path: "/nowhere", console: "404"},
		{name: "dashboard", as: customer, path: "/dashboard"},
		{name: "dashboard-table", as: customer, path: "/dashboard", then: click("figure details summary, .chart details summary", ".chart table, figure table")},
		{name: "dashboard-new", as: newcomer, path: "/dashboard", fresh: true},
		{name: "api-keys", as: manager, path: "/api-keys"},
		{name: "api-keys-none", as: newcomer, path: "/api-keys", fresh: true},
		{name: "api-keys-new", as: customer, path: "/api-keys/new"},
		{name: "api-keys-dialog", as: customer, path: "/api-keys", then: click(openDialog, "dialog[open] #f-key_name")},
		{name: "api-keys-revoke", as: customer, path: "/api-keys", then: func(b *tab) {
			b.visit(eval[string](b, `document.querySelector("#api-keys a[href$='/revoke']").getAttribute("href")`))
		}},
		{name: "api-keys-revoke-dialog", as: customer, path: "/api-keys", then: click("#api-keys a[href$='/revoke']", "dialog[open] .btn-danger")},
		{name: "send-test", as: customer, path: "/send-test"},
		{name: "send-test-wrong", as: customer, path: "/send-test", then: func(b *tab) {
			b.compose("12", "P", "“Hello”, she said")
			b.see(".culprit")
			b.click(sendButton)
			b.see("#f-to-error")
		}},
		{name: "messages", as: customer, path: "/messages"},
		{name: "messages-filtered", as: customer, path: "/messages?status=failed&status=held&to=%2B9379&after=2026-01-01"},
		{name: "messages-operator", as: customer, path: "/messages?operator=other&after=2026-01-01", then: click(".filter-menu:has(#f-operator) summary", "#f-operator")},
		{name: "messages-nothing", as: customer, path: "/messages?to=%2B93799999999"},
		{name: "messages-refused", as: customer, path: "/messages?status=lost&to=abc", console: "422"},
		{name: "messages-none", as: newcomer, path: "/messages", fresh: true},
		{name: "message-delivered", as: customer, path: "/dashboard", then: newest("status=delivered")},
		{name: "message-failed", as: customer, path: "/dashboard", then: newest("status=failed")},
		{name: "billing", as: manager, path: "/billing"},
		{name: "billing-overdue", as: manager, path: "/billing?status=overdue"},
		{name: "billing-none", as: newcomer, path: "/billing", fresh: true},
		{name: "billing-refused", as: customer, path: "/billing?status=lost", console: "422"},
		{name: "billing-usage", as: customer, path: "/billing?tab=usage"},
		{name: "billing-usage-none", as: newcomer, path: "/billing?tab=usage", fresh: true},
		{name: "billing-threshold-wrong", as: customer, path: "/billing?tab=usage", console: "422", then: func(b *tab) {
			b.fill("#f-threshold", "12,50")
			b.click("#threshold .btn")
			b.see("#threshold .field-wrong")
		}},
		{name: "billing-invoice", as: manager, path: "/billing", then: func(b *tab) {
			b.visit(eval[string](b, `document.querySelector("#invoice-list a.row-link").getAttribute("href")`))
			b.see("tfoot")
		}},
		{name: "nps", as: customer, path: "/nps"},
		{name: "nps-wrong", as: customer, path: "/nps", console: "422", then: func(b *tab) {
			b.click(`#nps form[action="/nps"] button`)
			b.see("#nps .field-wrong")
		}},
		{name: "desk-ticket", as: staff, path: "/admin/desk/agent/tickets/1001"},
		{name: "webhooks", as: customer, path: "/webhooks"},
		{name: "webhooks-none", as: newcomer, path: "/webhooks", fresh: true},
		{name: "webhooks-new", as: customer, path: "/webhooks/new"},
		{name: "webhooks-wrong", as: customer, path: "/webhooks", then: func(b *tab) {
			b.click(addWebhook)
			b.fill("dialog #f-hook_url", "http://hooks.example.com/ghasi")
			b.click("dialog .btn-primary")
			b.see("dialog .field-wrong")
		}},
		{name: "webhooks-created", as: manager, path: "/webhooks", then: func(b *tab) {
			b.addWebhook("https://hooks.example.invalid/" + portal.NewID("whk", time.Now()))
		}},
		{name: "webhooks-edit", as: customer, path: "/webhooks", then: click(`article a[id^="edit-"]`, `article input[type="url"]`)},
		{name: "webhooks-stale", as: customer, path: "/webhooks", console: "409", then: (*tab).editsTooLate},
		{name: "webhooks-delete", as: customer, path: "/webhooks", then: click("article .webhook-delete", "dialog[open] .btn-danger")},
		{name: "webhook", as: customer, path: "/webhooks", then: click("article .webhook-url a", "#attempts .row-link")},
		{name: "webhook-failed", as: customer, path: "/webhooks", then: func(b *tab) {
			b.click("article .webhook-url a")
			b.click("#attempts .attempts-tabs a:last-child")
			b.until("failed attempts", `document.querySelectorAll("#attempts .row-link").length === 2`)
		}},
		{name: "webhook-attempt", as: customer, path: "/webhooks", then: func(b *tab) {
			b.click("article .webhook-url a")
			b.click("#attempts .row-link")
			b.see("dialog[open] .attempt")
		}},
		{name: "webhook-attempt-failed", as: customer, path: "/webhooks", then: func(b *tab) {
			b.click("article .webhook-url a")
			b.click("#attempts .attempts-tabs a:last-child")
			b.until("failed attempts", `document.querySelectorAll("#attempts .row-link").length === 2`)
			b.visit(eval[string](b, `document.querySelector("#attempts tr:last-child .row-link").getAttribute("href")`))
		}},
		{name: "webhook-rotate", as: customer, path: "/webhooks", then: (*tab).asksToRotate},
		{name: "webhook-rotating", as: customer, path: "/webhooks", then: func(b *tab) {
			b.asksToRotate()
			b.click("dialog .btn-primary")
			b.see("dialog #secret-value")
			b.click("dialog .modal-foot [data-close]")
			b.see("#rotation section")
		}},
		{name: "webhook-retire", as: customer, path: "/webhooks", then: func(b *tab) {
			b.click("article .webhook-url a")
			b.click("#rotation-retire")
			b.see("dialog[open] .btn-danger")
		}},
		{name: "webhook-guide", as: customer, path: "/webhooks/verify"},
		{name: "developers", as: customer, path: "/developers"},
		{name: "settings", as: customer, path: "/settings"},
		{name: "security", as: customer, path: "/settings/security"},
		{name: "security-reports", as: staff, path: "/settings/security", then: reported},
		{name: "audit", as: customer, path: "/settings/audit"},
		{name: "audit-verified", as: customer, path: "/settings/audit", then: func(b *tab) {
			b.click("#audit-log form[action$='/verify'] button")
			b.see("#audit-check .alert")
		}},
		{name: "audit-refused", as: customer, path: "/settings/audit?from=yesterday", console: "422"},
		{name: "audit-staff", as: admin, path: "/settings/audit?log=staff"},
		{name: "tenants", as: staff, path: "/admin/tenants"},
		{name: "tenants-nothing", as: staff, path: "/admin/tenants?q=zz&band=red"},
		{name: "tenant", as: staff, path: "/admin/tenants", then: func(b *tab) {
			b.visit(eval[string](b, `document.querySelector("#tenant-list a.row-link").getAttribute("href")`))
			b.see("#notes")
		}},
		{name: "tenant-note", as: admin, path: "/admin/tenants", then: func(b *tab) {
			b.noted()
			b.visit(eval[string](b, `document.querySelector("#notes a[href$='/edit']").getAttribute("href")`))
			b.click(`button[formaction$="/preview"]`)
			b.see("[role=region] table")
		}},
		{name: "tenant-note-delete", as: admin, path: "/admin/tenants", then: func(b *tab) {
			b.noted()
			b.click("#notes .note a[href$='/delete']")
			b.see("dialog[open] .btn-danger")
		}},
		{name: "tenant-note-wrong", as: admin, path: "/admin/tenants", console: "422", then: func(b *tab) {
			b.visit(eval[string](b, `document.querySelector("#tenant-list a.row-link").getAttribute("href")`))
			b.click("#notes .form-actions .btn-primary")
			b.see("#notes .field-wrong")
		}},
		{name: "not-found", as: customer, path: "/nowhere", console: "404"},
		{name: "forbidden", as: staff, path: "/messages", console: "403"},
	}
}

const newcomer = "ahmad@new.example.af"

// newcomerSite is an app with one account and nothing else, as an operator makes it by the command.
func newcomerSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("PORTAL_DATA_DIR", dir+"/data")
	create := app.Command("e2e")
	create.SetArgs([]string{"account", "create", "--email", newcomer, "--name", "Ahmad Noori", "--tenant", "Balkh Books"})
	create.SetIn(strings.NewReader(longPassword))
	create.SetOut(&bytes.Buffer{})
	if err := create.Execute(); err != nil {
		t.Fatal(err)
	}
	s, err := start(dir, func(c *config.Config) { c.Demo = "false" })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop app: %v", err)
		}
	})
	return s
}

func TestPages(t *testing.T) {
	fresh := newcomerSite(t)
	for _, locale := range []string{"en", "fa-AF", "ps", "ar"} {
		t.Run(locale, func(t *testing.T) {
			tabs := map[string]*tab{}
			for _, sh := range sheets() {
				b := tabs[sh.as]
				if b == nil {
					s := shared
					if sh.fresh {
						s = fresh
					}
					b = newTab(t, s, look{locale: locale})
					b.setCookie(&http.Cookie{Name: "__locale", Value: locale})
					if sh.as != "" {
						b.as(someone(t, s, sh.as))
					}
					tabs[sh.as] = b
				}
				t.Run(sh.name, func(t *testing.T) { b.inspect(t, sh, locale) })
			}
		})
	}
}

// inspect looks at one sheet in every theme and width.
func (b *tab) inspect(t *testing.T, sh sheet, locale string) {
	parent := b.t
	b.t = t
	defer func() { b.t = parent }()
	b.look(1280, "light")
	b.visit(sh.path)
	if sh.then != nil {
		sh.then(b)
	}
	b.wellFormed(locale)
	thorough := locale == "en" || locale == "ps"
	for _, width := range []int64{320, 768, 1280} {
		for _, theme := range []string{"light", "dark"} {
			if width == 768 && (!thorough || theme == "dark") || width == 320 && theme == "dark" && !thorough {
				continue
			}
			where := fmt.Sprintf("%s-%s-%d-%s", sh.name, locale, width, theme)
			b.look(width, theme)
			if wide := eval[string](b, tooWide); wide != "" {
				t.Errorf("%s scrolls sideways: %s", where, wide)
			}
			if os.Getenv("E2E_SHOTS") == "1" { //nolint:forbidigo // a switch for whoever looks at the pages
				b.screenshot(where + ".png")
			}
			if width == 1280 {
				b.audit(where)
			}
		}
	}
	b.console(sh.console)
}

// look changes the window and the theme that the system asks for.
func (b *tab) look(width int64, theme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
	b.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
	eval[bool](b, settled)
}

// tooWide names what sticks out of a page that scrolls sideways.
const tooWide = `(() => {
	const page = document.scrollingElement, width = innerWidth;
	if (page.scrollWidth <= width) return "";
	const out = [...document.body.querySelectorAll("*")].filter(e => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.right > width + 1 || r.left < -1); });
	return page.scrollWidth + " px: " + out.slice(0, 6).map(e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + "." + e.className).join(", ");
})()`

// wellFormed checks what does not depend on how the page is looked at.
func (b *tab) wellFormed(locale string) {
	b.t.Helper()
	dir := "rtl"
	if locale == "en" {
		dir = "ltr"
	}
	if got := eval[string](b, `document.documentElement.lang + " " + document.documentElement.dir`); got != locale+" "+dir {
		b.t.Errorf("language and direction are %q", got)
	}
	if n := b.count("h1"); n != 1 {
		b.t.Errorf("%d h1", n)
	}
	if bad := eval[[]string](b, `[...document.querySelectorAll("script, link[rel=stylesheet], style, [style]")]
		.filter(e => !(e.matches("script[src][integrity^=sha384-], link[integrity^=sha384-]"))).map(e => e.outerHTML.slice(0, 120))`); len(bad) > 0 {
		b.t.Errorf("without integrity, or inline: %q", bad)
	}
	if bad := eval[[]string](b, `[...document.querySelectorAll("*")].flatMap(e => [...e.attributes].filter(a => a.name.startsWith("on")).map(a => e.tagName + " " + a.name))`); len(bad) > 0 {
		b.t.Errorf("inline handlers: %q", bad)
	}
	if bad := eval[[]string](b, `(ids => ids.filter((id, i) => ids.indexOf(id) !== i))([...document.querySelectorAll("[id]")].map(e => e.id))`); len(bad) > 0 {
		b.t.Errorf("ids twice: %q", bad)
	}
	if bad := untranslated(eval[string](b, visibleText)); len(bad) > 0 {
		b.t.Errorf("untranslated: %q", bad)
	}
}

// visibleText is what people read, without code and names.
const visibleText = `(() => {
	const texts = [document.title], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		if (!walker.currentNode.parentElement.closest("code, pre, script, [translate=no]")) texts.push(walker.currentNode.data);
	}
	document.querySelectorAll("[aria-label], [title], [placeholder], [alt]").forEach(e => ["aria-label", "title", "placeholder", "alt"].forEach(a => texts.push(e.getAttribute(a) ?? "")));
	return texts.join("\n");
})()`

var (
	catalogueKey = regexp.MustCompile(`\b(?:action|apikeys|app|billing|chart|dashboard|developers|error|field|frame|hop|login|messages|nav|operator|sendtest|settings|signin|status|tenants|audit|rotation|webhooks)(?:\.[a-z0-9_]+)+\b`)
	placeholder  = regexp.MustCompile(`\{[a-zA-Z]\w*[,}]|%!|<nil>|&(?:amp|lt|gt|#\d+);`)
)

func untranslated(page string) []string {
	return slices.Concat(catalogueKey.FindAllString(page, 5), placeholder.FindAllString(page, 5))
}

// console fails for what the console has said since the last call, but for messages that contain expected.
func (b *tab) console(expected string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		if expected == "" || !strings.Contains(p, expected) {
			b.t.Errorf("browser console: %s", p)
		}
	}
	b.problems = nil
}
