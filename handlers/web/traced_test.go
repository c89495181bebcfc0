package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/telemetry"
)

func TestTraced(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	s := webtest.New(t)
	s.Kit.Tracer = telemetry.New(sdk.NewTracerProvider(sdk.WithSyncer(kept)))
	r := gin.New()
	r.Use(s.Kit.Begin, s.Kit.Traced)
	r.GET("/messages/:messageId", s.Kit.Handle(func(*gin.Context) error { return errors.New("broken") }))
	in := httptest.NewRequest(http.MethodGet, "/messages/msg_1", nil)
	in.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	r.ServeHTTP(httptest.NewRecorder(), in)
	spans := kept.GetSpans()
	if len(spans) != 1 || spans[0].Name != "GET /messages/:messageId" || spans[0].Status.Code.String() != "Error" {
		t.Fatalf("spans: %+v", spans)
	}
	if spans[0].Parent.IsValid() {
		t.Error("a browser chose the trace")
	}
}
