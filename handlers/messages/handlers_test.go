package messages

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// fakeAPI is a platform with one page of messages.
type fakeAPI struct {
	page  portal.MessagePage
	one   portal.Message
	err   error
	asked []portal.MessageFilter
	ids   []string

	told    []portal.WebhookDelivery
	toldErr error
}

func (f *fakeAPI) Messages(_ context.Context, token string, filter portal.MessageFilter) (portal.MessagePage, error) {
	if token != webtest.Customer.Token {
		return portal.MessagePage{}, portal.Fail(portal.Unauthenticated, nil)
	}
	f.asked = append(f.asked, filter)
	return f.page, f.err
}

func (f *fakeAPI) Message(_ context.Context, _, id string) (portal.Message, error) {
	f.ids = append(f.ids, id)
	return f.one, f.err
}

func (f *fakeAPI) MessageDeliveries(context.Context, string, string) ([]portal.WebhookDelivery, error) {
	return f.told, f.toldErr
}

func newTestSite(t *testing.T, api *fakeAPI) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	New(s.Kit, api, "https://api.example.test").Register(s.Engine)
	return s
}

// sample returns n messages, newest first.
func sample(n int) []portal.Message {
	items := make([]portal.Message, n)
	for i := range items {
		at := webtest.Now.Add(-time.Duration(i+1) * time.Minute)
		items[i] = portal.Message{
			MessageID: portal.NewID("msg", at), To: "+93791234567", From: "PAMIR", Status: portal.StatusSent, SubmittedAt: at,
		}
	}
	return items
}

func someTotal(n int) *int { return &n }

func TestList_OK(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(50), NextCursor: "next", Total: someTotal(10000), TotalCapped: true}}
	delivered := api.page.Items[0].SubmittedAt.Add(4 * time.Second)
	api.page.Items[0].DeliveredAt, api.page.Items[0].Status = &delivered, portal.StatusDelivered
	r := newTestSite(t, api).Get("/messages")
	if r.Code != http.StatusOK {
		t.Fatalf("status %d", r.Code)
	}
	d := r.Doc()
	if got := d.Text("h1"); got != "Messages" {
		t.Errorf("h1 = %q", got)
	}
	d.One("table caption")
	var heads []string
	for _, th := range d.All("thead th[scope=col]") {
		heads = append(heads, webtest.Text(th))
	}
	if diff := cmp.Diff([]string{"Message", "To", "From", "Status", "Submitted", "Delivered"}, heads); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	first := api.page.Items[0]
	if got := d.Attr("tbody tr:first-child td:first-child a.row-link", "href"); got != "/messages/"+first.MessageID {
		t.Errorf("first row leads to %q", got)
	}
	if got := d.Text("tbody tr:first-child .badge-delivered"); got != "Delivered" {
		t.Errorf("badge = %q", got)
	}
	if got := d.Text("tbody tr:first-child td:nth-child(5) time"); got != "1 minute ago" {
		t.Errorf("submitted = %q", got)
	}
	if got := d.Attr("tbody tr:first-child td:nth-child(6) time", "datetime"); got != "2026-11-24T04:59:04Z" {
		t.Errorf("delivered = %q", got)
	}
	d.None("tbody tr:nth-child(2) td:nth-child(6) time")
	if got := d.Text("#message-count"); got != "1–50 of 10,000+" {
		t.Errorf("count = %q", got)
	}
	more := d.One("#message-more a")
	if got, want := webtest.Attr(more, "href"), "/messages?capped=1&cursor=next&shown=50&total=10000"; webtest.Text(more) != "Load more" || got != want || webtest.Attr(more, "hx-get") != want {
		t.Errorf("load more = %q to %q", webtest.Text(more), got)
	}
	if got := len(d.All("tbody td[data-label]")); got != 300 {
		t.Errorf("%d cells with labels, want 300", got)
	}
}

