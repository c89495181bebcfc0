package nps

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// box takes one person's answer.
type box struct {
	asked, dismissed bool
	score            int
	comment          string
	who              string
	err              error
}

func (b *box) NPSDue(context.Context, string, string) (bool, error) { return !b.asked, b.err }

func (b *box) AnswerNPS(_ context.Context, tenantID, userID string, score int, comment string) error {
	b.who, b.score, b.comment, b.asked = tenantID+" "+userID, score, comment, b.err == nil
	return b.err
}

func (b *box) DismissNPS(_ context.Context, tenantID, userID string) error {
	b.who, b.dismissed, b.asked = tenantID+" "+userID, true, true
	return b.err
}

func newTestSite(t *testing.T) (*webtest.Site, *box) {
	t.Helper()
	s, b := webtest.New(t), &box{score: -1}
	h := New(s.Kit, b)
	h.Register(s.Engine)
	s.Engine.GET("/card", func(c *gin.Context) { // another page that shows it
		if h.Card(c) != nil {
			c.Status(http.StatusAccepted)
		}
	})
	return s, b
}

func TestShow(t *testing.T) {
	for _, tag := range []string{"en", "fa-AF", "ps", "ar"} {
		s, _ := newTestSite(t)
		d := s.Get("/nps", webtest.Locale(tag)).Doc()
		if n := len(d.All(`#nps form[action="/nps"] input[type="radio"]`)); n != 11 {
			t.Errorf("%s: %d marks", tag, n)
		}
		d.One(`#nps form[action="/nps/dismiss"] button`)
		d.None(`#nps input[checked]`) // nothing is suggested
	}
	s, b := newTestSite(t)
	b.asked = true
	d := s.Get("/nps").Doc()
	d.None("#nps form")
	if got := d.Text("#nps-title"); got != "Thank you for your answer" {
		t.Errorf("after the answer: %q", got)
	}
}

func TestCard(t *testing.T) {
	s, b := newTestSite(t)
	if r := s.Get("/card"); r.Code != http.StatusAccepted {
		t.Errorf("who is due is not asked: %d", r.Code)
	}
	b.asked = true
	if r := s.Get("/card"); r.Code != http.StatusOK {
		t.Errorf("asked twice in a quarter: %d", r.Code)
	}
	b.asked, b.err = false, portal.Fail(portal.Unavailable, nil)
	if r := s.Get("/card"); r.Code != http.StatusOK {
		t.Errorf("without a database: %d", r.Code)
	}
}

func TestAnswer_OK(t *testing.T) {
	for _, given := range []string{"0", "7", "10"} {
		s, b := newTestSite(t)
		r := s.Post("/nps", url.Values{"score": {given}, "comment": {" Good\r\nservice "}})
		if r.Code != http.StatusSeeOther || r.Header.Get("Location") != "/dashboard" {
			t.Errorf("%s: %d to %q", given, r.Code, r.Header.Get("Location"))
		}
		if got := map[int]string{0: "0", 7: "7", 10: "10"}[b.score]; got != given || b.comment != "Good\nservice" || b.who != "ten_test usr_test" {
			t.Errorf("kept %d %q of %s", b.score, b.comment, b.who)
		}
	}
	s, b := newTestSite(t)
	r := s.Post("/nps", url.Values{"score": {"9"}}, webtest.HTMX())
	if r.Code != http.StatusOK || b.score != 9 || b.comment != "" {
		t.Errorf("%d, kept %d", r.Code, b.score)
	}
	d := webtest.Doc(t, r.Body)
	d.One("#nps")
	d.None("#nps form")
}

func TestAnswer_Invalid(t *testing.T) {
	for name, tc := range map[string]struct{ score, comment, field string }{
		"none":     {"", "", "#f-score-error"},
		"eleven":   {"11", "", "#f-score-error"},
		"minus":    {"-1", "", "#f-score-error"},
		"words":    {"ten", "", "#f-score-error"},
		"other 1":  {"01", "", "#f-score-error"},
		"too long": {"5", strings.Repeat("پ", 501), "#f-comment-error"},
	} {
		s, b := newTestSite(t)
		form := url.Values{"score": {tc.score}, "comment": {tc.comment}}
		r := s.Post("/nps", form)
		if r.Code != http.StatusUnprocessableEntity || b.asked {
			t.Errorf("%s: %d, kept %v", name, r.Code, b.asked)
			continue
		}
		if r.Doc().Text(tc.field) == "" {
			t.Errorf("%s: nothing is said at %s", name, tc.field)
		}
		if tc.score == "5" {
			r.Doc().One(`input[value="5"][checked]`) // what was chosen stays
		}
		part := s.Post("/nps", form, webtest.HTMX())
		if part.Code != http.StatusUnprocessableEntity || strings.Contains(part.Body, "<html") {
			t.Errorf("%s: the fragment is %d", name, part.Code)
		}
	}
	s, b := newTestSite(t)
	if r := s.Post("/nps", url.Values{"score": {"5"}, "comment": {"a\x00b"}}); r.Code < 400 || b.asked {
		t.Errorf("a control in the comment: %d", r.Code)
	}
	s.Post("/nps", url.Values{"score": {"5"}, "comment": {strings.Repeat("پ", 500)}})
	if !b.asked {
		t.Error("500 characters are refused")
	}
}

func TestDismiss(t *testing.T) {
	s, b := newTestSite(t)
	if r := s.Post("/nps/dismiss", nil); r.Code != http.StatusSeeOther || r.Header.Get("Location") != "/dashboard" || !b.dismissed || b.score != -1 {
		t.Errorf("%d, %+v", r.Code, b)
	}
	s, b = newTestSite(t)
	r := s.Post("/nps/dismiss", nil, webtest.HTMX())
	d := webtest.Doc(t, r.Body)
	d.One("#nps")
	if d.None("#nps form"); r.Code != http.StatusOK || !b.dismissed {
		t.Errorf("%d, %+v", r.Code, b)
	}
}

func TestSignedOut(t *testing.T) {
	s, b := newTestSite(t)
	s.User = nil
	for _, r := range []*webtest.Response{s.Get("/nps"), s.Post("/nps", url.Values{"score": {"5"}}), s.Post("/nps/dismiss", nil)} {
		if r.Code != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/login") || b.asked {
			t.Errorf("nobody signed in: %d to %q", r.Code, r.Header.Get("Location"))
		}
	}
}

func TestMarkup(t *testing.T) {
	s, _ := newTestSite(t)
	s.Post("/nps", url.Values{"comment": {`</textarea><script>alert(1)</script>`}}).Doc().None("script:not([src])")
}
