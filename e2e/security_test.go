package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// hostile is markup that sets owned when anything of it runs.
const hostile = `"><img src=x onerror="owned=1"><script>owned=1</script><svg onload="owned=1"></svg><a href="javascript:owned=1">x</a>`

// unharmed fails when hostile markup has run, or has become elements.
func (b *tab) unharmed(where string) {
	b.t.Helper()
	b.see("h1")
	if eval[bool](b, `"owned" in globalThis`) {
		b.t.Errorf("%s: it ran", where)
	}
	if n := b.count(`[onerror], [onload], a[href^="javascript:"], main script, dialog script`); n != 0 {
		b.t.Errorf("%s: it became %d elements that act", where, n)
	}
}

func TestSecurity_HostileText(t *testing.T) {
	p := someone(t, shared, manager)
	b := newTab(t, shared, look{}).as(p)
	b.expect("422")
	b.visit("/api-keys")
	b.createKey("<script>owned=1</script><img src=x onerror=owned=1>", "sms:send", "sms:read")
	b.unharmed("key created")
	program := client{t, shared.url, b.text("#secret-value")}
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")
	row := b.row("<script>owned=1</script><img src=x onerror=owned=1>")
	b.click(row + ` a[href$="/revoke"]`)
	b.seeText("dialog h2", "<img src=x onerror=owned=1>")
	b.unharmed("key list and question")
	b.click("dialog .modal-foot [data-close]")
	b.gone("dialog")

	id := program.send("+93700000001", "Herat", hostile)
	b.visit("/messages")
	b.click(`a.row-link[href*="` + id + `"]`) // swapped in by htmx
	b.at("/messages/" + id)
	b.seeText(".bubble", hostile)
	b.seeText(".facts", "<script>owned=1</script>")
	b.unharmed("message")

	b.visit("/send-test")
	b.fill("#f-body", hostile)
	b.seeText("#send-test-preview .bubble", hostile)
	b.seeText("#send-test-call", "onerror")
	b.unharmed("preview")
	eval[bool](b, `(document.querySelectorAll("[pattern], [maxlength]").forEach(e => { e.removeAttribute("pattern"); e.removeAttribute("maxlength"); }), true)`)
	const sender = `"><img src=x onerror=owned=1>`
	b.compose(sender, sender, hostile)
	b.click(sendButton)
	b.see(`#send-test-form [role="alert"]`)
	if got := b.value("#f-from"); got != sender {
		t.Errorf("the sender typed became %q", got)
	}
	if got := b.value("#f-body"); got != hostile {
		t.Errorf("the text typed became %q", got)
	}
	b.unharmed("form refused")

	b.visit("/messages?q=%3Cimg%20src%3Dx%20onerror%3Downed%3D1%3E")
	b.see("#message-list [role=alert]")
	b.unharmed("search refused")
}

// TestSecurity_Sanitiser plays a server whose escaping has failed: what it answers is swapped in, and must not run.
func TestSecurity_Sanitiser(t *testing.T) {
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.expect("Content Security Policy") // the sanitiser's own inert parse trips the alarm, which is wanted
	b.expect("404")                     // a picture without its handler is harmless: it is not there
	b.visit("/send-test")
	b.answer("*/send-test/preview", `<aside id="send-test-preview"><p id="swapped">In place</p>`+strings.TrimPrefix(hostile, `">`)+
		`<form action="https://evil.test/" id="out"><button formaction="javascript:owned=1">x</button></form>
		<iframe srcdoc="<script>parent.owned=1</script>"></iframe><b hx-on:click="owned=1" hx-get="https://evil.test/" id="bait">b</b>
		<math><mtext><table><mglyph><style><img src=x onerror="owned=1"></style></mglyph></table></mtext></math>
		<i hx-get="/messages" hx-trigger="load[owned=1]" hx-vals="js:{a: owned=1}"></i></aside>`)
	b.fill("#f-body", "anything")
	b.see("#swapped")
	b.click("#bait")
	b.until("the swap is processed", `!document.querySelector(".htmx-request")`)
	b.unharmed("a hostile fragment")
	if n := b.count(`#send-test-preview :is(iframe, script, style, math, [hx-vals], [srcdoc], [formaction], [hx-get^="https:"])`); n != 0 {
		t.Errorf("%d dangerous elements were let in", n)
	}
}

// answer makes the browser get body, whatever the server would say, for requests that match pattern.
func (b *tab) answer(pattern, body string) {
	b.t.Helper()
	err := chromedp.Listen(b.ctx, func(event any) {
		e, ok := event.(*fetch.EventRequestPaused)
		if !ok {
			return
		}
		go func() {
			_, _ = chromedp.Call(b.ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{
				RequestID: e.RequestID, ResponseCode: http.StatusOK, Body: []byte(body),
				ResponseHeaders: []*fetch.HeaderEntry{{Name: "Content-Type", Value: "text/html; charset=utf-8"}},
			})
		}()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: pattern}}})
		return err
	})
}

