// Package web is the plumbing that every feature's handlers share: errors to responses, rendering, htmx, the frame's
// data, security headers, the request's log line. It knows no feature.
package web

import (
	"log/slog"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/telemetry"
	"ghasi.io/portal/views"
)

// Kit is what handlers need to answer. One for the process; safe for concurrent use.
type Kit struct {
	Views    *views.Renderer
	Bundle   *locales.Bundle
	Log      *slog.Logger
	Now      func() time.Time
	Build    string
	Demo     bool              // the embedded platform is seeded: show the chip
	FlashKey []byte            // authenticates the flash cookie
	Tracer   *telemetry.Tracer // nil = no spans
	Audit    Audit             // nil = nothing is recorded

	lastResort map[string][]byte // the 500 page per language, rendered at start
}

// Handler is how every handler of the portal looks: it answers, or returns an error that [Kit.Handle] answers with.
type Handler func(c *gin.Context) error

// Handle adapts h: the one place where an error becomes a response.
func (k *Kit) Handle(h Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			k.Error(c, err)
		}
	}
}
