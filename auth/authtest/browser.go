package authtest

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Browser keeps cookies as a browser does: by name and path, removed when told so.
type Browser struct{ Jar map[Cookie]*http.Cookie }

// Cookie is what tells cookies of one host apart.
type Cookie struct{ Name, Path string }

// NewBrowser returns a Browser without cookies.
func NewBrowser() *Browser { return &Browser{Jar: map[Cookie]*http.Cookie{}} }

// Clone returns a browser with the same cookies: a tab that is late, or a thief.
func (b *Browser) Clone() *Browser { return &Browser{Jar: maps.Clone(b.Jar)} }

// Request builds a request that carries the cookies of its path.
func (b *Browser) Request(method, target string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, target, nil)
	var pairs []string
	for _, c := range b.Jar {
		if r.URL.Path == c.Path || strings.HasPrefix(r.URL.Path, strings.TrimSuffix(c.Path, "/")+"/") {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	if len(pairs) > 0 {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	return r
}

// Take keeps the cookies of a response.
func (b *Browser) Take(cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(b.Jar, Cookie{c.Name, c.Path})
		} else {
			b.Jar[Cookie{c.Name, c.Path}] = c
		}
	}
}

// Cookie returns the cookie of a name, nil when there is none.
func (b *Browser) Cookie(name string) *http.Cookie {
	for key, c := range b.Jar {
		if key.Name == name {
			return c
		}
	}
	return nil
}