// TestList_Filter: the address is the filter: the form shows it, the platform gets it, the chips take it apart.
func TestList_Filter(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(1), Total: someTotal(1)}}
	query := "after=2026-11-01&before=2026-11-30&from=PAMIR&status=held&status=failed&to=%2B9379"
	r := newTestSite(t, api).Get("/messages?" + query)
	want := filter{
		statuses: []portal.MessageStatus{"held", "failed"}, to: "+9379", from: "PAMIR", after: "2026-11-01", before: "2026-11-30",
	}
	if diff := cmp.Diff([]portal.MessageFilter{want.api()}, api.asked, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	d := r.Doc()
	for field, value := range map[string]string{"to": "+9379", "from": "PAMIR", "after": "2026-11-01", "before": "2026-11-30"} {
		if got := d.Attr("form input[name="+field+"]", "value"); got != value {
			t.Errorf("%s = %q, want %q", field, got, value)
		}
	}
	if got := len(d.All("input[name=status][checked]")); got != 2 {
		t.Errorf("%d states checked, want 2", got)
	}
	chips := d.All("a.chip")
	if len(chips) != 6 {
		t.Fatalf("%d chips, want 6", len(chips))
	}
	if got := webtest.Attr(chips[0], "href"); got != "/messages?after=2026-11-01&before=2026-11-30&from=PAMIR&status=failed&to=%2B9379" {
		t.Errorf("removing the first chip leads to %q", got)
	}
	if got := webtest.Text(chips[2]); !strings.HasSuffix(got, "To: +9379") {
		t.Errorf("chip = %q", got)
	}
	d.One(`.filter-chips a[href="/messages"]`)
	if got, back := d.Attr("a.row-link", "href"), "?back="+url.QueryEscape(want.query()); !strings.HasSuffix(got, back) {
		t.Errorf("the row's link %q does not lead back by %q", got, back)
	}
	if got := d.Text("#message-count"); got != "1–1 of 1" {
		t.Errorf("count = %q", got)
	}
}

// TestList_Partial: htmx gets the region of the list alone, and the canonical address to show.
func TestList_Partial(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(2)}}
	r := newTestSite(t, api).Get("/messages?to=079&from=&status=failed&after=&before=", webtest.HTMX())
	if got := r.Header.Get("HX-Push-Url"); got != "/messages?status=failed&to=%2B9379" {
		t.Errorf("HX-Push-Url = %q", got)
	}
	d := r.Doc()
	d.One("section#message-list form[hx-target='#message-list'][action='/messages']")
	d.None("h1")
	if got := d.Text("#message-count"); got != "1–2 of 2" {
		t.Errorf("count = %q", got)
	}
}

func TestList_LoadMore(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(50), NextCursor: "third"}}
	s := newTestSite(t, api)
	path := "/messages?cursor=second&shown=50&total=10000&capped=1&status=sent"

	r := s.Get(path, webtest.HTMX())
	if r.Header.Get("HX-Push-Url") != "" {
		t.Error("more rows must leave the address alone")
	}
	d := r.Doc()
	d.None("form")
	if rows := d.All("tr:not(#message-more)"); len(rows) != 50 {
		t.Errorf("%d rows, want 50", len(rows))
	}
	if got := len(d.All("[data-focus]")); got != 1 {
		t.Errorf("%d elements take focus, want the first new row's link", got)
	}
	d.One("tr:first-child a.row-link[data-focus]")
	if got := d.Attr("#message-more a", "hx-get"); got != "/messages?capped=1&cursor=third&shown=100&status=sent&total=10000" {
		t.Errorf("next = %q", got)
	}
	if got := d.Text("#message-count[hx-swap-oob]"); got != "1–100 of 10,000+" {
		t.Errorf("count = %q", got)
	}
	if got := d.Attr("tr:first-child a.row-link", "href"); !strings.HasSuffix(got, "?back=status%3Dsent") {
		t.Errorf("back from an added row leads to %q, want the log's start", got)
	}

	d = s.Get(path).Doc() // without JavaScript it is a page of its own
	if got := d.Text("#message-count"); got != "51–100 of 10,000+" {
		t.Errorf("count = %q", got)
	}
	if got := d.Text(`.filter-chips a[href="/messages?status=sent"]`); got != "Back to newest" {
		t.Errorf("way back = %q", got)
	}
	d.None("[data-focus]")
	if api.asked[0].Cursor != "second" {
		t.Errorf("asked with cursor %q", api.asked[0].Cursor)
	}
}

// TestList_LastPage: the end of the log is its count, also when the platform had only said "more than".
func TestList_LastPage(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(7)}}
	d := newTestSite(t, api).Get("/messages?cursor=c&shown=10050&total=10000&capped=1", webtest.HTMX()).Doc()
	d.None("#message-more")
	if got := d.Text("#message-count"); got != "1–10,057 of 10,057" {
		t.Errorf("count = %q", got)
	}
}

