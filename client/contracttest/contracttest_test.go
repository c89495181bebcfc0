package contracttest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ghasi.io/portal/client/contracttest"
)

// recorder is a test that remembers its failures.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

const accepted = `{"messageId":"msg_01jdex4v5m8y2k6r3t9w0b7c1d","status":"queued","segments":1,"encoding":"GSM-7"}`

// TestHandler holds the guard itself to its word: what breaks the document is told, what keeps it passes.
func TestHandler(t *testing.T) {
	const good = `{"to":"+93700000001","from":"Ghasi","body":"Hi"}`
	notFound := `{"type":"https://ghasi.io/problems/not_found","title":"Not found","status":404,"code":"not_found","requestId":"r"}`
	malformed := `{"type":"https://ghasi.io/problems/invalid","title":"Invalid","status":400,"code":"invalid","requestId":"r"}`
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		contentType, answer      string
		header                   string // "Name: value"
		want                     string // part of the failure; "" for none
	}{
		{name: "Good", body: good, status: 202, answer: accepted},
		{name: "BadRequestAccepted", body: `{"to":"0700000001","from":"Ghasi","body":"Hi"}`, status: 202, answer: accepted, want: "request breaks"},
		{name: "BadRequestRefused", body: `{`, status: 400, contentType: "application/problem+json", answer: malformed},
		{name: "RefusedWithAnotherCode", body: `{`, status: 400, contentType: "application/problem+json", answer: notFound, want: "code"},
		{name: "ExtraField", body: good, status: 202, answer: strings.Replace(accepted, "{", `{"secret":1,`, 1), want: "secret"},
		{name: "WrongID", body: good, status: 202, answer: strings.Replace(accepted, "msg_01", "msg-01", 1), want: "response breaks"},
		{name: "WrongType", body: good, status: 202, contentType: "text/plain", answer: accepted, want: "response breaks"},
		{name: "UnknownQuery", method: "GET", path: "/v1/messages?page=2", status: 200, answer: `{"items":[]}`, want: `"page"`},
		{name: "BadQuery", method: "GET", path: "/v1/messages?limit=1000", status: 200, answer: `{"items":[]}`, want: "limit"},
		{
			name: "RetryAfterMissing", method: "GET", path: "/v1/api-keys", status: 429, contentType: "application/problem+json",
			answer: `{"type":"https://ghasi.io/problems/rate_limited","title":"Slow down","status":429,"code":"rate_limited","requestId":"r"}`,
			want:   "Retry-After",
		},
		{
			name: "RetryAfter", method: "GET", path: "/v1/api-keys", status: 429, contentType: "application/problem+json",
			answer: `{"type":"https://ghasi.io/problems/rate_limited","title":"Slow down","status":429,"code":"rate_limited","requestId":"r"}`,
			header: "Retry-After: 3",
		},
		{name: "UnknownCall", method: "GET", path: "/v1/nothing", status: 200, answer: `{}`, want: "no such call"},
		{name: "UnknownCallRefused", method: "GET", path: "/v1/nothing", status: 404, contentType: "application/problem+json", answer: notFound},
		{name: "UnknownCallRefusedBadly", method: "GET", path: "/v1/nothing", status: 404, contentType: "text/plain", answer: "404", want: "problem"},
		{
			name: "PrivateKeyInJWKS", method: "GET", path: "/.well-known/jwks.json", status: 200,
			answer: `{"keys":[{"kty":"RSA","kid":"1","use":"sig","alg":"RS256","e":"AQAB","d":"x","n":"` + strings.Repeat("a", 342) + `"}]}`,
			want:   `"d"`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := &recorder{TB: t}
			h := contracttest.Handler(rec, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if tc.contentType != "" {
					w.Header().Set("Content-Type", tc.contentType)
				}
				if name, value, ok := strings.Cut(tc.header, ": "); ok {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			}))
			r := httptest.NewRequest(http.MethodPost, "/v1/messages", strings.NewReader(tc.body))
			if tc.method != "" {
				r = httptest.NewRequest(tc.method, tc.path, nil)
			}
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tc.status || w.Body.String() != tc.answer {
				t.Errorf("the answer was changed to %d %s", w.Code, w.Body)
			}
			got := strings.Join(rec.failures, "\n")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("failures = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestResponsesOnly(t *testing.T) {
	rec := &recorder{TB: t}
	h := contracttest.Handler(rec, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"items":[]}`)
	}), contracttest.ResponsesOnly())
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/messages?limit=1000", nil))
	if len(rec.failures) > 0 {
		t.Errorf("failures = %q, want none", rec.failures)
	}
}

func TestTransport(t *testing.T) {
	rec := &recorder{TB: t}
	rt := contracttest.Transport(rec, answers{})
	r := httptest.NewRequest(http.MethodPost, "http://api.example.af/v1/messages", strings.NewReader(`{"to":"07"}`))
	r.Header.Set("Content-Type", "application/json")
	res, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil || string(b) != accepted {
		t.Errorf("answer %q, %v", b, err)
	}
	if len(rec.failures) != 1 || !strings.Contains(rec.failures[0], "request breaks") {
		t.Errorf("failures = %q, want one about the request", rec.failures)
	}
}

type answers struct{}

func (answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusAccepted, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(accepted)),
	}, nil
}
