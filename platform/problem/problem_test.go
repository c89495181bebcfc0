package problem_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// serve answers one request with h behind [problem.Handler], and returns the answer and what was logged.
func serve(t *testing.T, r *http.Request, routes map[string]http.HandlerFunc) (*httptest.ResponseRecorder, string) {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.HandleFunc(pattern, h)
	}
	var log bytes.Buffer
	w := httptest.NewRecorder()
	problem.Handler(slog.New(slog.NewTextHandler(&log, nil)), mux).ServeHTTP(w, r)
	return w, log.String()
}

func get(t *testing.T, path string) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
}

func TestWrite(t *testing.T) {
	secret := errors.New("pq: password of portal_app is hunter2")
	for name, tc := range map[string]struct {
		err    error
		status int
		want   map[string]any
		header map[string]string
	}{
		"invalid": {portal.Fail(portal.Invalid, secret), 400, map[string]any{"code": "invalid"}, nil},
		"fields": {
			&portal.Error{Code: portal.Invalid, Fields: []portal.FieldError{
				{Field: "name", Key: "field.too_long", Args: []any{"max", 80}}, {Field: "to", Key: "messages.odd"},
			}}, 422, map[string]any{"code": "invalid", "errors": []any{
				map[string]any{"field": "name", "code": "too_long", "detail": "is too long (max 80)"},
				map[string]any{"field": "to", "code": "invalid", "detail": "is not valid"},
			}}, nil,
		},
		"unauthenticated": {portal.Fail(portal.Unauthenticated, nil), 401, map[string]any{"code": "unauthenticated"}, map[string]string{"WWW-Authenticate": "Bearer"}},
		"forbidden":       {portal.Fail(portal.Forbidden, nil), 403, map[string]any{"code": "forbidden"}, nil},
		"not found":       {portal.Fail(portal.NotFound, secret), 404, map[string]any{"code": "not_found"}, nil},
		"conflict":        {&portal.Error{Code: portal.Conflict, Detail: "Too many."}, 409, map[string]any{"code": "conflict", "detail": "Too many."}, nil},
		"too large":       {portal.Fail(portal.TooLarge, nil), 413, map[string]any{"code": "too_large"}, nil},
		"rate limited":    {&portal.Error{Code: portal.RateLimited, RetryAfter: 1200 * time.Millisecond}, 429, map[string]any{"code": "rate_limited"}, map[string]string{"Retry-After": "2"}},
		"rate, no time":   {portal.Fail(portal.RateLimited, nil), 429, map[string]any{"code": "rate_limited"}, map[string]string{"Retry-After": "1"}},
		"unavailable":     {portal.Fail(portal.Unavailable, secret), 503, map[string]any{"code": "unavailable"}, map[string]string{"Retry-After": ""}},
		"internal":        {portal.Fail(portal.Internal, secret), 500, map[string]any{"code": "internal"}, nil},
		"foreign":         {secret, 500, map[string]any{"code": "internal"}, nil},
		"unknown code":    {portal.Fail("odd", secret), 500, map[string]any{"code": "internal"}, nil},
		"own code":        {&portal.Error{Code: portal.Invalid, Err: problem.CodeError("key_reused"), Fields: []portal.FieldError{{Field: "k", Key: "field.invalid"}}}, 422, map[string]any{"code": "key_reused"}, nil},
		"own status":      {portal.Fail(portal.Invalid, problem.StatusError(415)), 415, map[string]any{"code": "invalid"}, nil},
	} {
		w, log := serve(t, get(t, "/"), map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) { problem.Write(w, r, tc.err) }})
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v in %s", name, err, w.Body)
		}
		if w.Code != tc.status || got["status"] != float64(tc.status) || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v", name, w.Code, got)
		}
		if got["type"] != "https://ghasi.io/problems/"+got["code"].(string) || got["requestId"] != w.Header().Get("X-Request-Id") || got["title"] == "" {
			t.Errorf("%s: %v", name, got)
		}
		for k, v := range tc.want {
			if diff := cmp.Diff(v, got[k]); diff != "" {
				t.Errorf("%s, %s: %s", name, k, diff)
			}
		}
		for k, v := range tc.header {
			if w.Header().Get(k) != v {
				t.Errorf("%s: %s is %q", name, k, w.Header().Get(k))
			}
		}
		if strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: the cause is in the answer", name)
		}
		if logged := strings.Contains(log, "request_id="); logged != (tc.status >= 500) {
			t.Errorf("%s: logged %q", name, log)
		}
	}
}

