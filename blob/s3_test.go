package blob_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/portal"
)

// gateway starts an S3 server on loopback with one bucket "documents", and returns its address. There is none when
// nothing is installed, which fails under CI=true.
func gateway(t *testing.T) (address string, ok bool) {
	t.Helper()
	binary, err := exec.LookPath("versitygw")
	if err != nil {
		binary, err = exec.LookPath("../.tools/versitygw")
	}
	if err != nil {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // a test's setting, not the portal's
			t.Errorf("versitygw is needed (.ci/install.sh): %v", err)
		}
		return "", false
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "documents"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	_ = l.Close() // the server takes the port itself
	cmd := exec.Command(binary, "--port", address, "--access", "ak", "--secret", "sksksksk", "posix", "--nometa", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return address, true
		}
		if time.Now().After(end) {
			t.Fatalf("the S3 server does not start: %v", err)
		}
	}
}

func newS3(t *testing.T, rawURL string) *blob.S3 {
	t.Helper()
	s, err := blob.NewS3(rawURL, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS3(t *testing.T) {
	address, ok := gateway(t)
	if !ok {
		return
	}
	s := newS3(t, "s3://ak:sksksksk@"+address+"/documents?tls=false&region=us-east-1")
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := newS3(t, "s3://ak:sksksksk@"+address+"/none?tls=false").Check(t.Context()); portal.CodeOf(err) != portal.NotFound {
		t.Errorf("no bucket: %v", err)
	}
	wrong := newS3(t, "s3://ak:wrongwrong@"+address+"/documents?tls=false")
	if err := wrong.Put(t.Context(), "a.pdf", pdf, strings.NewReader("x"), 1); portal.CodeOf(err) != portal.Internal {
		t.Errorf("a wrong secret: %v", err)
	}
	suite(t, s)
	t.Run("Links", func(t *testing.T) { links(t, s) })
}

func links(t *testing.T, s *blob.S3) {
	const key = "qbr/ten_a/qbr_1.pdf"
	if err := s.Put(t.Context(), key, pdf, strings.NewReader("0123456789"), 10); err != nil {
		t.Fatal(err)
	}
	link, expires, err := s.SignedURL(t.Context(), key, blob.SignOptions{Filename: "بررسی.pdf", TTL: 2 * time.Second})
	if err != nil || time.Until(expires) > 2*time.Second {
		t.Fatal(err)
	}
	res, got := fetch(t, link)
	if res.StatusCode != http.StatusOK || got != "0123456789" || res.Header.Get("Content-Type") != pdf ||
		res.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the link: %s, %q, %v", res.Status, got, res.Header)
	}
	checkDisposition(t, res.Header.Get("Content-Disposition"), "attachment", "بررسی.pdf", "_____.pdf")
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	other := *u
	other.Path = strings.Replace(u.Path, "qbr_1", "qbr_2", 1)
	bare := *u
	bare.RawQuery = ""
	longer := *u
	longer.RawQuery = strings.Replace(u.RawQuery, "X-Amz-Expires=2", "X-Amz-Expires=200", 1)
	for name, bad := range map[string]string{"another document": other.String(), "no signature": bare.String(), "a later end": longer.String()} {
		if res, _ := fetch(t, bad); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	time.Sleep(3 * time.Second)
	if res, _ := fetch(t, link); res.StatusCode != http.StatusForbidden {
		t.Errorf("after it has expired: %s", res.Status)
	}
}

func fetch(t *testing.T, link string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestS3_Unreachable(t *testing.T) {
	s := newS3(t, "s3://ak:sksksksk@127.0.0.1:1/documents?tls=false")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for what, err := range map[string]error{
		"check": s.Check(ctx), "put": s.Put(ctx, "a.pdf", pdf, strings.NewReader("x"), 1), "delete": s.Delete(ctx, "a.pdf"),
	} {
		if portal.CodeOf(err) != portal.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := s.Open(ctx, "a.pdf"); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("open: %v", err)
	}
	for _, bad := range []string{"", "https://host/bucket", "s3://host", "s3:///bucket", "s3://host/a/b", "s3://a:secret%@host/b"} {
		if _, err := blob.NewS3(bad, time.Now); err == nil || strings.Contains(err.Error(), "secret%") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
