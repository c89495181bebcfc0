package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

func asError(t *testing.T, err error) *portal.Error {
	t.Helper()
	var e *portal.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no portal.Error", err)
	}
	return e
}

// bare returns a client of a server that may answer with anything at all: such answers break the document on purpose.
func bare(t *testing.T, h http.HandlerFunc) (*client.Client, *upstream) {
	t.Helper()
	u := &upstream{answer: h}
	s := httptest.NewServer(u)
	t.Cleanup(s.Close)
	base := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(base.CloseIdleConnections)
	o := fast
	o.Base = base
	return newClient(t, s.URL, client.NewTransport(o)), u
}

func TestProblems(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		want   portal.Error
	}{
		{
			"Fields", problem(422, "invalid", "Check the fields.", fieldProblem{"to", "not_e164"}, fieldProblem{"body", "too_long"}),
			portal.Error{Code: portal.Invalid, Detail: "Check the fields.", Fields: []portal.FieldError{
				{Field: "to", Key: "field.not_e164"}, {Field: "body", Key: "field.too_long"},
			}},
		},
		{"BadRequest", problem(400, "invalid", "Malformed JSON."), portal.Error{Code: portal.Invalid, Detail: "Malformed JSON."}},
		{"Unauthenticated", problem(401, "unauthenticated", ""), portal.Error{Code: portal.Unauthenticated}},
		{"Forbidden", problem(403, "forbidden", ""), portal.Error{Code: portal.Forbidden}},
		{"PaymentRequired", problem(402, "insufficient_credit", "The account's credit does not cover this."), portal.Error{Code: portal.PaymentRequired}},
		{"Conflict", problem(409, "conflict", ""), portal.Error{Code: portal.Conflict}},
		{"TooLarge", problem(413, "too_large", ""), portal.Error{Code: portal.TooLarge}},
		{"RateLimited", problem(429, "rate_limited", ""), portal.Error{Code: portal.RateLimited, RetryAfter: 7 * time.Second}},
		{
			"KeyReused", problem(422, "idempotency_key_reused", "", fieldProblem{"Idempotency-Key", "invalid"}),
			portal.Error{Code: portal.Invalid, Fields: []portal.FieldError{{Field: "Idempotency-Key", Key: "field.invalid"}}},
		},
		{"Internal", problem(500, "internal", "goroutine 1 [running]"), portal.Error{Code: portal.Unavailable}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := inProcess(t, tc.answer)
			_, err := c.SendMessage(context.Background(), token, "", portal.NewMessage{To: "+93700000001", From: "Ghasi", Body: "Hi"})
			e := asError(t, err)
			if !strings.Contains(e.Err.Error(), requestID) {
				t.Errorf("the log does not learn the platform's request id: %v", e.Err)
			}
			got := *e
			got.Err = nil
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblems_FromAnUnknownUpstream(t *testing.T) {
	c, _ := bare(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"code":"teapot","detail":"a\u0000b\u202ec\n`+strings.Repeat("ی", 500)+
			`","errors":[{"field":"x\u0007","code":"<script>"}]}`)
	})
	_, err := c.APIKeys(context.Background(), token)
	e := asError(t, err)
	if e.Code != portal.Invalid {
		t.Errorf("code = %v, want invalid by the status", e.Code)
	}
	if n := len([]rune(e.Detail)); n != 201 || !strings.HasPrefix(e.Detail, "a b c ی") || !strings.HasSuffix(e.Detail, "…") {
		t.Errorf("detail of %d runes: %q", n, e.Detail)
	}
	want := []portal.FieldError{{Field: "x", Key: "field.invalid"}}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// TestBrokenUpstream holds every way an upstream can fail to Unavailable, and its words to the log's silence.
func TestBrokenUpstream(t *testing.T) {
	raw := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const secret = "SECRET-IN-BODY"
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		calls  int
	}{
		{"Garbage", raw(200, "application/json", secret), 1},
		{"CutOff", raw(200, "application/json", `{"items":[{"name":"`+secret), 1},
		{"WrongType", raw(200, "application/json", `{"items":"`+secret+`"}`), 1},
		{"BadTime", raw(200, "application/json", `{"items":[{"createdAt":"`+secret+`"}]}`), 1},
		{"TwoValues", raw(200, "application/json", `{"items":[]}{"items":["`+secret+`"]}`), 1},
		{"HTML", raw(200, "text/html", "<p>"+secret), 1},
		{"WrongSuccess", raw(206, "application/json", `{"items":[]}`), 1},
		{"500", raw(500, "text/html", secret), 1},
		{"502", raw(502, "text/html", secret), 3},
		{"503", raw(503, "application/problem+json", `{"code":"forbidden","detail":"`+secret+`"}`), 3},
		{"Redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/?"+secret, http.StatusTemporaryRedirect)
		}, 1},
		{"Huge", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(bytes.Repeat([]byte(" "), 3<<20))
		}, 1},
		{"HugeChunked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 3 << 4 {
				_, _ = w.Write(bytes.Repeat([]byte(" "), 64<<10))
				_ = http.NewResponseController(w).Flush()
			}
		}, 1},
		{"Reset", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}, 3},
		{"ResetInBody", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"items":[`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 3},
		{"Slow", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		}, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, up := bare(t, tc.answer)
			_, err := c.APIKeys(context.Background(), token)
			if e := asError(t, err); e.Code != portal.Unavailable || e.Detail != "" || len(e.Fields) != 0 {
				t.Errorf("got %+v, want unavailable without the upstream's words", e)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), token) {
				t.Errorf("the error tells what it must not: %v", err)
			}
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				t.Errorf("%v looks like the caller's own giving up", err)
			}
			if up.calls() != tc.calls {
				t.Errorf("%d calls, want %d", up.calls(), tc.calls)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close() // nobody listens there now
	c := newClient(t, s.URL, client.NewTransport(fast))
	_, err := c.Messages(context.Background(), token, portal.MessageFilter{To: "+93700000001"})
	if portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("err = %v, want unavailable", err)
	}
	if strings.Contains(err.Error(), "93700000001") {
		t.Errorf("the error tells a customer's number: %v", err)
	}
}

func TestCallerGivesUp(t *testing.T) {
	for name, rt := range map[string]func(*testing.T, http.Handler) *client.Client{
		"Network": func(t *testing.T, h http.Handler) *client.Client {
			t.Helper()
			c, _ := bare(t, h.ServeHTTP)
			return c
		},
		"InProcess": func(t *testing.T, h http.Handler) *client.Client {
			t.Helper()
			return newClient(t, "https://api.example.af", client.InProcess(h))
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			c := rt(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			}))
			_, err := c.APIKeys(ctx, token)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v, want context.Canceled", err)
			}
			_ = asError(t, err)
		})
	}
}
