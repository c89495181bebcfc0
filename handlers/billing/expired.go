package billing

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// Expired answers for a document's link that has been kept until it ended: it says so, and leads to a fresh one. It needs
// nobody signed in, and says nothing about the document: the address alone names it.
func Expired(kit *web.Kit) gin.HandlerFunc {
	return kit.Handle(func(c *gin.Context) error {
		l := kit.Locale(c)
		page := views.ErrorPage{
			Base: kit.Base(c, "billing.expired.title"), Status: http.StatusGone, Heading: l.T("billing.expired.title"), Text: l.T("billing.expired.text"),
			Home: views.Link{Label: l.T("billing.expired.invoices"), URL: home},
		}
		page.RequestID = ""
		if id := invoiceIn(c.Request.URL.Path); id != "" {
			page.Home = views.Link{Label: l.T("billing.expired.fresh"), URL: invoiceURL(id) + "/pdf"}
		}
		return web.Page(kit, c, http.StatusGone, views.ErrorBare, &page)
	})
}

type expiredKey struct{}

// Objects serves the store's own documents from store, whose links need no session. What the store answers by
// [ExpiredObject] becomes the page of [Expired].
func Objects(kit *web.Kit, store http.Handler) gin.HandlerFunc {
	page := Expired(kit)
	return func(c *gin.Context) {
		r := c.Request.WithContext(context.WithValue(c.Request.Context(), expiredKey{}, func() { page(c) }))
		c.Status(http.StatusOK) // what a handler that says nothing means
		store.ServeHTTP(c.Writer, r)
	}
}

// ExpiredObject answers for a link that has ended, inside [Objects]. The store is made before there are any pages: so it
// is given this, which finds the page by the request.
var ExpiredObject http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if show, ok := r.Context().Value(expiredKey{}).(func()); ok {
		show()
		return
	}
	w.WriteHeader(http.StatusGone)
})

// invoiceIn finds the id of an invoice in the path of an object, "" when there is none.
func invoiceIn(path string) string {
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' || r == '-' }) {
		if portal.ValidID("inv", part) {
			return part
		}
	}
	return ""
}
