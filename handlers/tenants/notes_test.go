package tenants

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

const (
	mineAt = at + "/notes/" + noteID
	nabis  = at + "/notes/note_00000000000000000000000002"
)

func typed(body, version string) url.Values {
	return url.Values{inputBody: {body}, inputVersion: {version}}
}

func TestNotes_List(t *testing.T) {
	doc := site(t, newWorld()).Get(at+"/notes", webtest.HTMX()).Doc()
	notes := doc.All("#notes .note")
	if len(notes) != 2 {
		t.Fatalf("%d notes", len(notes))
	}
	lacks(t, "own", webtest.Text(notes[0]), "Zahra Ahmadi", "They renew in March.", "edited", "Edit", "Delete", "History")
	if text := webtest.Text(notes[1]); strings.Contains(text, "Edit") || strings.Contains(text, "Delete") {
		t.Errorf("another's note can be changed: %s", text)
	}
	doc.One("#notes .note strong")
	doc.None("h1")
	if r := site(t, newWorld()).Get(at + "/notes"); r.Code != http.StatusSeeOther || r.Header.Get("Location") != at+"#notes-title" {
		t.Errorf("without htmx: %d %q", r.Code, r.Header.Get("Location"))
	}
	older := site(t, newWorld()).Get(at + "/notes?cursor=x").Doc()
	older.One("h1")
	older.One(".note")
	older.None("form.form textarea")
}

// TestNotes_Admin: an administrator may change everybody's.
func TestNotes_Admin(t *testing.T) {
	s := site(t, newWorld())
	user := admin
	s.User = &user
	if n := len(s.Get(at+"/notes", webtest.HTMX()).Doc().All(`#notes .note a[href$="/edit"]`)); n != 2 {
		t.Errorf("%d can be changed", n)
	}
}

func TestNotes_Create(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	r := s.Post(at+"/notes", typed("New **text**", "0"), webtest.HTMX())
	if r.Code != http.StatusOK || r.Doc().Text("#notes .note:nth-of-type(1) strong") != "text" || len(w.notes) != 3 || w.notes[0].Author != zahra {
		t.Errorf("status %d: %s", r.Code, r.Body)
	}
	if got := r.Doc().Text("#notes textarea"); got != "" {
		t.Errorf("the form still holds %q", got)
	}
	if r := s.Post(at+"/notes", typed("Plain", "0")); r.Code != http.StatusSeeOther || r.Header.Get("Location") != at+"#notes-title" {
		t.Errorf("without htmx: %d %q", r.Code, r.Header.Get("Location"))
	}
	w.noteErr = down
	if r := s.Post(at+"/notes", typed("x", "0")); r.Code != http.StatusServiceUnavailable {
		t.Errorf("the database is down: %d", r.Code)
	}
}

func TestNotes_CreateInvalid(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	r := s.Post(at+"/notes", typed(" ", "0"), webtest.HTMX())
	if r.Code != http.StatusUnprocessableEntity || r.Header.Get("HX-Retarget") != "closest form" || r.Header.Get("HX-Reswap") != "outerHTML" {
		t.Errorf("status %d, %q", r.Code, r.Header)
	}
	doc := r.Doc()
	if doc.Attr("textarea", "aria-invalid") != "true" {
		t.Error("the field is not marked")
	}
	doc.One(".field-error")
	page := s.Post(at+"/notes", typed(" ", "0"))
	if page.Code != http.StatusUnprocessableEntity {
		t.Errorf("without htmx: %d", page.Code)
	}
	page.Doc().One("h1")
	page.Doc().One("textarea[aria-invalid=true]")
	if len(w.notes) != 2 {
		t.Error("something was written")
	}
}

// TestNotes_Preview: what is shown is Markdown and nothing else, and nothing is kept.
func TestNotes_Preview(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	hostile := "# Head\n**bold** <script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) [y](https://example.af)\n\n" +
		`<p style="position:fixed" id="notes" class="modal">p</p> ![track](https://evil.example/p.png)` + "\n\n|a|b|\n|-|-|\n|1|2|"
	for _, path := range []string{at + "/notes/preview", mineAt + "/preview"} {
		r := s.Post(path, typed(hostile, "1"), webtest.HTMX())
		if r.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, r.Code)
		}
		doc := r.Doc()
		if doc.Text("[role=region] strong") != "bold" || doc.Text("[role=region] h3") != "Head" {
			t.Errorf("%s: it is not rendered", path)
		}
		doc.None("[role=region] script, [role=region] img, .prose [onerror], .prose [style], .prose [id], .prose [class]")
		doc.One("[role=region] table")
		if got := doc.Attr("[role=region] a", "href"); got != "https://example.af" {
			t.Errorf("link %q", got)
		}
		if doc.Text("textarea") != strings.Join(strings.Fields(hostile), " ") {
			t.Errorf("%s: what was typed is lost", path)
		}
	}
	if got := s.Post(mineAt+"/preview", typed("x", "1"), webtest.HTMX()).Doc().Attr("input[name=version]", "value"); got != "1" {
		t.Errorf("the preview moved the version to %s", got)
	}
	s.Post(at+"/notes/preview", typed("plain", "0")).Doc().One("h1")
	if len(w.notes) != 2 || len(w.calls) != 0 {
		t.Error("a preview was kept")
	}
	long := s.Post(at+"/notes/preview", typed("a"+strings.Repeat("پ", portal.MaxNote/2), "0"), webtest.HTMX())
	if text := long.Doc().Text("textarea"); long.Code != http.StatusOK || len(text) > portal.MaxNote || strings.Contains(text, "\ufffd") {
		t.Errorf("a long text: %d, %d bytes", long.Code, len(text))
	}
}

