package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/telemetry"
)

// MaxForm bounds the body of a form, MaxQuery a query string, in bytes. The largest honest form is a test SMS.
const (
	MaxForm  = 64 << 10
	MaxQuery = 4 << 10
)

type (
	requestIDKey struct{}
	clientIPKey  struct{}
)

// ClientIP returns the address of the person at the other end, through trusted proxies only.
func ClientIP(ctx context.Context) string {
	ip, _ := ctx.Value(clientIPKey{}).(string)
	return ip
}

// RequestID returns the id of the request that ctx belongs to.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// Begin gives the request its id, which the response, the log line, the error page and the upstream call carry.
func (k *Kit) Begin(c *gin.Context) {
	id := portal.NewID("req", k.Now())
	ctx := context.WithValue(c.Request.Context(), requestIDKey{}, id)
	ctx = context.WithValue(ctx, clientIPKey{}, c.ClientIP())
	ctx = client.WithDevice(ctx, client.Device{UserAgent: c.Request.UserAgent(), IP: c.ClientIP()})
	c.Request = c.Request.WithContext(client.WithRequestID(ctx, id))
	c.Header("X-Request-Id", id)
	c.Next()
}

// Traced makes the request a span, named by its route. It does not join a trace that the browser names: anybody could.
func (k *Kit) Traced(c *gin.Context) {
	if !k.Tracer.On() {
		return
	}
	ctx, span := k.Tracer.Start(c.Request.Context(), c.Request.Method, telemetry.Server)
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	if route := c.FullPath(); route != "" {
		span.SetName(c.Request.Method + " " + route)
		span.SetAttributes(attribute.String("http.route", route))
	}
	span.SetAttributes(attribute.String("http.request.method", c.Request.Method),
		attribute.Int("http.response.status_code", status),
		attribute.String("ghasi.request_id", RequestID(c.Request.Context())))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Logged writes one line a request. The query is left out: it can hold codes, numbers and search words.
func (k *Kit) Logged(c *gin.Context) {
	start := time.Now()
	c.Next()
	level := slog.LevelInfo
	if c.Writer.Status() >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !k.Log.Enabled(c, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 11)
	attrs = append(attrs,
		slog.String("request_id", RequestID(c.Request.Context())),
		slog.String("method", c.Request.Method),
		slog.String("path", c.Request.URL.Path),
		slog.Int("status", c.Writer.Status()),
		slog.Int("bytes", max(c.Writer.Size(), 0)),
		slog.Duration("took", time.Since(start)),
		slog.String("ip", ClientIP(c.Request.Context())))
	if id := telemetry.TraceID(c.Request.Context()); id != "" {
		attrs = append(attrs, slog.String("trace_id", id))
	}
	if u := auth.UserFrom(c.Request.Context()); u != nil {
		attrs = append(attrs, slog.String("user", u.ID), slog.String("tenant", u.TenantID))
	}
	if cause := c.Errors.Last(); cause != nil {
		attrs = append(attrs, slog.String("cause", cause.Error()))
	}
	k.Log.LogAttrs(c, level, "request", attrs...)
}

// Recovered turns a panic into the 500 page. The stack goes to the log alone.
func (k *Kit) Recovered(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // net/http's own way to drop a connection
		}
		k.Log.ErrorContext(c, "panic", "request_id", RequestID(c.Request.Context()),
			"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		k.Error(c, portal.Fail(portal.Internal, fmt.Errorf("panic: %v", p)))
	}()
	c.Next()
}

// Form reads a form's body, at most [MaxForm] bytes of valid text. Its errors are TooLarge and Invalid.
func Form(c *gin.Context) (url.Values, error) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxForm)
	if err := c.Request.ParseForm(); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return nil, portal.Fail(portal.TooLarge, err)
		}
		return nil, portal.Fail(portal.Invalid, fmt.Errorf("parse form: %w", err))
	}
	return c.Request.PostForm, checkText(c.Request.PostForm)
}

// Query reads the query string, at most [MaxQuery] bytes of valid text. Its errors are TooLarge and Invalid.
func Query(c *gin.Context) (url.Values, error) {
	raw := c.Request.URL.RawQuery
	if len(raw) > MaxQuery {
		return nil, portal.Fail(portal.TooLarge, errors.New("query string too long"))
	}
	v, err := url.ParseQuery(raw)
	if err != nil {
		return nil, portal.Fail(portal.Invalid, fmt.Errorf("parse query: %w", err))
	}
	return v, checkText(v)
}

// checkText refuses what no form sends: invalid UTF-8 and NUL, which databases and logs trip over.
func checkText(v url.Values) error {
	for name, values := range v {
		for _, s := range append(values, name) {
			if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
				return portal.Fail(portal.Invalid, errors.New("input is not text"))
			}
		}
	}
	return nil
}
