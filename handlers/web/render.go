package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/views"
)

const (
	maxPooled   = 256 << 10 // larger buffers are left to the collector
	minCompress = 1 << 10   // below this gzip costs more than it saves
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// zippers hold gzip writers at level 1: half the CPU of level 6 for a tenth more bytes on pages of this size.
var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a valid constant
	return z
}}

// Page answers with a full page. status is 200, or 422 for a form with errors.
func Page[T any](k *Kit, c *gin.Context, status int, p views.Page[T], data *T) error {
	return k.buffered(c, status, func(b *bytes.Buffer) error {
		return views.Render(k.Views, b, k.Locale(c).Tag, p, data)
	})
}

// Fragment answers with one fragment, and with the toast queued for this response out of band.
func Fragment[T any](k *Kit, c *gin.Context, status int, f views.Fragment[T], data *T) error {
	return k.buffered(c, status, func(b *bytes.Buffer) error {
		if err := views.RenderFragment(k.Views, b, k.Locale(c).Tag, f, data); err != nil {
			return err
		}
		if toast := queuedToast(c); toast != nil {
			return views.RenderFragment(k.Views, b, k.Locale(c).Tag, views.ToastFragment, toast)
		}
		return nil
	})
}

// buffered renders into memory first, so that a failing template is a clean 500 and never half a page.
func (k *Kit) buffered(c *gin.Context, status int, render func(*bytes.Buffer) error) error {
	b, _ := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer func() {
		if b.Cap() <= maxPooled {
			buffers.Put(b)
		}
	}()
	if err := render(b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	writeHTML(c, status, b.Bytes())
	return nil
}

// writeHTML sends a personal page: never stored, and compressed when the browser can read that.
func writeHTML(c *gin.Context, status int, body []byte) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Vary", "HX-Request, HX-Request-Type, Accept-Encoding, Accept-Language, Cookie")
	if len(body) < minCompress || !acceptsGzip(c.GetHeader("Accept-Encoding")) || c.Request.Method == http.MethodHead {
		h.Set("Content-Length", strconv.Itoa(len(body)))
		c.Writer.WriteHeader(status)
		_, _ = c.Writer.Write(body) // the browser went away: nobody left to tell
		return
	}
	h.Set("Content-Encoding", "gzip")
	c.Writer.WriteHeader(status)
	z, _ := zippers.Get().(*gzip.Writer)
	z.Reset(c.Writer)
	_, _ = z.Write(body)
	_ = z.Close()
	zippers.Put(z)
}

// acceptsGzip reads Accept-Encoding: "gzip;q=0" is a refusal.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && strings.Trim(strings.TrimPrefix(q, "q=0."), "0") != "" || q == ""
		}
	}
	return false
}