// TestSecurity_Policy serves a script of its own under the portal's policy: the debugging protocol is exempt from it, so only
// a script that the page has loaded shows what the browser refuses.
func TestSecurity_Policy(t *testing.T) {
	p := someone(t, shared, customer)
	policy := p.get(t, "/dashboard").Header.Get("Content-Security-Policy")
	probe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/probe.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write([]byte(probeScript))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write([]byte(`<!doctype html><title>probe</title><div id="box"></div><script>owned = 1</script><img src=x onerror="owned = 1"><script src="/probe.js"></script>`))
	}))
	t.Cleanup(probe.Close)
	b := newTab(t, &site{url: probe.URL}, look{})
	b.expect("Content Security Policy")
	b.expect("Failed to load resource")
	b.expect("The action has been blocked")
	b.visit("/")
	b.until("the probe is done", `document.body.dataset.done === "yes"`)
	for sink, result := range eval[map[string]string](b, `globalThis.results`) {
		if result != "refused" {
			t.Errorf("%s is %s", sink, result)
		}
	}
	if eval[bool](b, `"owned" in globalThis`) {
		t.Error("inline code ran")
	}
}

const probeScript = `
const box = document.getElementById("box"), html = "<img src=x onerror=owned=1>";
const sinks = {
	innerHTML: () => { box.innerHTML = html; },
	outerHTML: () => { box.outerHTML = html; },
	insertAdjacentHTML: () => box.insertAdjacentHTML("beforeend", html),
	parseFromString: () => new DOMParser().parseFromString(html, "text/html"),
	"document.write": () => document.write(html),
	eval: () => eval("1"),
	Function: () => new Function("return 1")(),
	"a second policy": () => trustedTypes.createPolicy("other", {}),
	"a default policy": () => trustedTypes.createPolicy("default", { createHTML: s => s }),
	"script.src": () => { document.createElement("script").src = "/x.js"; },
	srcdoc: () => { document.createElement("iframe").srcdoc = html; },
	onclick: () => box.setAttribute("onclick", "owned=1"),
};
globalThis.results = {};
for (const [name, sink] of Object.entries(sinks)) {
	try { sink(); results[name] = "allowed"; } catch { results[name] = "refused"; }
}
document.body.dataset.done = "yes";
`

func TestSecurity_OpenRedirect(t *testing.T) {
	b := newTab(t, shared, look{})
	for _, to := range []string{"https://evil.test/", "//evil.test/", `/\evil.test`, "/login?return=/login", "javascript:alert(1)"} {
		b.do(chromedp.Navigate(shared.url + "/login?return=" + strings.ReplaceAll(to, "&", "%26")))
		if to == "https://evil.test/" {
			b.click(`a[href^="/login/start"]`)
			b.password(customer, password)
			b.at("/dashboard")
		}
		if !strings.HasPrefix(b.url(), shared.url+"/") {
			t.Fatalf("return=%s leads to %s", to, b.url())
		}
	}
}

// TestSecurity_OtherSite is what a page on another site can do to somebody who is signed in.
func TestSecurity_OtherSite(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>other</title><a id="link" href="%[1]s/messages?status=failed">link</a>
			<form method="post" action="%[1]s/api-keys"><input name="key_name" value="stolen"><input name="scope" value="sms:send"><button id="forge">x</button></form>`, shared.url)
	}))
	t.Cleanup(other.Close) // 127.0.0.1 and localhost are two sites
	b := newTab(t, shared, look{}).as(someone(t, shared, manager))
	b.expect("403")
	b.do(chromedp.Navigate(other.URL))
	b.click("#forge")
	b.at("/api-keys")
	b.seeText("h1", "You do not have access")
	if status := eval[int](b, `performance.getEntriesByType("navigation")[0].responseStatus`); status != http.StatusForbidden {
		t.Errorf("a forged form is answered with %d", status)
	}
	b.do(chromedp.Navigate(other.URL))
	b.click("#link")
	b.at("/messages?status=failed")
	b.seeText(".tenant-name", "Herat Pharmacy")
	b.only("Failed")
	b.visit("/api-keys")
	b.see("#api-keys tbody")
	if strings.Contains(b.text("#api-keys"), "stolen") {
		t.Error("the forged form made a key")
	}
}

func TestSecurity_Framing(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>other</title><iframe src="%s/login"></iframe>`, shared.url)
	}))
	t.Cleanup(other.Close)
	b := newTab(t, shared, look{})
	b.do(chromedp.Navigate(other.URL))
	b.mu.Lock()
	refused := false
	for _, p := range b.problems {
		refused = refused || strings.Contains(p, "frame-ancestors") || strings.Contains(p, "X-Frame-Options")
	}
	b.problems = nil
	b.mu.Unlock()
	if !refused {
		t.Error("the sign-in page lets itself be framed")
	}
}

