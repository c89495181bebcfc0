package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program runs a program of poppler-utils on a document and returns what it says. Where it is not installed ran is false,
// and the test fails under CI.
func program(t *testing.T, document, name string, args ...string) (said string, ran bool) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // a setting of the run, not of the portal
			t.Errorf("%s must be there under CI=true: %v", name, err)
		}
		return "", false
	}
	path := filepath.Join(t.TempDir(), "review.pdf")
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = path
		}
	}
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil && name != "pdfsig" { // which says what it finds in words
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out), true
}

// checkReview checks that a document is whole, signed, and about the tenant.
func checkReview(t *testing.T, document, tenant string) {
	t.Helper()
	if !strings.HasPrefix(document, "%PDF-") {
		t.Fatalf("no PDF: %.200q", document)
	}
	if said, ran := program(t, document, "pdfsig", "-nocert", "FILE"); ran && (!strings.Contains(said, "Signature is Valid") || !strings.Contains(said, "Total document signed")) {
		t.Errorf("pdfsig says\n%s", said)
	}
	changed := []byte(document)
	changed[len(changed)/3] ^= 1
	if said, ran := program(t, string(changed), "pdfsig", "-nocert", "FILE"); ran && !strings.Contains(said, "Digest Mismatch") {
		t.Errorf("pdfsig says of a changed byte\n%s", said)
	}
	if text, ran := program(t, document, "pdftotext", "FILE", "-"); ran && !strings.Contains(text, tenant) {
		t.Errorf("the document does not name %s: %.500s", tenant, text)
	}
}

// TestQBR_Export: one click on a tenant's page makes a signed review in the chosen language, which the link beside it
// opens; it stands in the tenant's own log.
func TestQBR_Export(t *testing.T) {
	tam := someone(t, shared, staff)
	b := newTab(t, shared, look{}).as(tam)
	at := tenantURL(t, shared, "Pamir Logistics")
	for _, language := range []struct{ tag, name string }{{"en", "English"}, {"ps", "پښتو"}} {
		b.visit(at)
		b.choose(`#reviews select[name="locale"]`, language.tag)
		begun := time.Now()
		b.click(`#reviews button[type="submit"]`)
		mine := `#reviews .review:first-child`
		b.seeText(mine, language.name)
		b.see(mine + ` a[target="_blank"]`)
		t.Logf("%s: %v from click to link", language.tag, time.Since(begun).Round(10*time.Millisecond))
		b.seeText(mine, "Open signed PDF")
		b.gone("#reviews[hx-get], #reviews progress")
		open := tam.get(t, eval[string](b, `document.querySelector("#reviews .review:first-child a").getAttribute("href")`))
		if open.StatusCode != http.StatusSeeOther || !strings.Contains(open.Header.Get("Location"), "/objects/") {
			t.Fatalf("the link leads to %s %q", open.Status, open.Header.Get("Location"))
		}
		// The signed address alone opens it: whoever has it needs no session.
		file := (&person{site: shared, jar: map[string]*http.Cookie{}}).get(t, open.Header.Get("Location"))
		if file.StatusCode != http.StatusOK || file.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(file.Header.Get("Content-Disposition"), ".pdf") {
			t.Fatalf("the document: %s %q", file.Status, file.Header)
		}
		checkReview(t, file.body, "Pamir Logistics")
		if os.Getenv("E2E_SHOTS") == "1" { //nolint:forbidigo // a switch for whoever looks at the pages
			if err := os.WriteFile(filepath.Join("out", "review-"+language.tag+".pdf"), []byte(file.body), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	log := someone(t, shared, customer).get(t, "/settings/audit?type=customer-portal.qbr.exported.v1")
	if n := strings.Count(log.body, "qbr/qbr_"); n < 2 {
		t.Errorf("%d exports stand in the tenant's log", n)
	}
}

// choose picks an option of a select, as somebody does with the keyboard.
func (b *tab) choose(sel, value string) {
	b.t.Helper()
	b.see(sel)
	eval[bool](b, `(e => { e.value = `+quote(value)+`; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === `+quote(value)+`; })(document.querySelector(`+quote(sel)+`))`)
}

// TestQBR_API: 202 with a job, polled until it has the link, all within a minute; other tenants' and customers' are
// refused.
func TestQBR_API(t *testing.T) {
	tam := someone(t, shared, staff)
	id := strings.TrimPrefix(tenantURL(t, shared, "Herat Pharmacy"), "/admin/tenants/")
	begun := time.Now()
	made := tam.post(t, "/v1/internal/qbr/"+id+"?period=2026-Q3&locale=fa-AF", nil)
	type job struct {
		JobID     string
		Status    string
		Progress  int
		URL       string
		ExpiresAt time.Time
	}
	read := func(a answer) (j job) {
		if err := json.Unmarshal([]byte(a.body), &j); err != nil {
			t.Fatalf("%s: %v\n%s", a.Status, err, a.body)
		}
		return j
	}
	j := read(made)
	if made.StatusCode != http.StatusAccepted || j.JobID == "" || made.Header.Get("Location") != "/v1/internal/qbr/"+id+"/"+j.JobID {
		t.Fatalf("%s %q: %+v", made.Status, made.Header, j)
	}
	for j.Status != "done" {
		if j.Status == "failed" || time.Since(begun) > time.Minute {
			t.Fatalf("after %v: %+v", time.Since(begun), j)
		}
		time.Sleep(100 * time.Millisecond)
		j = read(tam.get(t, made.Header.Get("Location")))
	}
	t.Logf("%v from request to link", time.Since(begun).Round(10*time.Millisecond))
	if j.Progress != 100 || time.Until(j.ExpiresAt) > 10*time.Minute || time.Until(j.ExpiresAt) < 8*time.Minute {
		t.Errorf("done: %+v", j)
	}
	checkReview(t, tam.get(t, j.URL).body, "Herat Pharmacy")

	others := strings.TrimPrefix(tenantURL(t, shared, "Kabul Courier"), "/admin/tenants/")
	stranger := &person{site: shared, jar: map[string]*http.Cookie{}}
	for name, tc := range map[string]struct {
		who    *person
		path   string
		status int
	}{
		"another tenant's":       {tam, others + "?period=2026-Q3", http.StatusForbidden},
		"a customer, of another": {someone(t, shared, customer), id + "?period=2026-Q3", http.StatusForbidden},
		"a customer, of theirs":  {someone(t, shared, manager), id + "?period=2026-Q3", http.StatusForbidden},
		"nobody":                 {stranger, id + "?period=2026-Q3", http.StatusUnauthorized},
		"no quarter":             {tam, id + "?period=2026-Q9", http.StatusUnprocessableEntity},
	} {
		if res := tc.who.post(t, "/v1/internal/qbr/"+tc.path, nil); res.StatusCode != tc.status || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", name, res.Status, res.body)
		}
	}
}
