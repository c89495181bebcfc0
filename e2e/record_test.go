package e2e

import (
	"strings"
	"sync"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// record collects the requests that the tab makes from now on, as "METHOD URL".
func (b *tab) record() *recording {
	b.t.Helper()
	r := &recording{tab: b}
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen = append(r.seen, e.Request.Method+" "+e.Request.URL)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

type recording struct {
	tab  *tab
	mu   sync.Mutex
	seen []string
}

// of returns the recorded requests that begin with method and path.
func (r *recording) of(method, path string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for _, s := range r.seen {
		if strings.HasPrefix(s, method+" "+r.tab.site.url+path) {
			found = append(found, strings.TrimPrefix(s, method+" "))
		}
	}
	return found
}

// recordCallback submits the sign-in form and returns the address of the callback that the browser then loads.
func recordCallback(b *tab) string {
	b.t.Helper()
	requests := b.record()
	b.click(`main form.form button.btn-primary`)
	b.at("/dashboard")
	found := requests.of("GET", "/auth/callback?")
	if len(found) == 0 {
		b.t.Fatal("no callback")
	}
	return found[0]
}
