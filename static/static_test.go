package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func assets(t *testing.T) *Assets {
	t.Helper()
	a, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(t *testing.T, method, path, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

// decode undoes the content coding of a response.
func decode(t *testing.T, res *http.Response) []byte {
	t.Helper()
	var body io.Reader = res.Body
	switch res.Header.Get("Content-Encoding") {
	case "br":
		body = brotli.NewReader(body)
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Fatal(err)
		}
		body = z
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What a browser receives, whatever coding it asks for, must have the digest that pages name.
func TestHandler_ServedBytesHaveTheDigest(t *testing.T) {
	for _, asset := range assets(t).byName {
		for _, accept := range []string{"", "gzip", "gzip, deflate, br, zstd"} {
			res := get(t, http.MethodGet, asset.Path, accept)
			sum := sha512.Sum384(decode(t, res))
			if got := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); got != asset.Integrity {
				t.Errorf("%s with %q: digest %s, want %s", asset.Path, accept, got, asset.Integrity)
			}
			if got := res.Header.Get("Content-Type"); got != asset.ContentType {
				t.Errorf("%s: type %q, want %q", asset.Path, got, asset.ContentType)
			}
		}
	}
}

func TestHandler_Encoding(t *testing.T) {
	css, _ := assets(t).Lookup("app.css")
	for accept, want := range map[string]string{
		"":                  "",
		"identity":          "",
		"gzip":              "gzip",
		"br":                "br",
		"gzip, br":          "br",
		"br;q=0, gzip":      "gzip",
		"br; q=0.0":         "",
		"BR;q=0.5":          "br",
		"brotli, x-gzip":    "",
		"gzip;q=1.0, *;q=0": "gzip",
	} {
		res := get(t, http.MethodGet, css.Path, accept)
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", accept, got, want)
		}
		if got := res.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary %q", accept, got)
		}
	}
}

func TestHandler_Status(t *testing.T) {
	css, _ := assets(t).Lookup("app.css")
	for _, c := range []struct {
		method, path string
		status       int
		cache        string
	}{
		{http.MethodGet, css.Path, 200, forever},
		{http.MethodHead, css.Path, 200, forever},
		{http.MethodPost, css.Path, 405, ""},
		{http.MethodGet, "/assets/app.css", 404, "no-store"},
		{http.MethodGet, "/assets/app.000000000000.css", 404, "no-store"},
		{http.MethodGet, "/assets/", 404, "no-store"},
		{http.MethodGet, "/assets/../static.go", 404, "no-store"},
		{http.MethodGet, "/assets/manifest.json", 404, "no-store"},
		{http.MethodGet, "/favicon.ico", 200, aDay},
		{http.MethodGet, "/robots.txt", 200, aDay},
	} {
		res := get(t, c.method, c.path, "br")
		if res.StatusCode != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, res.StatusCode, c.status)
		}
		if got := res.Header.Get("Cache-Control"); got != c.cache {
			t.Errorf("%s %s: Cache-Control %q, want %q", c.method, c.path, got, c.cache)
		}
		if body, _ := io.ReadAll(res.Body); c.method == http.MethodHead && len(body) > 0 {
			t.Errorf("HEAD %s answers with a body", c.path)
		}
	}
}

// A file that changed after go generate must stop the process, not the visitor's browser.
func TestRead_RefusesAStaleManifest(t *testing.T) {
	css, _ := assets(t).Lookup("app.css")
	stale := Asset{Name: css.Name, Path: css.Path, Integrity: strings.Replace(css.Integrity, "sha384-", "sha384-A", 1)}
	if err := stale.read(); err == nil {
		t.Error("a wrong digest is accepted")
	}
	stale = Asset{Name: css.Name, Path: "/assets/app.000000000000.css", Integrity: css.Integrity}
	if err := stale.read(); err == nil {
		t.Error("a wrong fingerprint is accepted")
	}
}

func TestStyleSheet_NamesFingerprintedFiles(t *testing.T) {
	a := assets(t)
	urls := regexp.MustCompile(`url\(([^)]*)\)`).FindAllSubmatch(a.byName["app.css"].plain, -1)
	if len(urls) < 5 {
		t.Fatalf("%d addresses in app.css, want the fonts and the pattern at least", len(urls))
	}
	for _, u := range urls {
		if address := string(u[1]); a.byPath[address] == nil && !strings.HasPrefix(address, "data:") {
			t.Errorf("app.css names %s, which is not served", address)
		}
	}
}

// The budget of a first visit is 100 KB with fonts, 30 KB of it script; a page has one font preloaded.
func TestBudget(t *testing.T) {
	a := assets(t)
	size := func(name string) int {
		if asset := a.byName[name]; asset.brotli != nil {
			return len(asset.brotli)
		}
		return len(a.byName[name].plain)
	}
	if got := size("app.js"); got > 30<<10 {
		t.Errorf("app.js takes %d bytes", got)
	}
	if got := size("app.css"); got > 15<<10 {
		t.Errorf("app.css takes %d bytes", got)
	}
	total := 0
	for name := range a.byName {
		total += size(name)
	}
	if total > 95<<10 {
		t.Errorf("all assets take %d bytes, more than a first visit may with its page", total)
	}
}

// Only the policy module may make a Trusted Types policy or name an HTML sink.
func TestScripts_SinksOnlyInThePolicy(t *testing.T) {
	sinks := regexp.MustCompile(`createPolicy|(inner|outer)HTML|insertAdjacentHTML|parseHTMLUnsafe|setHTML|createContextualFragment|DOMParser|document\.write|\beval\s*\(|new\s+Function|srcdoc|createHTML|\.on[a-z]+\s*=[^=]|setAttribute\(\s*['"]on`)
	files, err := filepath.Glob("src/js/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range append(files, "src/portal.js") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := sinks.FindAll(data, -1)
		if file == "src/js/policy.js" {
			if n := bytes.Count(data, []byte("createPolicy(")); n != 1 {
				t.Errorf("%s makes %d policies, want 1", file, n)
			}
			continue
		}
		for _, sink := range found {
			t.Errorf("%s uses %s: only src/js/policy.js may", file, sink)
		}
	}
}

// Pages are read from both sides, so a style that names a side is wrong in half the languages.
func TestStyles_AreLogical(t *testing.T) {
	physical := regexp.MustCompile(`(margin|padding|border|scroll-margin|scroll-padding)-(left|right)|[\s;{](left|right)\s*:|(text-align|float|clear)\s*:\s*(left|right)|border-(top|bottom)-(left|right)-radius`)
	colour := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|oklch\(`)
	files, err := filepath.Glob("src/css/*.css")
	if err != nil || len(files) == 0 {
		t.Fatalf("no style sheets: %v", err)
	}
	for _, file := range append(files, "src/app.css") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range physical.FindAll(data, -1) {
			t.Errorf("%s: %q names a side", file, m)
		}
		if filepath.Base(file) == "themes.css" {
			continue
		}
		for _, m := range colour.FindAll(data, -1) {
			t.Errorf("%s: %q is a colour; only themes.css names colours", file, m)
		}
	}
}