func TestHandlerRoutes(t *testing.T) {
	routes := map[string]http.HandlerFunc{
		"GET /v1/things":         func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
		"POST /v1/things":        func(http.ResponseWriter, *http.Request) {},
		"DELETE /v1/things/{id}": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Id", r.PathValue("id")) },
		"GET /v1/panic":          func(http.ResponseWriter, *http.Request) { panic("boom") },
	}
	for _, tc := range []struct {
		method, path string
		status       int
		header       map[string]string
	}{
		{"GET", "/v1/things", 200, map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}},
		{"POST", "/v1/things", 200, nil},
		{"DELETE", "/v1/things/7", 200, map[string]string{"X-Id": "7"}},
		{"PUT", "/v1/things", 405, map[string]string{"Allow": "GET, HEAD, POST", "Content-Type": "application/problem+json"}},
		{"GET", "/v1/things/7", 405, map[string]string{"Allow": "DELETE"}},
		{"GET", "/v1/nothing", 404, map[string]string{"Content-Type": "application/problem+json"}},
		{"GET", "/", 404, nil},
		{"GET", "/v1/panic", 500, map[string]string{"Content-Type": "application/problem+json"}},
	} {
		w, log := serve(t, httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, nil), routes)
		if w.Code != tc.status {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.path, w.Code, tc.status)
		}
		for k, v := range tc.header {
			if w.Header().Get(k) != v {
				t.Errorf("%s %s: %s is %q, want %q", tc.method, tc.path, k, w.Header().Get(k), v)
			}
		}
		if tc.status == 500 && (!strings.Contains(log, "boom") || strings.Contains(w.Body.String(), "boom")) {
			t.Errorf("the panic: log %q, answer %s", log, w.Body)
		}
	}
}

func TestPanicAfterHalfAnAnswerAborts(t *testing.T) {
	defer func() {
		if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // a panic's value
			t.Errorf("recovered %v, want the connection aborted", v)
		}
	}()
	serve(t, get(t, "/"), map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("boom")
	}})
}

func TestRequestID(t *testing.T) {
	for sent, kept := range map[string]bool{
		"a-1_B.c": true, "": false, strings.Repeat("x", 129): false, "a b": false, "a\"b": false, "پ": false,
	} {
		r := get(t, "/")
		r.Header.Set("X-Request-Id", sent)
		w, _ := serve(t, r, map[string]http.HandlerFunc{"/": func(http.ResponseWriter, *http.Request) {}})
		if got := w.Header().Get("X-Request-Id"); got == "" || (got == sent) != kept {
			t.Errorf("sent %q, answered %q", sent, got)
		}
	}
}

func decode(t *testing.T, contentType, body string) (int, string) {
	t.Helper()
	var dst struct {
		Name  string  `json:"name"`
		Count int     `json:"count"`
		When  *string `json:"when"`
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w, _ := serve(t, r, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		if err := problem.Decode(w, r, 1000, &dst); err != nil {
			problem.Write(w, r, err)
			return
		}
		problem.JSON(w, r, http.StatusOK, dst)
	}})
	return w.Code, w.Body.String()
}

