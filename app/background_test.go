package app

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/store"
)

// TestApp_PublishesEvents: what is recorded goes from the outbox to the bus inside the process, also what is recorded
// while it is down.
func TestApp_PublishesEvents(t *testing.T) {
	dir := t.TempDir()
	db, err := database.Open(t.Context(), database.Options{File: filepath.Join(dir, "portal.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	records, err := store.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"before the first start", "before the second"} {
		if err := records.Record(t.Context(), portal.Event{Type: portal.EventSignedIn, TenantID: "ten_a"}); err != nil {
			t.Fatal(err)
		}
		a, err := newApp(t, withoutDemo(dir))
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, a)
		for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			due, err := records.DueEvents(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(due) == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("recorded %s: it waits still", when)
			}
		}
		stop()
	}
	if _, err := os.Stat(filepath.Join(dir, "nats", "jetstream")); err != nil {
		t.Errorf("the bus's files: %v", err)
	}
}

// TestApp_ServesDocuments: a link opens a document without a session; a link that has been changed leads to a page.
func TestApp_ServesDocuments(t *testing.T) {
	dir := t.TempDir()
	a, err := newApp(t, withoutDemo(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer run(t, a)()
	key, err := os.ReadFile(filepath.Join(dir, "objects.key"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := blob.NewFiles(filepath.Join(dir, "objects"), a.URL(), []byte(strings.TrimSpace(string(key))), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close() //nolint:errcheck // a test
	if err := files.Put(t.Context(), "qbr/ten_a/qbr_1.pdf", "application/pdf", strings.NewReader("%PDF-"), 5); err != nil {
		t.Fatal(err)
	}
	link, _, err := files.SignedURL(t.Context(), "qbr/ten_a/qbr_1.pdf", blob.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, link); status != http.StatusOK || body != "%PDF-" {
		t.Errorf("the link: %d %q", status, body)
	}
	if status := headStatus(t, link); status != http.StatusOK {
		t.Errorf("HEAD: %d", status)
	}
	if status, body := get(t, strings.Replace(link, "qbr_1", "qbr_2", 1)); status < 400 || status > 499 || !strings.Contains(body, "</html>") {
		t.Errorf("a link that was changed: %d", status)
	}
}

func headStatus(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestApp_StartsWithoutServices: a bus and a bucket that cannot be reached keep nobody from the portal, nor from stopping
// it.
func TestApp_StartsWithoutServices(t *testing.T) {
	cfg := settings(t.TempDir())
	cfg.Demo = "false"
	cfg.NATSURL, cfg.BlobURL = "nats://127.0.0.1:1", "s3://key:secret@127.0.0.1:1/documents?tls=false"
	a, err := newApp(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, a)
	for path, want := range map[string]int{"/readyz": 200, "/login": 200, "/objects/a.pdf": 404} {
		if got, _ := get(t, a.URL()+path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	stop()
}
