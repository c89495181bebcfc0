// Package contracttest holds tests to the platform API's document: it validates every request and response that passes
// through a handler or a transport against client/openapi.yaml, and fails the test that broke it.
package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"ghasi.io/portal/client"
)

// These belong to the sign-in page, not to the API: where it posts to, and where an OpenID provider sends the browser
// back to.
const (
	signInPath   = "/v1/auth/sign-in"
	providerPath = "/v1/auth/oidc/broker/callback"
)

// Option changes what is validated.
type Option func(*validator)

// ResponsesOnly leaves requests unchecked, for a test that sends bad ones to a server or through a transport.
func ResponsesOnly() Option { return func(v *validator) { v.responsesOnly = true } }

// Handler returns h with every exchange validated. A request that the document forbids is an error only if h accepts
// it (a status below 400): refusing it is what the contract asks for.
func Handler(t testing.TB, h http.Handler, opts ...Option) http.Handler {
	t.Helper()
	v := newValidator(t, opts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Helper()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("contract: read the body of %s %s: %v", r.Method, r.URL.Path, err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		v.exchange(t, r, body, rec.Code, rec.Header(), rec.Body.Bytes(), rec.Code >= 400)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes()) // a client that has gone away is not the contract's business
	})
}

// Transport returns rt with every exchange validated, requests included: a client must never send what the document
// forbids.
func Transport(t testing.TB, rt http.RoundTripper, opts ...Option) http.RoundTripper {
	t.Helper()
	v := newValidator(t, opts)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Helper()
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, fmt.Errorf("read request body: %w", err)
			}
			_ = r.Body.Close()
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		res, err := rt.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		answer, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("read response body: %w", err)
		}
		res.Body = io.NopCloser(bytes.NewReader(answer))
		v.exchange(t, r, body, res.StatusCode, res.Header, answer, false)
		return res, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// document is the parsed document, once for all tests of a binary.
var document = sync.OnceValues(func() (*document31, error) {
	doc, err := openapi3.NewLoader().LoadFromData(client.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("parse client/openapi.yaml: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("client/openapi.yaml is no valid OpenAPI: %w", err)
	}
	doc.Servers = nil                                                               // tests use any host
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.FileBodyDecoder) // a page is a string
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route client/openapi.yaml: %w", err)
	}
	return &document31{doc, router}, nil
})

type document31 struct {
	doc    *openapi3.T
	router routers.Router
}

type validator struct {
	*document31
	responsesOnly bool
}

func newValidator(t testing.TB, opts []Option) *validator {
	t.Helper()
	d, err := document()
	if err != nil {
		t.Fatal(err)
	}
	v := &validator{document31: d}
	for _, o := range opts {
		o(v)
	}
	return v
}

// exchange reports what breaks the document. refused tells that the server turned the request down, which it may do
// with a bad one.
func (v *validator) exchange(t testing.TB, r *http.Request, body []byte, status int, h http.Header, answer []byte, refused bool) {
	t.Helper()
	if r.URL.Path == signInPath || r.URL.Path == providerPath || r.Method == http.MethodHead {
		return
	}
	ctx := context.WithoutCancel(r.Context()) // a validation is never cancelled
	report := func(what string, err error) {
		t.Helper()
		t.Errorf("contract: %s %s → %d: %s: %s\nanswer: %s", r.Method, r.URL, status, what, readable(err), clip(answer))
	}
	route, params, err := v.router.FindRoute(r)
	if err != nil {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			report("the document has no such call", err)
		} else if err := v.problem(h, answer); err != nil {
			report("an unknown call is answered with a problem", err)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{
		Request: withBody(ctx, r, body), PathParams: params, Route: route, Options: &openapi3filter.Options{
			AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc, // 401 is the server's to give
			IncludeResponseStatus:             true,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
		},
	}
	if !v.responsesOnly && !refused {
		if err := request(ctx, in); err != nil {
			report("the request breaks the document", err)
		}
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status, Header: h,
		Body: io.NopCloser(bytes.NewReader(answer)), Options: in.Options,
	})
	if err != nil {
		report("the response breaks the document", err)
	}
}

// request validates a request. The library accepts query parameters that the document does not name; we do not.
func request(ctx context.Context, in *openapi3filter.RequestValidationInput) error {
	known := map[string]bool{}
	for _, p := range in.Route.Operation.Parameters {
		known[p.Value.In+" "+p.Value.Name] = true
	}
	for name := range in.GetQueryParams() {
		if !known["query "+name] {
			return fmt.Errorf("query parameter %q is not in the document", name)
		}
	}
	return openapi3filter.ValidateRequest(ctx, in)
}

func (v *validator) problem(h http.Header, answer []byte) error {
	if ct := h.Get("Content-Type"); ct != "application/problem+json" {
		return fmt.Errorf("Content-Type %q", ct)
	}
	var value any
	if err := json.Unmarshal(answer, &value); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return v.doc.Components.Schemas["Problem"].Value.VisitJSON(value, openapi3.EnableJSONSchema2020())
}

// withBody returns a copy of r that can be read again.
func withBody(ctx context.Context, r *http.Request, body []byte) *http.Request {
	c := r.Clone(ctx)
	c.Body = http.NoBody
	if len(body) > 0 {
		c.Body = io.NopCloser(bytes.NewReader(body))
	}
	c.ContentLength = int64(len(body))
	if c.URL.Host == "" { // a server's request has the host beside the URL
		u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		c.URL = &u
	}
	return c
}

// readable cuts the schema dumps off a validator's message.
func readable(err error) string {
	s := err.Error()
	if i := strings.Index(s, "\nSchema:"); i >= 0 {
		s = s[:i]
	}
	for strings.Contains(s, "validation failed due to: validation failed due to: ") {
		s = strings.ReplaceAll(s, "validation failed due to: validation failed due to: ", "validation failed due to: ")
	}
	return s
}

func clip(b []byte) string {
	const limit = 600
	if len(b) > limit {
		return string(b[:limit]) + "…"
	}
	return string(b)
}
