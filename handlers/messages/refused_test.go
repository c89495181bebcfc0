package messages

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

func TestList_Refused(t *testing.T) {
	for name, tc := range map[string]struct{ query, field, typed string }{
		"number":  {"to=abc&from=PAMIR", "to", "abc"},
		"sender":  {"from=%25", "from", "%"},
		"date":    {"after=2026-02-31", "after", "2026-02-31"},
		"order":   {"after=2026-02-02&before=2026-02-01", "before", "2026-02-01"},
		"markup":  {"to=" + url.QueryEscape(`"><script>alert(1)</script>`), "to", `"><script>alert(1)</script>`},
		"nothing": {"to=%2B", "to", "+"},
	} {
		t.Run(name, func(t *testing.T) {
			api := &fakeAPI{}
			s := newTestSite(t, api)
			for _, options := range [][]webtest.Option{nil, {webtest.HTMX()}} {
				r := s.Get("/messages?"+tc.query, options...)
				if r.Code != http.StatusUnprocessableEntity {
					t.Fatalf("status %d, want 422", r.Code)
				}
				d := r.Doc()
				input := d.One("input[name=" + tc.field + "]")
				if webtest.Attr(input, "value") != tc.typed || webtest.Attr(input, "aria-invalid") != "true" {
					t.Errorf("%s shows %q, invalid %q", tc.field, webtest.Attr(input, "value"), webtest.Attr(input, "aria-invalid"))
				}
				if got := d.Text("#f-" + tc.field + "-error"); got == "" {
					t.Error("nothing says what is wrong")
				}
				d.One(`.alert a[href="#f-` + tc.field + `"]`)
				d.None("table, script:not([src])")
			}
			if len(api.asked) != 0 {
				t.Error("the platform was asked with a wrong filter")
			}
		})
	}
	d := newTestSite(t, &fakeAPI{}).Get("/messages?status=lost&status=failed").Doc()
	d.One("fieldset#f-status.field-wrong")
	d.One("details[open] fieldset#f-status")
	d.One("input[value=failed][checked]")
}

// TestList_Hostile: bytes that are no text, and queries that no form makes, are refused before anything is done with them.
func TestList_Hostile(t *testing.T) {
	for query, want := range map[string]int{
		"to=%00":                                http.StatusUnprocessableEntity,
		"from=%FF%FE":                           http.StatusUnprocessableEntity,
		"to=" + strings.Repeat("9", 10_000):     http.StatusRequestEntityTooLarge,
		"status=" + strings.Repeat("x", 3_000):  http.StatusUnprocessableEntity,
		"cursor=" + strings.Repeat("A", 3_000):  http.StatusUnprocessableEntity,
		"q=" + strings.Repeat("%D9%BE", 600):    http.StatusUnprocessableEntity,
		"q=%3Cscript%3Ealert(1)%3C%2Fscript%3E": http.StatusUnprocessableEntity,
	} {
		api := &fakeAPI{}
		r := newTestSite(t, api).Get("/messages?" + query)
		if r.Code != want {
			t.Errorf("%.40s: status %d, want %d", query, r.Code, want)
		}
		if len(api.asked) != 0 {
			t.Errorf("%.40s: the platform was asked", query)
		}
		r.Doc().None("script:not([src])")
	}
}

// TestList_Markup: what a sender put into a message never becomes markup.
func TestList_Markup(t *testing.T) {
	evil := `"><img src=x onerror=alert(1)>`
	items := sample(1)
	items[0].MessageID, items[0].To, items[0].From, items[0].Status = evil, evil, evil, portal.MessageStatus(evil)
	d := newTestSite(t, &fakeAPI{page: portal.MessagePage{Items: items}}).Get("/messages").Doc()
	d.None("img")
	if got := d.Text("tbody td:nth-child(3)"); got != evil {
		t.Errorf("sender = %q", got)
	}
	if got := d.Attr("a.row-link", "href"); !strings.HasPrefix(got, "/messages/%22%3E%3Cimg") {
		t.Errorf("href = %q", got)
	}
}

func TestList_StaleCursor(t *testing.T) {
	api := &fakeAPI{err: portal.InvalidField("cursor", "field.invalid_cursor")}
	s := newTestSite(t, api)
	r := s.Get("/messages?cursor=forged&status=failed")
	if r.Code != http.StatusUnprocessableEntity {
		t.Errorf("status %d", r.Code)
	}
	r.Doc().One(`.alert a[href="/messages?status=failed"]`)
	r.Doc().None("table")

	r = s.Get("/messages?cursor=forged&status=failed", webtest.HTMX())
	if r.Code != http.StatusUnprocessableEntity {
		t.Errorf("partial: status %d", r.Code)
	}
	r.Doc().One(`tr#message-more .alert a[href="/messages?status=failed"]`)
}

// TestList_UpstreamRefuses: a filter that only the platform finds wrong is shown at its field, too.
func TestList_UpstreamRefuses(t *testing.T) {
	api := &fakeAPI{err: portal.InvalidField("submittedAfter", "field.not_a_time")}
	r := newTestSite(t, api).Get("/messages?after=2026-11-01")
	if r.Code != http.StatusUnprocessableEntity || r.Doc().Text("#f-after-error") == "" {
		t.Errorf("status %d, error %q", r.Code, r.Doc().Text("#f-after-error"))
	}
}
