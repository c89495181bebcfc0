package messages

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// longLog is a platform with total messages, which answers with one page after the other. Every other page is empty when it
// searches slowly, and the call after failAfter fails.
type longLog struct {
	total, failAfter int
	slow             bool
	asked            []portal.MessageFilter
}

func (l *longLog) Messages(_ context.Context, _ string, f portal.MessageFilter) (portal.MessagePage, error) {
	l.asked = append(l.asked, f)
	if l.failAfter > 0 && len(l.asked) > l.failAfter {
		return portal.MessagePage{}, portal.Fail(portal.Unavailable, errors.New("down"))
	}
	start, _ := strconv.Atoi(f.Cursor)
	if l.slow && len(l.asked)%2 == 1 {
		return portal.MessagePage{NextCursor: strconv.Itoa(start), SearchedTo: &webtest.Now}, nil
	}
	n := min(f.Limit, l.total-start)
	page := portal.MessagePage{Items: sample(n)}
	if start+n < l.total {
		page.NextCursor = strconv.Itoa(start + n)
	}
	return page, nil
}

func (*longLog) Message(context.Context, string, string) (portal.Message, error) {
	return portal.Message{}, portal.Fail(portal.NotFound, nil)
}

func (*longLog) MessageDeliveries(context.Context, string, string) ([]portal.WebhookDelivery, error) {
	return nil, nil
}

func export(t *testing.T, api reader, query string, options ...webtest.Option) [][]string {
	t.Helper()
	s := webtest.New(t)
	New(s.Kit, api, "https://api.example.test").Register(s.Engine)
	r := s.Get("/messages.csv"+query, options...)
	if r.Code != http.StatusOK || r.Header.Get("Content-Disposition") != `attachment; filename="messages.csv"` {
		t.Fatalf("status %d, %q: %.200s", r.Code, r.Header.Get("Content-Disposition"), r.Body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.Body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestExport(t *testing.T) {
	items := sample(2)
	delivered := webtest.Now
	items[0] = portal.Message{
		MessageID: "msg_1", To: "+93791234567", From: "=PAMIR", Status: portal.StatusDelivered, SubmittedAt: webtest.Now, DeliveredAt: &delivered,
		Operator: "roshan", Segments: 2, PriceMicros: 700_000,
	}
	items[1] = portal.Message{
		MessageID: "msg_2", To: "+4915112345678", From: "PAMIR", Status: "teleported", SubmittedAt: webtest.Now, Operator: "other", Segments: 1,
		PriceMicros: 12_500, Currency: portal.USD, ErrorCode: "unknown_subscriber",
	}
	api := &fakeAPI{page: portal.MessagePage{Items: items}}
	rows := export(t, api, "?operator=roshan&status=delivered&to=079&cursor=abc")
	want := [][]string{
		{"Message", "To", "From", "Status", "Submitted", "Delivered", "Operator", "Segments", "Price", "Currency", "Error code"},
		{"msg_1", "'+93791234567", "'=PAMIR", "Delivered", "2026-11-24T09:30:00+04:30", "2026-11-24T09:30:00+04:30", "Roshan", "2", "0.70", "AFN", ""},
		{"msg_2", "'+4915112345678", "PAMIR", "teleported", "2026-11-24T09:30:00+04:30", "", "Other numbers", "1", "0.0125", "USD", "unknown_subscriber"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	asked := portal.MessageFilter{Statuses: []portal.MessageStatus{"delivered"}, To: "+9379", Operator: "roshan", Limit: exportPage}
	if diff := cmp.Diff([]portal.MessageFilter{asked}, api.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if rows := export(t, api, "", webtest.Locale("ps")); rows[0][4] != "د استولو وخت" || rows[1][3] != "ورسېد" {
		t.Errorf("in Pashto: %q", rows)
	}
}

// TestExport_Bounds: all pages, empty ones of a long search too, up to the bound.
func TestExport_Bounds(t *testing.T) {
	for name, tc := range map[string]struct {
		log  longLog
		want int
	}{
		"nothing":       {longLog{}, 0},
		"some pages":    {longLog{total: 450}, 450},
		"a slow search": {longLog{total: 450, slow: true}, 450},
		"too many":      {longLog{total: maxExport + 1000}, maxExport},
	} {
		t.Run(name, func(t *testing.T) {
			if got := len(export(t, &tc.log, "")) - 1; got != tc.want {
				t.Errorf("%d rows, want %d", got, tc.want)
			}
		})
	}
}

func TestExport_Refused(t *testing.T) {
	for query, want := range map[string]int{"?status=lost": http.StatusUnprocessableEntity, "?to=abc": http.StatusUnprocessableEntity, "?operator=x": http.StatusUnprocessableEntity} {
		if r := newTestSite(t, &fakeAPI{}).Get("/messages.csv" + query); r.Code != want || r.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s: status %d", query, r.Code)
		}
	}
	if r := newTestSite(t, &fakeAPI{err: portal.Fail(portal.Unavailable, nil)}).Get("/messages.csv"); r.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", r.Code)
	}
	s := newTestSite(t, &fakeAPI{})
	s.User = nil
	if r := s.Get("/messages.csv"); r.Code != http.StatusSeeOther {
		t.Errorf("nobody signed in: status %d", r.Code)
	}
}

// TestExport_BrokenOff: half a log is a failed download.
func TestExport_BrokenOff(t *testing.T) {
	s := webtest.New(t)
	New(s.Kit, &longLog{total: 450, failAfter: 2}, "").Register(s.Engine)
	defer func() {
		if p, ok := recover().(error); !ok || !errors.Is(p, http.ErrAbortHandler) {
			t.Errorf("the download ended with %v, as if it were whole", p)
		}
	}()
	s.Get("/messages.csv")
}

// TestList_Export: the link keeps the filter, and says when the file will not hold all.
func TestList_Export(t *testing.T) {
	few := &fakeAPI{page: portal.MessagePage{Items: sample(3), Total: someTotal(3)}}
	if got := newTestSite(t, few).Get("/messages?status=failed&to=079").Doc().Text(`a[href="/messages.csv?status=failed&to=%2B9379"][hx-boost="false"]`); got != "Export CSV" {
		t.Errorf("link = %q", got)
	}
	many := &fakeAPI{page: portal.MessagePage{Items: sample(50), NextCursor: "next", Total: someTotal(10_000), TotalCapped: true}}
	if got := newTestSite(t, many).Get("/messages").Doc().Text(`a[href="/messages.csv"]`); got != "Export CSV, newest 50,000" {
		t.Errorf("link = %q", got)
	}
	newTestSite(t, &fakeAPI{}).Get("/messages").Doc().None(`a[href^="/messages.csv"]`)
}
