package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/portal"
)

const pdf = "application/pdf"

// suite is what every Store keeps to.
func suite(t *testing.T, s blob.Store) {
	t.Helper()
	ctx := t.Context()
	const key = "qbr/ten_a/qbr_1.pdf"
	if _, _, err := s.Open(ctx, key); portal.CodeOf(err) != portal.NotFound {
		t.Errorf("before it is there: %v", err)
	}
	for _, body := range []string{"first", "the second, which is longer", ""} {
		if err := s.Put(ctx, key, pdf, strings.NewReader(body), int64(len(body))); err != nil {
			t.Fatal(err)
		}
		got, info := read(t, s, key)
		if got != body || info.Size != int64(len(body)) || info.ContentType != pdf || info.Modified.IsZero() {
			t.Errorf("put %q, got %q and %+v", body, got, info)
		}
	}
	if err := s.Put(ctx, key, pdf, strings.NewReader("kept"), 4); err != nil {
		t.Fatal(err)
	}
	for what, size := range map[string]int64{"too few bytes": 6, "too many": 2} {
		if err := s.Put(ctx, key, pdf, strings.NewReader("half"), size); err == nil {
			t.Errorf("%s were taken", what)
		}
		if got, _ := read(t, s, key); got != "kept" {
			t.Errorf("after %s: %q", what, got)
		}
	}
	boom := errors.New("boom")
	if err := s.Put(ctx, key, pdf, io.MultiReader(strings.NewReader("ha"), failing{boom}), 4); !errors.Is(err, boom) {
		t.Errorf("a reader that fails: %v", err)
	}
	if got, _ := read(t, s, key); got != "kept" {
		t.Errorf("after a reader that failed: %q", got)
	}
	for _, bad := range []string{
		"", "/a.pdf", "a/../b.pdf", "../a.pdf", ".hidden.pdf", "a//b.pdf", "a/.b.pdf", "a b.pdf", "a", "a.html", "a.svg",
		"a\x00.pdf", "a.pdf/", strings.Repeat("a", 300) + ".pdf", "فاکتور.pdf", "a%2e.pdf", `a\b.pdf`,
	} {
		if err := s.Put(ctx, bad, "", strings.NewReader(""), 0); err == nil {
			t.Errorf("the key %q was taken", bad)
		}
		if _, _, err := s.Open(ctx, bad); err == nil {
			t.Errorf("the key %q was opened", bad)
		}
		if _, _, err := s.SignedURL(ctx, bad, blob.SignOptions{}); err == nil {
			t.Errorf("the key %q was signed", bad)
		}
	}
	if err := s.Put(ctx, key, "text/html", strings.NewReader("x"), 1); err == nil {
		t.Error("a PDF that is HTML was taken")
	}
	for range 2 {
		if err := s.Delete(ctx, key); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, _, err := s.Open(ctx, key); portal.CodeOf(err) != portal.NotFound {
		t.Errorf("after it was deleted: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func read(t *testing.T, s blob.Store, key string) (string, blob.Info) {
	t.Helper()
	r, info, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), info
}

// checkDisposition holds a header to a name in any script and its ASCII stand-in.
func checkDisposition(t *testing.T, header, kind, name, ascii string) {
	t.Helper()
	got, params, err := mime.ParseMediaType(strings.Replace(header, `filename="`+ascii+`"; `, "", 1))
	if err != nil || got != kind || params["filename"] != name || !strings.Contains(header, `filename="`+ascii+`"`) {
		t.Errorf("Content-Disposition %q: %q %v, %v", header, got, params, err)
	}
}

var secret = bytes.Repeat([]byte("k"), 32)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newFiles(t *testing.T, dir string, now func() time.Time, o ...blob.Option) *blob.Files {
	t.Helper()
	f, err := blob.NewFiles(dir, "https://portal.example.af", secret, now, o...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestFiles(t *testing.T) { suite(t, newFiles(t, t.TempDir(), time.Now)) }

func ask(h http.Handler, method, link string, header ...string) *http.Response {
	r := httptest.NewRequestWithContext(context.Background(), method, link, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFiles_Links(t *testing.T) {
	c := &clock{time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)}
	f := newFiles(t, t.TempDir(), c.now)
	h := f.Handler()
	const key = "invoices/ten_a/inv_1.pdf"
	if err := f.Put(t.Context(), key, pdf, strings.NewReader("0123456789"), 10); err != nil {
		t.Fatal(err)
	}
	link, expires, err := f.SignedURL(t.Context(), key, blob.SignOptions{Filename: `بل "نوامبر"; 100%.pdf`, TTL: time.Minute})
	if err != nil || !expires.Equal(c.t.Add(time.Minute)) || !strings.HasPrefix(link, "https://portal.example.af/objects/"+key+"?") {
		t.Fatalf("%q until %s, %v", link, expires, err)
	}
	res := ask(h, http.MethodGet, link)
	if res.StatusCode != http.StatusOK || body(t, res) != "0123456789" {
		t.Errorf("the link: %s", res.Status)
	}
	got := map[string]string{}
	for _, name := range []string{"Content-Type", "Cache-Control", "X-Content-Type-Options", "Content-Length"} {
		got[name] = res.Header.Get(name)
	}
	want := map[string]string{
		"Content-Type": pdf, "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "Content-Length": "10",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	checkDisposition(t, res.Header.Get("Content-Disposition"), "attachment", `بل "نوامبر"; 100%.pdf`, `__ _________ 100_.pdf`)

	if res := ask(h, http.MethodHead, link); res.StatusCode != http.StatusOK || res.Header.Get("Content-Length") != "10" {
		t.Errorf("HEAD: %s", res.Status)
	}
	if res := ask(h, http.MethodGet, link, "Range", "bytes=2-4"); res.StatusCode != http.StatusPartialContent || body(t, res) != "234" {
		t.Errorf("a range: %s", res.Status)
	}
	if res := ask(h, http.MethodPost, link); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", res.Status)
	}
	inline, _, err := f.SignedURL(t.Context(), key, blob.SignOptions{Inline: true})
	if err != nil {
		t.Fatal(err)
	}
	checkDisposition(t, ask(h, http.MethodGet, inline).Header.Get("Content-Disposition"), "inline", "inv_1.pdf", "inv_1.pdf")
	c.t = c.t.Add(59 * time.Second)
	if res := ask(h, http.MethodGet, link); res.StatusCode != http.StatusOK {
		t.Errorf("in its last second: %s", res.Status)
	}
	c.t = c.t.Add(time.Second)
	if res := ask(h, http.MethodGet, link); res.StatusCode != http.StatusForbidden || res.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("after it: %s", res.Status)
	}
}

func TestFiles_Tampered(t *testing.T) {
	gone := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	f := newFiles(t, t.TempDir(), time.Now, blob.Expired(gone))
	for _, key := range []string{"a/1.pdf", "a/2.pdf"} {
		if err := f.Put(t.Context(), key, pdf, strings.NewReader("x"), 1); err != nil {
			t.Fatal(err)
		}
	}
	link, _, err := f.SignedURL(t.Context(), "a/1.pdf", blob.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	change := func(name, value string) string {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	plain, _, _ := strings.Cut(link, "?")
	absent, _, err := f.SignedURL(t.Context(), "a/3.pdf", blob.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := blob.NewFiles(t.TempDir(), "https://portal.example.af", bytes.Repeat([]byte("o"), 32), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // a test
	foreign, _, err := other.SignedURL(t.Context(), "a/1.pdf", blob.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"no signature": plain, "another document": strings.Replace(link, "1.pdf", "2.pdf", 1),
		"a later end": change("expires", "99999999999"), "another name": change("disposition", "inline; filename=x"),
		"another signature": change("signature", "AAAA"), "no base 64": change("signature", "%%"),
		"another key's": foreign, "a folder": strings.Replace(link, "a/1.pdf", "a", 1),
		"outside": strings.Replace(link, "a/1.pdf", "../files_test.go", 1), "a document that is gone": absent,
	} {
		if res := ask(f.Handler(), http.MethodGet, bad); res.StatusCode != http.StatusGone {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	if res := ask(f.Handler(), http.MethodGet, link); res.StatusCode != http.StatusOK {
		t.Errorf("the link itself: %s", res.Status)
	}
}

// TestFiles_Fault: a document that is there but can't be read is our fault, not an old link, and somebody is told.
func TestFiles_Fault(t *testing.T) {
	dir := t.TempDir()
	gone := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	var told []error
	f := newFiles(t, dir, time.Now, blob.Expired(gone), blob.OnFault(func(err error) { told = append(told, err) }))
	if err := os.Symlink("loop.pdf", filepath.Join(dir, "loop.pdf")); err != nil { // opening it fails, for root too
		t.Fatal(err)
	}
	link, _, err := f.SignedURL(t.Context(), "loop.pdf", blob.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	res := ask(f.Handler(), http.MethodGet, link)
	if res.StatusCode != http.StatusInternalServerError || res.Header.Get("Cache-Control") != "private, no-store" || len(told) != 1 {
		t.Errorf("%s, told %v", res.Status, told)
	}
}

// TestFiles_OnDisk: documents are the owner's alone, nothing half written stays, and a link out of the folder is not
// followed.
func TestFiles_OnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	f := newFiles(t, dir, time.Now)
	if err := f.Put(t.Context(), "a/1.pdf", pdf, strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	_ = f.Put(t.Context(), "a/2.pdf", pdf, strings.NewReader("x"), 2)
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o", path, mode)
		}
		if !d.IsDir() {
			files = append(files, filepath.ToSlash(strings.TrimPrefix(path, dir)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/a/1.pdf"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	left, fresh := filepath.Join(dir, ".writing", "left"), filepath.Join(dir, ".writing", "fresh")
	for _, name := range []string{left, fresh} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "..", "secret.pdf"), filepath.Join(dir, "out.pdf")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "..", "secret.pdf"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = newFiles(t, dir, time.Now)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a killed process left: %v", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("what another process writes: %v", err)
	}
	if _, _, err := f.Open(t.Context(), "out.pdf"); err == nil {
		t.Error("a link out of the folder was followed")
	}
	if _, err := blob.NewFiles(dir, "", []byte("short"), time.Now); err == nil {
		t.Error("a short key was taken")
	}
}
