package tenants

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

var wanted = url.Values{"period": {"2026-Q3"}, "locale": {"ps"}}

func TestReviews_Form(t *testing.T) {
	doc := site(t, newWorld()).Get(at).Doc()
	var quarters, languages []string
	for _, o := range doc.All("#reviews select[name=period] option") {
		quarters = append(quarters, webtest.Attr(o, "value"))
	}
	for _, o := range doc.All("#reviews select[name=locale] option") {
		languages = append(languages, webtest.Attr(o, "value"))
	}
	if d := cmp.Diff([]string{"2026-Q4", "2026-Q3", "2026-Q2", "2026-Q1", "2025-Q4"}, quarters); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"en", "fa-AF", "ps", "ar"}, languages); d != "" {
		t.Error(d)
	}
	if got := doc.Attr("#reviews select[name=period] option[selected]", "value"); got != "2026-Q3" {
		t.Errorf("the last whole quarter is not chosen: %q", got)
	}
	if doc.Text("#reviews button") != "Export QBR" || doc.Attr("#reviews", "hx-get") != "" {
		t.Error("the button, or it polls for nothing")
	}
}

// TestReviews_Progress: an export polls while it runs, shows how far it is, and stops when it has ended.
func TestReviews_Progress(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	r := s.Post(at+"/reviews", wanted, webtest.HTMX())
	doc := r.Doc()
	if r.Code != http.StatusOK || len(w.reviews) != 1 || w.reviews[0].By != zahra || w.reviews[0].Locale != "ps" || w.reviews[0].Period != "2026-Q3" {
		t.Fatalf("status %d, %+v", r.Code, w.reviews)
	}
	if doc.Attr("#reviews", "hx-get") != at+"/reviews" || doc.Attr("#reviews", "hx-trigger") != "every 1s" || doc.Attr("#reviews", "hx-swap") != "outerHTML" {
		t.Error("it does not poll")
	}
	w.reviews[0].State, w.reviews[0].Progress = portal.QBRRunning, 40
	doc = s.Get(at+"/reviews", webtest.HTMX()).Doc()
	if doc.Attr("progress", "value") != "40" || doc.Text("progress") != "40%" || doc.Attr("progress", "aria-label") == "" {
		t.Error("the progress")
	}
	w.reviews[0].State, w.reviews[0].Progress = portal.QBRDone, 100
	doc = s.Get(at+"/reviews", webtest.HTMX()).Doc()
	doc.None("progress, #reviews[hx-get], h1")
	link := doc.One(`#reviews a[target="_blank"][hx-boost=false][href="` + at + "/reviews/" + qbrID + `"]`)
	lacks(t, "link", webtest.Text(link), "Open signed PDF")
	lacks(t, "row", doc.Text(".review"), "Quarter 3 of 2026", "پښتو", "Zahra Ahmadi", "Done")
	w.reviews[0].State = portal.QBRFailed
	doc = s.Get(at+"/reviews", webtest.HTMX()).Doc()
	doc.None("#reviews[hx-get], .review a")
	lacks(t, "row", doc.Text(".review"), "Failed")
}

func TestReviews_Plain(t *testing.T) {
	w := newWorld()
	s := site(t, w)
	if r := s.Post(at+"/reviews", wanted); r.Code != http.StatusSeeOther || r.Header.Get("Location") != at || len(w.reviews) != 1 {
		t.Errorf("export: %d %q", r.Code, r.Header.Get("Location"))
	}
	if r := s.Get(at + "/reviews"); r.Code != http.StatusSeeOther || r.Header.Get("Location") != at {
		t.Errorf("list: %d %q", r.Code, r.Header.Get("Location"))
	}
}

func TestReviews_Refused(t *testing.T) {
	w := newWorld()
	w.exportErr = portal.InvalidField("period", "field.not_a_quarter")
	s := site(t, w)
	r := s.Post(at+"/reviews", url.Values{"period": {"2026-13"}}, webtest.HTMX())
	if r.Code != http.StatusUnprocessableEntity {
		t.Errorf("status %d", r.Code)
	}
	r.Doc().One("#reviews .alert")
	r.Doc().One("#reviews select[name=period]")
	if r := s.Post(at+"/reviews", url.Values{"period": {"2026-13"}}); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("without htmx: %d", r.Code)
	}
}

func TestReviews_Open(t *testing.T) {
	w := newWorld()
	w.reviews = []portal.QBR{{QBRID: qbrID, TenantID: pamir, Period: "2026-Q3", Locale: "ps", State: portal.QBRDone}}
	s := site(t, w)
	r := s.Get(at + "/reviews/" + qbrID)
	if r.Code != http.StatusSeeOther || r.Header.Get("Location") != w.link.URL || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %q", r.Code, r.Header)
	}
	if d := cmp.Diff([]string{"link Pamir Logistics 2026-Q3 (ps).pdf"}, w.calls); d != "" {
		t.Error(d)
	}
	w.link.URL = ""
	if r := s.Get(at + "/reviews/" + qbrID); r.Code != http.StatusServiceUnavailable {
		t.Errorf("no link: %d", r.Code)
	}
	w.reviews[0].State = portal.QBRRunning
	if r := s.Get(at + "/reviews/" + qbrID); r.Code != http.StatusConflict {
		t.Errorf("not done: %d", r.Code)
	}
	if r := s.Get(at + "/reviews/qbr_none"); r.Code != http.StatusNotFound {
		t.Errorf("none: %d", r.Code)
	}
}
