// Package health answers the questions of load balancers: does the process live, and can it serve.
package health

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// checkTimeout bounds one readiness check: a hanging database means "not ready", not a hanging probe.
const checkTimeout = 2 * time.Second

// Check returns why the process can't serve, nil when it can.
type Check func(ctx context.Context) error

// Handlers answer the probes.
type Handlers struct{ ready Check }

// New returns the handlers.
func New(ready Check) *Handlers { return &Handlers{ready: ready} }

// Register adds GET /healthz and GET /readyz.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET("/healthz", func(c *gin.Context) { answer(c, http.StatusOK, "ok\n") })
	r.GET("/readyz", h.readyz)
}

// readyz says only whether: the cause may name hosts, so it goes to the request's log line.
func (h *Handlers) readyz(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), checkTimeout)
	defer cancel()
	if err := h.ready(ctx); err != nil {
		_ = c.Error(err)
		answer(c, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	answer(c, http.StatusOK, "ready\n")
}

func answer(c *gin.Context, status int, text string) {
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.WriteString(text)
}
