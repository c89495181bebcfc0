package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// do runs steps, each within the tab's patience.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, s := range steps {
		b.call(func(ctx context.Context) error { return chromedp.Do(ctx, s) })
	}
}

func (b *tab) call(f func(context.Context) error) {
	b.t.Helper()
	done := make(chan error, 1)
	go func() { done <- f(b.ctx) }()
	select {
	case err := <-done:
		if err != nil {
			b.t.Fatalf("browser: %v", err)
		}
	case <-time.After(patience):
		b.t.Fatalf("browser: nothing happened for %s on %s", patience, b.url())
	}
}

// visit loads a path of the site.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site.url + path))
}

// click clicks the one visible element that sel matches.
func (b *tab) click(sel string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(sel), chromedp.NodeVisible))
}

// fill replaces what stands in a field, as somebody does who selects it all and types.
func (b *tab) fill(sel, text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(sel)), chromedp.Focus(chromedp.CSS(sel)))
	eval[bool](b, `(document.activeElement.select(), true)`)
	switch {
	case text == "":
		b.key(kb.Delete)
	case len(text) > 60: // pasted
		b.call(func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
			return err
		})
	default:
		b.key(text)
	}
}

// key presses a key in whatever has the focus.
func (b *tab) key(keys string, options ...chromedp.KeyOption) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, options...))
}

// gone waits until nothing that sel matches is in the document.
func (b *tab) gone(sel string) {
	b.t.Helper()
	b.until("no "+sel, `!document.querySelector(`+quote(sel)+`)`)
}

// focused waits until the element of sel has the focus.
func (b *tab) focused(sel string) {
	b.t.Helper()
	b.until("focus on "+sel, `document.activeElement?.matches(`+quote(sel)+`)`)
}

// see waits until an element that sel matches is visible.
func (b *tab) see(sel string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(sel)))
}

// seeText waits until the element of sel contains text.
func (b *tab) seeText(sel, text string) {
	b.t.Helper()
	b.until(quote(sel)+` has text `+text, `[...document.querySelectorAll(`+quote(sel)+`)].some(e => e.textContent.replace(/\s+/g, ' ').includes(`+quote(text)+`))`)
}

// until waits for a JavaScript expression to become true. It polls from outside, so that it works across navigations.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		if err == nil && ok {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.t.Fatalf("waited in vain: %s\non %s:\n%.2000s", what, b.url(), b.text("body"))
}

// at waits until the tab is on path (a prefix of path and query).
func (b *tab) at(path string) {
	b.t.Helper()
	b.until("location "+path, `(location.pathname + location.search).startsWith(`+quote(path)+`) && document.readyState === 'complete'`)
}

// text returns the text of the first element of sel, white space folded.
func (b *tab) text(sel string) string {
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`(document.querySelector(`+quote(sel)+`)?.innerText ?? '')`))
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return strings.Join(strings.Fields(s), " ")
}

// value returns what stands in the first field of sel.
func (b *tab) value(sel string) string {
	b.t.Helper()
	return eval[string](b, `document.querySelector(`+quote(sel)+`).value`)
}

// count returns how many elements sel matches.
func (b *tab) count(sel string) int {
	b.t.Helper()
	return eval[int](b, `document.querySelectorAll(`+quote(sel)+`).length`)
}

// eval returns the value of a JavaScript expression.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

func (b *tab) url() string {
	s, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return s
}

// signIn goes through the whole sign-in as a person does and ends on path.
func (b *tab) signIn(email, path string) {
	b.t.Helper()
	b.visit(path)
	b.click(`a[href^="/login/start"]`)
	b.password(email, "portal-demo")
	b.at(path)
}

// password fills the provider's page.
func (b *tab) password(email, password string) {
	b.t.Helper()
	b.fill(`input[name="email"]`, email)
	b.fill(`input[name="password"]`, password)
	b.click(`main form.form button.btn-primary`)
}

// settled is true once what moves has come to rest and is drawn.
const settled = `(async () => {
	const moving = () => document.getAnimations().some(a => a.playState === "running" && a.effect?.getComputedTiming().iterations !== Infinity);
	for (let calm = 0; calm < 2; calm = moving() ? 0 : calm + 1) await new Promise(requestAnimationFrame);
	return true;
})()`

// screenshot keeps a picture of the whole page under e2e/out.
func (b *tab) screenshot(name string) {
	// The window grows to the page: a capture beyond the window comes out shifted when the page runs from right to left.
	size, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]int64](`[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]`))
	if err == nil {
		err = chromedp.Do(b.ctx, chromedp.EmulateViewport(size[0], size[1]))
	}
	if err == nil {
		_, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool](settled, chromedp.EvalAwaitPromise))
	}
	if err != nil {
		b.t.Logf("screenshot: %v", err)
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("screenshot: %v", err)
		return
	}
	err = os.MkdirAll("out", 0o750)
	if err == nil {
		err = os.WriteFile(filepath.Join("out", name), png, 0o600)
	}
	if err != nil {
		b.t.Logf("screenshot: %v", err)
	}
}

// number writes n as JavaScript has it.
func number(n int) string { return strconv.Itoa(n) }

// quote writes s as a JavaScript string.
func quote(s string) string {
	j, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(j)
}