func TestNotes_Change(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	form := s.Get(mineAt+"/edit", webtest.HTMX()).Doc()
	if form.Text("textarea") != "They **renew** in March." || form.Attr("input[name=version]", "value") != "2" || form.Attr("form", "hx-post") != mineAt+"/edit" {
		t.Error("the form is not the note's")
	}
	form.None("h1")
	s.Get(mineAt + "/edit").Doc().One("h1")
	if r := s.Post(mineAt+"/edit", typed("Renewed", "2"), webtest.HTMX()); r.Code != http.StatusOK || !strings.Contains(r.Body, "Renewed") {
		t.Errorf("status %d", r.Code)
	}
	if r := s.Post(mineAt+"/edit", typed("Again", "3")); r.Code != http.StatusSeeOther {
		t.Errorf("without htmx: %d", r.Code)
	}
	if d := cmp.Diff([]string{"changed by usr_tam", "changed by usr_tam"}, w.calls); d != "" {
		t.Error(d)
	}
}

// TestNotes_Stale: somebody else's change in between loses neither text.
func TestNotes_Stale(t *testing.T) {
	for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
		w := newWorld()
		r := site(t, w).Post(mineAt+"/edit", typed("My long text", "1"), options...)
		if r.Code != http.StatusConflict || r.Doc().Text("textarea") != "My long text" || w.notes[0].Body != "They **renew** in March." {
			t.Errorf("status %d, typed %q, kept %q", r.Code, r.Doc().Text("textarea"), w.notes[0].Body)
		}
		lacks(t, "alert", r.Doc().Text(".alert"), "The note was not saved")
		if got := r.Doc().Attr("input[name=version]", "value"); got != "2" {
			t.Errorf("sending it again would fail again: version %s", got)
		}
	}
	w := newWorld()
	if r := site(t, w).Post(mineAt+"/delete", typed("", "1")); r.Code != http.StatusConflict || len(w.notes) != 2 {
		t.Errorf("delete: %d", r.Code)
	}
}

func TestNotes_AnothersIsForbidden(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	for _, path := range []string{"/edit", "/delete"} {
		if r := s.Get(nabis + path); r.Code != http.StatusForbidden || strings.Contains(r.Body, "Nabi's own") {
			t.Errorf("GET %s: %d", path, r.Code)
		}
	}
	for _, path := range []string{"/edit", "/delete", "/preview"} {
		if r := s.Post(nabis+path, typed("mine now", "1")); r.Code != http.StatusForbidden {
			t.Errorf("POST %s: %d", path, r.Code)
		}
	}
	if len(w.calls) != 0 || len(w.notes) != 2 {
		t.Error("it was changed")
	}
	for _, id := range []string{"x", "note_00000000000000000000000007"} {
		if r := s.Get(at + "/notes/" + id + "/edit"); r.Code != http.StatusNotFound {
			t.Errorf("%s: %d", id, r.Code)
		}
	}
}

func TestNotes_Delete(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	dialog := s.Get(mineAt+"/delete", webtest.HTMX()).Doc()
	if dialog.Attr("dialog form", "action") != mineAt+"/delete" || dialog.Attr("input[name=version]", "value") != "2" {
		t.Error("the dialog is not the note's")
	}
	page := s.Get(mineAt + "/delete").Doc()
	page.None("dialog")
	page.One(`form[action="` + mineAt + `/delete"] .btn-danger`)
	r := s.Post(mineAt+"/delete", typed("", "2"))
	if r.Code != http.StatusSeeOther || len(w.notes) != 1 || !cmp.Equal(w.calls, []string{"deleted by usr_tam"}) {
		t.Errorf("status %d, %q", r.Code, w.calls)
	}
}

func TestNotes_History(t *testing.T) {
	w := newWorld()
	w.versions = []portal.NoteVersion{
		{Version: 3, By: nabi, At: webtest.Now, Deleted: true}, {Version: 2, By: zahra, At: webtest.Now, Body: "**second**"}, {Version: 1, By: zahra, At: webtest.Now, Body: "first"},
	}
	doc := site(t, w).Get(mineAt + "/history").Doc()
	if notes := doc.All(".note"); len(notes) != 3 || !strings.Contains(webtest.Text(notes[0]), "Deleted here.") || !strings.Contains(webtest.Text(notes[2]), "first") {
		t.Errorf("%d versions", len(notes))
	}
	if r := site(t, w).Get(at + "/notes/x/history"); r.Code != http.StatusNotFound {
		t.Errorf("malformed id: %d", r.Code)
	}
}
