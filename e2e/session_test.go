package e2e

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"ghasi.io/portal/handlers/web/webtest"
)

const (
	customer = "customer@demo.ghasi.test" // Pamir Logistics: the tests read its log
	manager  = "manager@demo.ghasi.test"  // Herat Pharmacy: the tests send and make keys here
	staff    = "tam@demo.ghasi.test"
	password = "portal-demo"

	longPassword = "a password of one's own" // of accounts that the demo does not make
)

// sessionShare is how long tabs borrow one session. It is shorter than the life of an access token, since tabs of separate
// profiles that refresh with the same token would look like a theft of it.
const sessionShare = 5 * time.Minute

// person is somebody signed in over plain HTTP, whose session a tab may borrow: the way in through the browser is for the
// tests of signing in.
type person struct {
	site    *site
	jar     map[string]*http.Cookie
	since   time.Time
	browser http.Client
}

var people = struct {
	sync.Mutex
	m map[string]*person
}{m: map[string]*person{}}

// someone returns a person with a session on s. Tests that end the session sign in themselves.
func someone(t *testing.T, s *site, email string) *person {
	t.Helper()
	people.Lock()
	defer people.Unlock()
	id := s.url + " " + email
	if p := people.m[id]; p != nil && time.Since(p.since) < sessionShare {
		return p
	}
	p := &person{site: s, jar: map[string]*http.Cookie{}, since: time.Now()}
	p.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.signIn(t, email, passwordOf(email))
	people.m[id] = p
	return p
}

func passwordOf(email string) string {
	if strings.HasSuffix(email, "@demo.ghasi.test") {
		return password
	}
	return longPassword
}

func (p *person) signIn(t *testing.T, email, password string) {
	t.Helper()
	start := p.get(t, "/login/start")
	form := docOf(t, p.get(t, start.Header.Get("Location")))
	done := p.post(t, form.Attr("form.form", "action"), url.Values{
		"request": {form.Attr(`input[name="request"]`, "value")}, "email": {email}, "password": {password},
	})
	_, callback, found := strings.Cut(done.Header.Get("Refresh"), "url=")
	if !found {
		t.Fatalf("sign in as %s: %s\n%s", email, done.Status, done.body)
	}
	if landed := p.get(t, callback); p.jar["__session"] == nil {
		t.Fatalf("sign in as %s: no session after %s\n%s", email, landed.Status, landed.body)
	}
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

// get loads a path (or one of the site's own addresses) with the person's cookies.
func (p *person) get(t *testing.T, path string) answer {
	t.Helper()
	return p.do(t, http.MethodGet, path, nil)
}

func (p *person) post(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	return p.do(t, http.MethodPost, path, form)
}

func (p *person) do(t *testing.T, method, path string, form url.Values) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.site.url+strings.TrimPrefix(path, p.site.url), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range p.jar { // by hand: Go's jar keeps Secure cookies from http://localhost, which browsers don't
		r.AddCookie(c)
	}
	res, err := p.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(p.jar, c.Name)
		} else {
			p.jar[c.Name] = c
		}
	}
	return answer{res, string(body)}
}

// as gives the tab the session of p.
func (b *tab) as(p *person) *tab {
	b.t.Helper()
	for _, name := range []string{"__session", "__refresh"} {
		b.setCookie(p.jar[name])
	}
	return b
}

func (b *tab) setCookie(c *http.Cookie) {
	b.t.Helper()
	yes := true
	set := network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.site.url}
	if strings.HasPrefix(c.Name, "__") {
		set.Secure, set.HTTPOnly, set.SameSite = &yes, &yes, network.CookieSameSiteStrict
	}
	b.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, network.SetCookie, set)
		return err
	})
}

func docOf(t *testing.T, a answer) *webtest.Document {
	t.Helper()
	return webtest.Doc(t, a.body)
}
