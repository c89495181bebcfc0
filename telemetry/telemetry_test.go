package telemetry_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"ghasi.io/portal/telemetry"
)

func TestOff(t *testing.T) {
	tracer, err := telemetry.Export(t.Context(), telemetry.Options{Service: "customer-portal"})
	if err != nil || tracer.On() {
		t.Fatalf("no endpoint: on %v, %v", tracer.On(), err)
	}
	h := http.Header{}
	allocations := testing.AllocsPerRun(100, func() { work(tracer, h) })
	if allocations != 0 || len(h) != 0 {
		t.Errorf("off: %v allocations a call, headers %v", allocations, h)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// work is what a call does about its span.
func work(tracer *telemetry.Tracer, h http.Header) {
	ctx := tracer.Extract(context.Background(), h)
	ctx, span := tracer.Start(ctx, "list messages", telemetry.Client)
	tracer.Inject(ctx, h)
	telemetry.End(span, "ok", nil)
}

func TestAcrossProcesses(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	tracer := telemetry.New(sdk.NewTracerProvider(sdk.WithSyncer(kept)))
	h := http.Header{}
	ctx, call := tracer.Start(t.Context(), "call", telemetry.Client)
	tracer.Inject(ctx, h)
	there := tracer.Extract(context.Background(), h)
	_, answer := tracer.Start(there, "answer", telemetry.Server)
	telemetry.End(answer, "unavailable", errors.New("+93700123456 refused"))
	telemetry.End(call, "ok", nil)

	spans := kept.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	if got, want := spans[0].Parent.SpanID(), spans[1].SpanContext.SpanID(); got != want {
		t.Errorf("parent %v, want %v", got, want)
	}
	if got := telemetry.TraceID(ctx); got == "" || got != spans[0].SpanContext.TraceID().String() {
		t.Errorf("trace id %q", got)
	}
	if got := spans[0].Status.Description; got != "unavailable" {
		t.Errorf("status %q: a span says no more than the outcome", got)
	}
	if len(spans[0].Events) != 0 {
		t.Errorf("events %v", spans[0].Events)
	}
}

// BenchmarkOff shows what a call pays for tracing that is off.
func BenchmarkOff(b *testing.B) {
	var tracer *telemetry.Tracer
	h := http.Header{}
	b.ReportAllocs()
	for b.Loop() {
		work(tracer, h)
	}
}
