package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/locales"
)

var small = map[string]map[string]string{
	"en":    {"a.keys": "{n, plural, one {# key} other {# keys}}", "a.send": "Send", "a.sender": "Sender ID"},
	"fa-AF": {"a.keys": "{n, plural, other {# کلید}}", "a.send": "ارسال", "a.sender": "نام فرستنده"},
	"ps":    {"a.keys": "{n, plural, one {# کیلي} other {# کیلۍ}}", "a.send": "استول", "a.sender": "د استوونکي نوم"},
	"ar": {
		"a.keys": "{n, plural, one {مفتاح} two {مفتاحان} few {# مفاتيح} many {# مفتاحًا} other {# مفتاح}}",
		"a.send": "إرسال", "a.sender": "اسم المرسل",
	},
}

// folderOf writes catalogues and one template that uses a key, and returns the folder of the catalogues.
func folderOf(t *testing.T, all map[string]map[string]string) string {
	t.Helper()
	module := t.TempDir()
	root := filepath.Join(module, "locales")
	for tag, texts := range all {
		if err := os.MkdirAll(filepath.Join(root, tag), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := write(root, tag, texts); err != nil {
			t.Fatal(err)
		}
	}
	page := filepath.Join(module, "views", "send.html")
	if err := os.MkdirAll(filepath.Dir(page), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, []byte(`<h1>{{t "a.send"}}</h1>`), 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}

// server is what both stand-ins share: it checks the token, counts calls, and fails the first few when told to.
type server struct {
	*httptest.Server

	t      *testing.T
	token  [2]string // header, value
	fail   []int     // statuses to answer before anything else
	calls  []string
	bodies map[string][]byte // last body by "METHOD /path"
	routes map[string]func(w http.ResponseWriter, r *http.Request, body []byte)
}

func newServer(t *testing.T, header, value string) *server {
	s := &server{t: t, token: [2]string{header, value}, bodies: map[string][]byte{}, routes: map[string]func(http.ResponseWriter, *http.Request, []byte){}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Method + " " + r.URL.Path
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	s.calls, s.bodies[call] = append(s.calls, call), body
	if strings.HasPrefix(r.URL.Path, "/download") {
		if r.Header.Get(s.token[0]) != "" {
			s.t.Error("the token goes to the download's host")
		}
	} else if r.Header.Get(s.token[0]) != s.token[1] {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if len(s.fail) > 0 {
		status := s.fail[0]
		s.fail = s.fail[1:]
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":{"message":"Too Many Requests","code":429}}`)
		return
	}
	route, ok := s.routes[call]
	if !ok {
		s.t.Errorf("a call that is not expected: %s %s", call, body)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	route(w, r, body)
}

func (s *server) answer(call, body string) {
	s.routes[call] = func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

// body reads the last body of a call.
func (s *server) body(call string, into any) {
	s.t.Helper()
	if err := json.Unmarshal(s.bodies[call], into); err != nil {
		s.t.Fatalf("%s: %v: %s", call, err, s.bodies[call])
	}
}

// try runs a command against a service without waiting, and returns its output, the waits it asked for and its error.
func try(t *testing.T, root string, s Service, a *api, args ...string) (string, []time.Duration, error) {
	t.Helper()
	var waits []time.Duration
	a.sleep = func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		return ctx.Err()
	}
	a.pace = 0
	var out bytes.Buffer
	c := command{root: root, out: &out, service: s}
	var err error
	switch args[0] {
	case "push":
		err = c.push(t.Context())
	case "pull":
		err = c.pull(t.Context(), args[1:])
	case "coverage":
		err = c.coverage(t.Context(), args[1:])
	}
	return out.String(), waits, err
}

func mustRead(t *testing.T, root string) map[string]map[string]string {
	t.Helper()
	all, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func terms() int {
	n := 0
	for _, t := range locales.Glossary() {
		n++
		for _, tag := range targets {
			n += len(t.Use[tag])
		}
	}
	return n
}
