package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/portal"
)

// JSON answers with a document for programs.
func JSON(c *gin.Context, status int, data any) error {
	return writeJSON(c, status, "application/json", data)
}

func writeJSON(c *gin.Context, status int, kind string, data any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(data); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	c.Header("Cache-Control", "no-store")
	c.Data(status, kind, b.Bytes())
	return nil
}

// problem is an error for programs, as RFC 9457 has it.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      portal.Code    `json:"code"`
	RequestID string         `json:"requestId"`
	Errors    []problemField `json:"errors,omitempty"`
}

type problemField struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// HandleJSON is [Kit.Handle] for programs: an error becomes application/problem+json, in English, and the cause goes to
// the log.
func (k *Kit) HandleJSON(h Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			k.problem(c, err)
		}
	}
}

func (k *Kit) problem(c *gin.Context, err error) {
	_ = c.Error(err) // for the request's log line
	c.Abort()
	if c.Writer.Written() {
		return
	}
	var e *portal.Error
	if !errors.As(err, &e) {
		e = portal.Fail(portal.Internal, err)
	}
	status := statusOf[e.Code]
	p := problem{
		Type: "https://ghasi.io/problems/" + string(e.Code), Title: http.StatusText(status), Status: status, Code: e.Code,
		RequestID: RequestID(c.Request.Context()),
	}
	english := k.Bundle.Locale("en")
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, problemField{Field: f.Field, Detail: string(english.T(f.Key, f.Args...))})
	}
	if e.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(seconds(e.RetryAfter)))
	}
	if e.Code == portal.Unauthenticated {
		c.Header("WWW-Authenticate", "Bearer")
	}
	if err := writeJSON(c, status, "application/problem+json", p); err != nil {
		_ = c.Error(err)
	}
}
