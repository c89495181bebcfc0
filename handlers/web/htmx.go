package web

import (
	"net/http"

	"github.com/angelofallars/htmx-go"
	"github.com/gin-gonic/gin"
)

// IsPartial reports whether htmx asks for a fragment (HX-Request-Type: partial). A boosted link, a restored history
// entry and a plain request want the whole page.
func IsPartial(c *gin.Context) bool {
	return c.GetHeader("HX-Request-Type") == "partial"
}

// IsHTMX reports whether htmx made the request at all, boosted links included: such a request can't follow a redirect
// to another document.
func IsHTMX(c *gin.Context) bool {
	return c.GetHeader("HX-Request") == "true" || c.GetHeader("HX-Request-Type") != ""
}

// SeeOther sends the browser on after a POST: 303 for a full page, HX-Redirect for a partial. path is local.
func SeeOther(c *gin.Context, path string) error {
	if IsPartial(c) {
		return HTMXRedirect(c, http.StatusOK, path)
	}
	c.Header("Location", path)
	c.Status(http.StatusSeeOther)
	c.Writer.WriteHeaderNow()
	return nil
}

// HTMXRedirect makes htmx load path as a new document. Headers of a 3xx are lost on htmx, so status is never one.
func HTMXRedirect(c *gin.Context, status int, path string) error {
	for name, value := range headersOf(htmx.NewResponse().Redirect(path)) {
		c.Header(name, value)
	}
	c.Status(status)
	c.Writer.WriteHeaderNow()
	return nil
}

// retarget makes htmx put the response into another place than the one that asked.
func retarget(c *gin.Context, selector string) {
	for name, value := range headersOf(htmx.NewResponse().Retarget(selector).Reswap(htmx.SwapInnerHTML)) {
		c.Header(name, value)
	}
}

// headersOf reads the headers of r, which htmx-go itself can only write together with a status.
func headersOf(r htmx.Response) map[string]string {
	h, err := r.Headers()
	if err != nil { // only trigger details can fail to encode, and none is used here
		return nil
	}
	return h
}