func TestDecode(t *testing.T) {
	for name, tc := range map[string]struct {
		contentType, body string
		status            int
		says              string
	}{
		"right":              {"application/json", ` {"name":"a","count":2,"when":null} `, 200, `"count":2`},
		"with a charset":     {"application/json; charset=utf-8", `{}`, 200, ""},
		"escaped backslash":  {"application/json", `{"name":"\\u0000"}`, 200, ""},
		"no type":            {"", `{}`, 415, "application/json"},
		"form":               {"application/x-www-form-urlencoded", `{}`, 415, ""},
		"text":               {"text/plain", `{}`, 415, ""},
		"broken type":        {"application/json; x", `{}`, 415, ""},
		"empty":              {"application/json", ``, 400, "one JSON object"},
		"null":               {"application/json", `null`, 400, ""},
		"array":              {"application/json", `[{}]`, 400, ""},
		"two values":         {"application/json", `{}{}`, 400, "nothing after it"},
		"rest":               {"application/json", `{} x`, 400, ""},
		"cut":                {"application/json", `{"name":`, 400, "not valid JSON"},
		"unknown field":      {"application/json", `{"admin":true}`, 400, `\"admin\"`},
		"hostile field":      {"application/json", `{"<script>` + strings.Repeat("x", 200) + `":1}`, 400, "There is no field"},
		"wrong type":         {"application/json", `{"count":"two"}`, 422, `"field":"count"`},
		"float for an int":   {"application/json", `{"count":1.5}`, 422, `"field":"count"`},
		"NUL":                {"application/json", "{\"name\":\"\x00\"}", 400, "NUL"},
		"escaped NUL":        {"application/json", `{"name":"\u0000"}`, 400, "NUL"},
		"NUL after escapes":  {"application/json", `{"name":"\\\u0000"}`, 400, "NUL"},
		"not UTF-8":          {"application/json", "{\"name\":\"\xff\"}", 400, "UTF-8"},
		"half a surrogate":   {"application/json", `{"name":"a\ud83d"}`, 400, "not valid JSON"},
		"other half":         {"application/json", `{"name":"\uDC00a"}`, 400, "not valid JSON"},
		"halves swapped":     {"application/json", `{"name":"\udc4d\ud83d"}`, 400, "not valid JSON"},
		"surrogate pair":     {"application/json", `{"name":"\ud83d\udc4d"}`, 200, "👍"},
		"twice":              {"application/json", `{"name":"a","count":1,"name":"b"}`, 400, `\"name\" occurs more than once`},
		"twice by an escape": {"application/json", `{"name":"a","n\u0061me":"b"}`, 400, "more than once"},
		"other case":         {"application/json", `{"NAME":"a"}`, 400, `\"NAME\"`},
		"both cases":         {"application/json", `{"name":"a","Name":"b"}`, 400, `\"Name\"`},
		"too large":          {"application/json", `{"name":"` + strings.Repeat("a", 1000) + `"}`, 413, ""},
		"large and unclosed": {"application/json", strings.Repeat("[", 5000), 413, ""},
	} {
		status, body := decode(t, tc.contentType, tc.body)
		if status != tc.status || !strings.Contains(body, tc.says) {
			t.Errorf("%s: %d %s, want %d and %q", name, status, body, tc.status, tc.says)
		}
		if strings.Contains(body, "<script>") || strings.Contains(body, strings.Repeat("x", 100)) {
			t.Errorf("%s: echoes %s", name, body)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"name":"a"}`, `{"name":"\u0000"}`, `{"count":1e9}`, "\x00", `{"name":"\\u0000"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var dst struct {
			Name string `json:"name"`
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		err := problem.Decode(httptest.NewRecorder(), r, 1000, &dst)
		if err == nil && strings.ContainsRune(dst.Name, 0) {
			t.Errorf("a NUL came through %q", body)
		}
		if err != nil && portal.CodeOf(err) != portal.Invalid && portal.CodeOf(err) != portal.TooLarge {
			t.Errorf("%q: %v", body, err)
		}
	})
}
