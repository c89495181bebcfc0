package telemetry

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// inbox is a Sentry that keeps what it is sent.
type inbox struct {
	*httptest.Server
	mu    sync.Mutex
	posts []string
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		defer in.mu.Unlock()
		in.posts = append(in.posts, r.URL.Path+"\n"+string(body))
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) dsn() string { return strings.Replace(in.URL, "http://", "http://public@", 1) + "/7" }

func (in *inbox) all() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return strings.Join(in.posts, "\n")
}

func newFaults(t *testing.T, dsn string) *Faults {
	t.Helper()
	f, err := NewFaults(FaultOptions{DSN: dsn, Build: "v1.2.3", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFaults_ReachSentryScrubbed(t *testing.T) {
	in := newInbox(t)
	f := newFaults(t, in.dsn())
	var log bytes.Buffer
	l := slog.New(f.Handler(slog.NewTextHandler(&log, nil))).With("request_id", "req_1")
	l.Warn("only a warning")
	l.Error("send message", "cause", `POST https://api.test/v1/messages?to=+93701234567: bad token eyJhbGciOi.eyJzdWIi.c2ln of maryam@example.af`,
		"user", "usr_secret", "status", 503)
	l.Error("panic", "panic", "index out of range", "stack", "goroutine 1 [running]")
	l.Error("request", "cause", "panic: index out of range")
	f.Report(Fault{Message: "integrity", Warning: true, Tags: map[string]string{"build": "v1.2.3"}, Details: map[string]string{"url": "/assets/app.js?x=1"}})
	if err := f.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := in.all()
	for _, want := range []string{
		"/api/7/envelope/", `"release":"v1.2.3"`, "send message", "req_1", `"status":"503"`, "goroutine 1 [running]",
		"https://api.test/v1/messages", "[token]", "[email]", `"level":"warning"`, `"server_name":"customer-portal"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("Sentry did not get %q", want)
		}
	}
	for _, leak := range []string{"93701234567", "eyJ", "maryam", "usr_secret", "only a warning", "GOROOT"} {
		if strings.Contains(got, leak) {
			t.Errorf("Sentry got %q", leak)
		}
	}
	if n := strings.Count(got, "index out of range"); n != 2 { // message of the group and detail
		t.Errorf("the panic is told %d times", n)
	}
	if n := strings.Count(log.String(), "\n"); n != 4 {
		t.Errorf("the log has %d lines, want all 4", n)
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestFaults_QueueAndRateAreBounded(t *testing.T) {
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer slow.Close()
	defer close(hang)
	f := newFaults(t, strings.Replace(slow.URL, "http://", "http://public@", 1)+"/7")
	started := time.Now()
	for range 10_000 {
		f.Report(Fault{Message: "again"})
	}
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("reporting to a Sentry that hangs took %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := f.Close(ctx); err == nil {
		t.Error("nothing was lost to a Sentry that hangs")
	}
}

func TestFaults_Off(t *testing.T) {
	f := newFaults(t, "")
	f.Report(Fault{Message: "nowhere"})
	next := slog.DiscardHandler
	if f != nil || f.Handler(next) != next || f.Close(t.Context()) != nil {
		t.Error("without a DSN something is on")
	}
	if _, err := NewFaults(FaultOptions{DSN: "not a DSN"}); err == nil || !strings.Contains(err.Error(), "SENTRY_DSN") {
		t.Errorf("a DSN that is none: %v", err)
	}
}

func TestScrub(t *testing.T) {
	for in, want := range map[string]string{
		"to +93 70 123 4567 failed":                "to [number] failed",
		"to 0093701234567":                         "to [number]",
		"to ۰۷۰۱۲۳۴۵۶۷":                            "to [number]",
		"Authorization: Bearer abc.def":            "Authorization: [credentials]",
		"key ghasi_live_abc123":                    "key [key]",
		"postgres://user:secret@db/x":              "postgres://[credentials]@db/x",
		"GET https://x.test/a?token=b#c: refused":  "GET https://x.test/a refused", // the query goes with all up to the next space
		"msg_01k9 took 1234 ms at 10.0.0.1, id 42": "msg_01k9 took 1234 ms at 10.0.0.1, id 42",
	} {
		if got := Scrub(in); got != want {
			t.Errorf("Scrub(%q) = %q, want %q", in, got, want)
		}
	}
}
