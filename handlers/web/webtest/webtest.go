// Package webtest is the bench on which handlers are tested: a real kit, real templates and catalogues, a fixed clock,
// a signed-in user, and HTML asserted by CSS selector.
package webtest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"github.com/gin-gonic/gin"
	"golang.org/x/net/html"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/views"
)

// Now is the clock of every [Site]: a Tuesday, 09:30 in Kabul.
var Now = time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)

// Customer is who is signed in at a [Site] unless a test says otherwise.
var Customer = auth.User{
	ID: "usr_test", TenantID: "ten_test", Tenant: "Pamir Logistics", Email: "customer@demo.ghasi.test",
	Name: "Maryam", Roles: []string{"customer"}, Token: "test-token",
}

// Site is a kit and an engine to register handlers on.
type Site struct {
	Kit    *web.Kit
	Engine *gin.Engine
	User   *auth.User // nil: nobody is signed in
	t      *testing.T
}

// parts are what never changes, and takes the longest to make: one for all sites of a test run.
type parts struct {
	bundle   *locales.Bundle
	renderer *views.Renderer
}

var shared = sync.OnceValues(func() (p parts, err error) {
	if p.bundle, err = locales.Load(); err != nil {
		return p, err
	}
	p.renderer, err = views.New(p.bundle)
	return p, err
})

// New returns a Site with a customer signed in.
func New(t *testing.T) *Site {
	t.Helper()
	gin.SetMode(gin.TestMode)
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	user := Customer
	s := &Site{t: t, User: &user, Engine: gin.New(), Kit: &web.Kit{
		Views: p.renderer, Bundle: p.bundle, Build: "test", Now: func() time.Time { return Now },
		Log: slog.New(slog.DiscardHandler), FlashKey: []byte("0123456789abcdef0123456789abcdef"),
	}}
	if err := s.Kit.Prepare(); err != nil {
		t.Fatal(err)
	}
	s.Engine.Use(s.Kit.Begin, web.NewHeaders(web.HeaderOptions{}).Set, s.Kit.Recovered, func(c *gin.Context) {
		if s.User != nil {
			c.Request = c.Request.WithContext(auth.WithUser(c.Request.Context(), s.User))
		}
	})
	return s
}

// Option changes a request before it is sent.
type Option func(*http.Request)

// HTMX makes the request one of htmx for a fragment.
func HTMX() Option { return Header("HX-Request-Type", "partial") }

// Header sets a header.
func Header(name, value string) Option {
	return func(r *http.Request) {
		r.Header.Set(name, value)
		if name == "HX-Request-Type" {
			r.Header.Set("HX-Request", "true")
		}
	}
}

// Locale asks for a language.
func Locale(tag string) Option { return Header("Accept-Language", tag) }

// Get sends a GET.
func (s *Site) Get(path string, options ...Option) *Response {
	s.t.Helper()
	return s.do(httptest.NewRequest(http.MethodGet, path, nil), options)
}

// Post sends a form.
func (s *Site) Post(path string, form url.Values, options ...Option) *Response {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r, options)
}

func (s *Site) do(r *http.Request, options []Option) *Response {
	s.t.Helper()
	for _, o := range options {
		o(r)
	}
	w := httptest.NewRecorder()
	s.Engine.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Response{Code: w.Code, Header: w.Header(), Body: string(body), Cookies: w.Result().Cookies(), t: s.t}
}

// Response is what came back.
type Response struct {
	Code    int
	Header  http.Header
	Body    string
	Cookies []*http.Cookie
	t       *testing.T
	doc     *Document
}

// Doc parses the body (once).
func (r *Response) Doc() *Document {
	r.t.Helper()
	if r.doc == nil {
		r.doc = Doc(r.t, r.Body)
	}
	return r.doc
}

// Document is parsed HTML.
type Document struct {
	Root *html.Node
	t    *testing.T
}

// Doc parses a page, or a fragment as the content of <body> (table rows survive in a <template> or a whole table only).
func Doc(t *testing.T, body string) *Document {
	t.Helper()
	if strings.HasPrefix(strings.TrimSpace(body), "<tr") { // the parser drops rows outside a table
		body = "<table><tbody>" + body + "</tbody></table>"
	}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return &Document{Root: root, t: t}
}

// All returns every element that sel matches.
func (d *Document) All(sel string) []*html.Node {
	d.t.Helper()
	m, err := cascadia.ParseGroup(sel)
	if err != nil {
		d.t.Fatalf("selector %q: %v", sel, err)
	}
	return cascadia.QueryAll(d.Root, m)
}

// One returns the only element that sel matches; none or several fail the test.
func (d *Document) One(sel string) *html.Node {
	d.t.Helper()
	found := d.All(sel)
	if len(found) != 1 {
		d.t.Fatalf("selector %q matches %d elements, want 1", sel, len(found))
	}
	return found[0]
}

// None fails the test when sel matches anything.
func (d *Document) None(sel string) {
	d.t.Helper()
	if n := len(d.All(sel)); n != 0 {
		d.t.Fatalf("selector %q matches %d elements, want none", sel, n)
	}
}

// Text returns the text of the only element that sel matches, with white space folded.
func (d *Document) Text(sel string) string {
	d.t.Helper()
	return Text(d.One(sel))
}

// Attr returns an attribute of the only element that sel matches.
func (d *Document) Attr(sel, name string) string {
	d.t.Helper()
	return Attr(d.One(sel), name)
}

// Text returns the text inside n with white space folded.
func Text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Attr returns an attribute of n, empty when it has none of that name.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