func TestSecurity_Cookies(t *testing.T) {
	b := newTab(t, shared, look{})
	b.signIn(customer, "/dashboard")
	cookies, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{shared.url}})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range cookies.Cookies {
		found[c.Name] = true
		if strings.HasPrefix(c.Name, "__") && (!c.HTTPOnly || !c.Secure) {
			t.Errorf("%s: HttpOnly %v, Secure %v", c.Name, c.HTTPOnly, c.Secure)
		}
		if (c.Name == "__session" || c.Name == "__refresh") && c.SameSite != network.CookieSameSiteStrict {
			t.Errorf("%s: SameSite %q", c.Name, c.SameSite)
		}
	}
	if !found["__session"] || !found["__refresh"] || found["__signin"] {
		t.Errorf("cookies after signing in: %v", found)
	}
}

// TestSecurity_ForgedFrom127 is a hostile page on another site, 127.0.0.1 beside localhost, that tries every way a page has to make
// the victim's browser act or to read what it sees.
func TestSecurity_ForgedFrom127(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/attack.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprintf(w, forgeries, shared.url)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, `<!doctype html><title>other</title><script src="/attack.js"></script>`)
	}))
	t.Cleanup(other.Close)
	p := someone(t, shared, manager)
	b := newTab(t, shared, look{}).as(p)
	for _, noise := range []string{"CORS", "403", "ERR_", "Failed to load", "Access to fetch", "X-Frame-Options", "frame-ancestors", "Content Security Policy"} {
		b.expect(noise)
	}
	b.do(chromedp.Navigate(other.URL))
	b.until("all is tried", `document.title === "done"`)
	for what, got := range eval[map[string]string](b, `globalThis.got`) {
		if got != "" {
			t.Errorf("%s: %s", what, got)
		}
	}
	b.visit("/api-keys")
	b.see("#api-keys tbody")
	if strings.Contains(b.text("#api-keys"), "stolen") {
		t.Error("a key was made from another site")
	}
	if log := p.get(t, "/messages").body; strings.Contains(log, "+93700000666") {
		t.Error("a message was sent from another site")
	}
}

// forgeries fill globalThis.got: each entry is "" when the attempt came to nothing.
const forgeries = `
const portal = %q;
globalThis.got = {};
const post = (path, body, type, extra = {}) => fetch(portal + path, { method: "POST", mode: "no-cors", credentials: "include", body, headers: type ? { "Content-Type": type } : {}, ...extra });
const read = async (name, path) => {
	try { got[name] = (await (await fetch(portal + path, { credentials: "include" })).text()).slice(0, 100); } catch { got[name] = ""; }
};
const form = new URLSearchParams({ key_name: "stolen", scope: "sms:send" });
const sms = new URLSearchParams({ to: "+93700000666", from: "GHASI", body: "stolen" });
(async () => {
	await post("/api-keys", form).catch(() => {});
	await post("/api-keys", form.toString(), "text/plain").catch(() => {});
	await post("/send-test", sms).catch(() => {});
	await post("/v1/messages", JSON.stringify({ to: "+93700000666", from: "GHASI", body: "stolen" }), "text/plain").catch(() => {});
	navigator.sendBeacon(portal + "/send-test", sms);
	for (const method of ["PUT", "DELETE", "PATCH"]) await fetch(portal + "/v1/api-keys/x", { method, credentials: "include" }).catch(() => {});
	await read("the log", "/messages");
	await read("the keys", "/v1/api-keys");
	const other = open(portal + "/messages");
	await new Promise(done => setTimeout(done, 1500));
	try { got["a window of the portal"] = other?.document?.title ?? ""; } catch { got["a window of the portal"] = ""; }
	got["how many frames it has"] = other && !other.closed && other.length > 0 ? "told" : "";
	for (const [name, tag, attribute] of [["as a picture", "img", "src"], ["as a script", "script", "src"]]) {
		got[name] = await new Promise(done => {
			const e = document.createElement(tag);
			e.onload = () => done("loaded"); e.onerror = () => done("");
			e[attribute] = portal + "/messages"; document.head.append(e);
		});
	}
	const frame = document.createElement("iframe");
	frame.src = portal + "/dashboard"; document.documentElement.append(frame);
	await new Promise(done => setTimeout(done, 500));
	try { got["a frame"] = frame.contentDocument?.body?.innerText ?? ""; } catch { got["a frame"] = ""; }
	document.title = "done";
})();
`
