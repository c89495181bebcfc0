package app_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"ghasi.io/portal/app"
	"ghasi.io/portal/telemetry"
)

func TestMetricsOfASignIn(t *testing.T) {
	s := start(t, settings(t.TempDir()))
	p := newPerson(t, s)
	started := time.Now()
	p.signIn("/login/start", customer)
	if res := p.get("/messages"); res.StatusCode != http.StatusOK {
		t.Fatalf("messages: %s", res.Status)
	}
	newPerson(t, s).get("/auth/callback?code=x&state=y")
	s.clock.advance(15 * time.Minute)
	if res := p.get("/messages"); res.StatusCode != http.StatusOK {
		t.Fatalf("messages after the token's end: %s", res.Status)
	}

	got := scrape(t, s)
	for _, want := range []string{
		`customer_portal_login_total{outcome="success",provider="oidc"} 1`,
		`customer_portal_login_total{outcome="other_browser",provider="oidc"} 1`,
		`customer_portal_login_latency_seconds_count{provider="oidc"} 1`,
		`customer_portal_refresh_total{outcome="success"} 1`,
		`customer_portal_upstream_duration_seconds_count{operation="exchange code",outcome="ok"} 1`,
		`customer_portal_upstream_duration_seconds_count{operation="list messages",outcome="ok"} 2`,
		`customer_portal_upstream_duration_seconds_count{operation="refresh session",outcome="ok"} 1`,
		`customer_portal_upstream_duration_seconds_count{operation="fetch signing keys",outcome="ok"} 1`,
		`customer_portal_request_duration_seconds_count{method="GET",route="/messages",status="2xx"} 2`,
		`customer_portal_request_duration_seconds_count{method="GET",route="/auth/callback",status="3xx"} 1`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	sum := valueOf(t, got, `customer_portal_login_latency_seconds_sum{provider="oidc"}`)
	if sum <= 0 || sum > time.Since(started).Seconds() {
		t.Errorf("latency %v s, the whole took %v", sum, time.Since(started))
	}
	if p.get("/metrics").StatusCode != http.StatusNotFound {
		t.Error("the public listener serves metrics")
	}
}

// TestSpansOfASignIn reads what the tracer was given.
func TestSpansOfASignIn(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	s := start(t, settings(t.TempDir()), func(o *app.Options) {
		o.Tracer = telemetry.New(sdk.NewTracerProvider(sdk.WithSyncer(kept)))
	})
	newPerson(t, s).signIn("/login/start", customer)
	spans := map[string]tracetest.SpanStub{}
	byID := map[trace.SpanID]tracetest.SpanStub{}
	for _, span := range kept.GetSpans() {
		spans[span.Name] = span
		byID[span.SpanContext.SpanID()] = span
	}
	login, exchange := spans["customer-portal.login"], spans["auth-service.token-exchange"]
	if !login.SpanContext.IsValid() || !exchange.SpanContext.IsValid() {
		t.Fatalf("spans: %v", names(spans))
	}
	if login.SpanContext.TraceID() != exchange.SpanContext.TraceID() {
		t.Error("the token exchange is of another trace than the sign-in")
	}
	if !exchange.Parent.IsRemote() {
		t.Error("the token exchange did not get its parent by traceparent")
	}
	call := byID[exchange.Parent.SpanID()]
	if call.Name != "exchange code" || call.Parent.SpanID() != login.SpanContext.SpanID() {
		t.Errorf("token exchange is below %q, which is below %q", call.Name, byID[call.Parent.SpanID()].Name)
	}
	if start := spans["GET /login/start"]; login.StartTime.After(start.EndTime) {
		t.Errorf("the sign-in's span begins at %v, the person set out at %v", login.StartTime, start.EndTime)
	}
	// The log line of the callback names the trace.
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, `"path":"/auth/callback"`) {
			if !strings.Contains(line, `"trace_id":"`+login.SpanContext.TraceID().String()+`"`) {
				t.Errorf("log line without the trace: %s", line)
			}
			return
		}
	}
	t.Error("no log line of the callback")
}

// TestSpansReachACollector reads what OTLP sends to the collector that the settings name.
func TestSpansReachACollector(t *testing.T) {
	var mu sync.Mutex
	spans := map[string]*wire.Span{}
	service := ""
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		b, err := io.ReadAll(body)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(b, &request); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, of := range request.GetResourceSpans() {
			for _, a := range of.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					service = a.GetValue().GetStringValue()
				}
			}
			for _, scope := range of.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					spans[span.GetName()] = span
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer receiver.Close()
	cfg := settings(t.TempDir())
	cfg.OTLPEndpoint = receiver.URL
	s := start(t, cfg)
	newPerson(t, s).signIn("/login/start", customer)
	s.stop() // sends what is waiting

	mu.Lock()
	defer mu.Unlock()
	login, exchange := spans["customer-portal.login"], spans["auth-service.token-exchange"]
	if login == nil || exchange == nil {
		t.Fatalf("received %v", names(spans))
	}
	if string(login.GetTraceId()) != string(exchange.GetTraceId()) {
		t.Error("the two spans are of different traces")
	}
	if call := spans["exchange code"]; string(exchange.GetParentSpanId()) != string(call.GetSpanId()) ||
		string(call.GetParentSpanId()) != string(login.GetSpanId()) {
		t.Error("the token exchange is not below the sign-in")
	}
	if service != "customer-portal" {
		t.Errorf("service.name %q", service)
	}
}

// TestCollectorDown: a collector that does not answer costs spans, never a sign-in.
func TestCollectorDown(t *testing.T) {
	cfg := settings(t.TempDir())
	cfg.OTLPTracesEndpoint = "http://127.0.0.1:1/v1/traces"
	s := start(t, cfg)
	newPerson(t, s).signIn("/login/start", customer)
}

func names[T any](m map[string]T) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	return out
}
