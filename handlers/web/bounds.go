package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/portal"
)

// What a request may hold, in bytes, wherever it goes. A handler's own bound is narrower. net/http's own limit on headers
// stands above: what passes that is cut off before any handler sees it.
const (
	MaxURL     = 8 << 10
	MaxHeaders = 16 << 10 // cookies of a session are about 5 KB
	MaxBody    = 1 << 20
)

// Bounded refuses what is too large before anything reads it: 414, 431, 413. A body of unknown length is cut off.
func (k *Kit) Bounded(c *gin.Context) {
	switch {
	case len(c.Request.RequestURI) > MaxURL:
		k.refuse(c, http.StatusRequestURITooLong, "address too long")
	case headerSize(c.Request.Header) > MaxHeaders:
		k.refuse(c, http.StatusRequestHeaderFieldsTooLarge, "headers too large")
	case c.Request.ContentLength > MaxBody:
		k.refuse(c, http.StatusRequestEntityTooLarge, "body too large")
	default:
		if c.Request.Body != nil && c.Request.Body != http.NoBody {
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody)
		}
	}
}

// refuse answers without reading on: the connection ends, since the rest of the request would have to be read first.
func (k *Kit) refuse(c *gin.Context, status int, why string) {
	e := portal.Fail(portal.TooLarge, errors.New(why))
	_ = c.Error(e)
	c.Abort()
	c.Header("Connection", "close")
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") { // a program asks: the platform's form, though not its words
		c.Header("Cache-Control", "no-store")
		c.Data(status, "application/problem+json", fmt.Appendf(nil, `{"type":"https://ghasi.io/problems/too_large","title":%q,"status":%d,"code":"too_large","requestId":%q}`,
			http.StatusText(status), status, RequestID(c.Request.Context())))
		return
	}
	k.ErrorStatus(c, status, e)
}

func headerSize(h http.Header) int {
	size := 0
	for name, values := range h {
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	return size
}
