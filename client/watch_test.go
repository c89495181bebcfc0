package client

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"ghasi.io/portal/telemetry"
)

func TestEveryCallIsSeen(t *testing.T) {
	var seen []string
	var traceparent string
	status := http.StatusOK
	kept := tracetest.NewInMemoryExporter()
	c, err := New(Options{
		BaseURL: "http://platform.test", ClientID: "portal",
		Tracer: telemetry.New(sdk.NewTracerProvider(sdk.WithSyncer(kept))),
		Observe: func(op, outcome string, took time.Duration) {
			if took <= 0 {
				t.Errorf("%s took %v", op, took)
			}
			seen = append(seen, op+": "+outcome)
		},
		Transport: InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			traceparent = r.Header.Get("Traceparent")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"items":[]}`))
		})),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.APIKeys(t.Context(), "token"); err != nil {
		t.Fatal(err)
	}
	span := kept.GetSpans()[0]
	if want := "00-" + span.SpanContext.TraceID().String() + "-" + span.SpanContext.SpanID().String() + "-01"; traceparent != want {
		t.Errorf("traceparent %q, want %q", traceparent, want)
	}
	status = http.StatusServiceUnavailable
	_, _ = c.APIKeys(t.Context(), "token")
	status = http.StatusUnauthorized
	_, _ = c.APIKeys(t.Context(), "token")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = c.APIKeys(gone, "token")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.JWKSURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.HTTPClient().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	want := []string{
		"list API keys: ok", "list API keys: unavailable", "list API keys: unauthenticated", "list API keys: unavailable",
		"fetch signing keys: unauthenticated",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("seen %q, want %q", seen, want)
	}
}