func TestList_Empty(t *testing.T) {
	total := someTotal(0)
	back := webtest.Now.AddDate(0, -8, 0)
	for name, tc := range map[string]struct {
		path     string
		page     portal.MessagePage
		selector string
		text     string
	}{
		"first day":    {"/messages", portal.MessagePage{Total: total}, `.empty a[href="/send-test"]`, "Send test SMS"},
		"curl":         {"/messages", portal.MessagePage{Total: total}, `.empty code`, "https://api.example.test/v1/messages"},
		"no match":     {"/messages?to=079", portal.MessagePage{Total: total}, `.empty a[href="/messages"]`, "Clear"},
		"searching":    {"/messages?to=079", portal.MessagePage{NextCursor: "c2", SearchedTo: &back}, `.empty a[href="/messages?cursor=c2&to=%2B9379"]`, "Continue searching"},
		"searched to":  {"/messages?to=079", portal.MessagePage{NextCursor: "c2", SearchedTo: &back}, `.empty-text`, "Searched back to 24 March 2026."},
		"rows are off": {"/messages?cursor=c", portal.MessagePage{}, `.empty a[href="/messages"]`, "Back to newest"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTestSite(t, &fakeAPI{page: tc.page}).Get(tc.path).Doc()
			if got := d.Text(tc.selector); !strings.Contains(got, tc.text) {
				t.Errorf("%s = %q, want %q", tc.selector, got, tc.text)
			}
			d.None("table")
		})
	}
}

func TestList_SearchedTo(t *testing.T) {
	back := webtest.Now.AddDate(0, -8, 0)
	api := &fakeAPI{page: portal.MessagePage{Items: sample(3), NextCursor: "c2", SearchedTo: &back}}
	d := newTestSite(t, api).Get("/messages?from=PAMIR").Doc()
	if got := d.Text("#message-more"); got != "Searched back to 24 March 2026. Continue searching" {
		t.Errorf("last row = %q", got)
	}
	if got := d.Text("#message-count"); got != "3 messages shown" {
		t.Errorf("count = %q", got)
	}
}

func TestSearch(t *testing.T) {
	id := portal.NewID("msg", webtest.Now)
	s := newTestSite(t, &fakeAPI{})
	for q, want := range map[string]string{
		id:                        "/messages/" + id,
		" " + strings.ToUpper(id): "/messages/" + id,
		"079 123 4567":            "/messages?to=%2B93791234567",
		"۰۷۹":                     "/messages?to=%2B9379",
		"PAMIR-OTP":               "/messages?from=PAMIR-OTP",
	} {
		r := s.Get("/messages?q=" + url.QueryEscape(q))
		if got := r.Header.Get("Location"); r.Code != http.StatusSeeOther || got != want {
			t.Errorf("q=%q: %d to %q, want %q", q, r.Code, got, want)
		}
	}
	r := s.Get("/messages?q=" + url.QueryEscape("سلام دنیا"))
	if got := r.Doc().Text("#f-from-error"); r.Code != http.StatusUnprocessableEntity || !strings.HasPrefix(got, "Search for") {
		t.Errorf("status %d, error %q", r.Code, got)
	}
}

func TestList_Upstream(t *testing.T) {
	for code, want := range map[portal.Code]int{portal.Unavailable: 503, portal.RateLimited: 429, portal.Internal: 500, portal.Forbidden: 403} {
		s := newTestSite(t, &fakeAPI{err: &portal.Error{Code: code, RetryAfter: 7 * time.Second}})
		r := s.Get("/messages?status=failed")
		if r.Code != want {
			t.Errorf("%s: status %d, want %d", code, r.Code, want)
		}
		if code == portal.Unavailable {
			r.Doc().One(`a[href="/messages?status=failed"]`) // to try again
		}
		part := s.Get("/messages?status=failed", webtest.HTMX())
		if part.Code != want || part.Header.Get("HX-Retarget") != "#alerts" {
			t.Errorf("%s: partial %d to %q", code, part.Code, part.Header.Get("HX-Retarget"))
		}
	}
	s := newTestSite(t, &fakeAPI{})
	s.User = nil
	if r := s.Get("/messages?status=failed"); r.Code != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/login?") {
		t.Errorf("nobody signed in: %d to %q", r.Code, r.Header.Get("Location"))
	}
}

// TestList_Languages: every language draws the page, in its own digits.
func TestList_Languages(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(50), NextCursor: "n", Total: someTotal(312)}}
	s := newTestSite(t, api)
	for tag, want := range map[string]string{"en": "1–50 of 312", "fa-AF": "۱–۵۰ از ۳۱۲", "ps": "۱–۵۰ له ۳۱۲", "ar": "1–50 من 312"} {
		d := s.Get("/messages?to=079", webtest.Locale(tag)).Doc()
		if got := d.Text("#message-count"); got != want {
			t.Errorf("%s: count = %q, want %q", tag, got, want)
		}
		if got := d.Attr("html", "lang"); got != tag {
			t.Errorf("lang = %q, want %q", got, tag)
		}
		if got := d.Attr("tbody tr:first-child td:nth-child(2) bdi", "dir"); got != "ltr" {
			t.Errorf("%s: numbers run %q", tag, got)
		}
	}
	if len(locales.Tags) != 4 {
		t.Errorf("languages: %v", locales.Tags)
	}
}
