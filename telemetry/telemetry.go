// Package telemetry is tracing for every room: spans by OpenTelemetry, carried between processes by W3C Trace Context.
// A nil [Tracer] starts no span, allocates nothing and reads no header: tracing that is off costs nothing.
package telemetry

import (
	"context"
	"errors"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Kind is a span's part in a call. See OpenTelemetry's SpanKind.
type Kind = trace.SpanKind

// The kinds of spans there are here.
const (
	Internal = trace.SpanKindInternal
	Server   = trace.SpanKindServer
	Client   = trace.SpanKindClient
)

// Tracer starts spans. The nil Tracer is one that is off.
type Tracer struct {
	tracer   trace.Tracer
	shutdown func(context.Context) error
}

// off is what a nil Tracer hands out: a span that takes everything and keeps nothing.
var off = trace.SpanFromContext(context.Background())

var w3c propagation.TraceContext

// New returns a Tracer on a provider of the caller's, which stays the caller's to shut down.
func New(p trace.TracerProvider) *Tracer {
	return &Tracer{tracer: p.Tracer("ghasi.io/portal"), shutdown: func(context.Context) error { return nil }}
}

// On reports whether spans go anywhere.
func (t *Tracer) On() bool { return t != nil }

// Start starts a span below the one in ctx. The caller ends it with End.
func (t *Tracer) Start(ctx context.Context, name string, kind Kind, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if t == nil {
		return ctx, off
	}
	return t.tracer.Start(ctx, name, append(options, trace.WithSpanKind(kind))...) //nolint:spancheck // the caller's
}

// Close sends what is still waiting to be sent.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.shutdown(ctx)
}

// Inject writes the span of ctx into the headers of a call.
func (t *Tracer) Inject(ctx context.Context, h http.Header) {
	if t != nil {
		w3c.Inject(ctx, propagation.HeaderCarrier(h))
	}
}

// Extract returns ctx with the caller's span, when the headers of a call name one.
func (t *Tracer) Extract(ctx context.Context, h http.Header) context.Context {
	if t == nil {
		return ctx
	}
	return w3c.Extract(ctx, propagation.HeaderCarrier(h))
}

// TraceID returns the id of the trace that ctx belongs to, in hexadecimal; "" when it belongs to none.
func TraceID(ctx context.Context) string {
	if s := trace.SpanContextFromContext(ctx); s.HasTraceID() {
		return s.TraceID().String()
	}
	return ""
}

// End ends a span with how it went: what is "ok" or a word of a closed set, and err, nil for a success. A caller who
// went away is no error of ours. Causes are not recorded: they can hold what a person typed.
func End(span trace.Span, what string, err error) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("ghasi.outcome", what))
	if err != nil && !errors.Is(err, context.Canceled) {
		span.SetStatus(codes.Error, what)
	}
	span.End()
}
