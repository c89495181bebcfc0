package messages

import (
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

var allowAll = cmp.AllowUnexported(filter{}, place{})

func TestParseFilter(t *testing.T) {
	long := strings.Repeat("9", 10_000)
	for name, tc := range map[string]struct {
		query string
		want  filter
		wrong []string // fields
	}{
		"nothing":             {query: "", want: filter{}},
		"empty form":          {query: "to=&from=&after=&before=&status=", want: filter{}},
		"other names":         {query: "utm=x&limit=9999&to=079", want: filter{to: "+9379"}},
		"statuses in order":   {query: "status=held&status=queued&status=held", want: filter{statuses: []portal.MessageStatus{"queued", "held"}}},
		"unknown status":      {query: "status=failed&status=lost", want: filter{statuses: []portal.MessageStatus{"failed"}}, wrong: []string{"status"}},
		"whole number":        {query: "to=0791234567", want: filter{to: "+93791234567"}},
		"plus as space":       {query: "to=+9379", want: filter{to: "+9379"}},
		"international":       {query: "to=0093+79", want: filter{to: "+9379"}},
		"eastern digits":      {query: "to=" + url.QueryEscape("۰۷۹ ۱۲۳"), want: filter{to: "+9379123"}},
		"a word as number":    {query: "to=abc", wrong: []string{"to"}},
		"plus alone":          {query: "to=%2B", wrong: []string{"to"}},
		"zeros alone":         {query: "to=000", wrong: []string{"to"}},
		"too many digits":     {query: "to=" + long, wrong: []string{"to"}},
		"wildcards":           {query: "to=79%25&from=PA%25", wrong: []string{"to", "from"}},
		"sender":              {query: "from=+PAMIR-OTP+", want: filter{from: "PAMIR-OTP"}},
		"sender too long":     {query: "from=ABCDEFGHIJKLMNOPQ", wrong: []string{"from"}},
		"sender in script":    {query: "from=" + url.QueryEscape("پامیر"), wrong: []string{"from"}},
		"days":                {query: "after=2026-11-01&before=2026-11-30", want: filter{after: "2026-11-01", before: "2026-11-30"}},
		"one day":             {query: "after=2026-11-01&before=2026-11-01", want: filter{after: "2026-11-01", before: "2026-11-01"}},
		"days, eastern":       {query: "after=" + url.QueryEscape("۲۰۲۶/۱۱/۰۱"), want: filter{after: "2026-11-01"}},
		"days, Solar Hijri":   {query: "after=" + url.QueryEscape("۱۴۰۵/۹/۳") + "&before=1405-09-30", want: filter{after: "2026-11-24", before: "2026-12-21"}},
		"no such solar day":   {query: "after=1405/12/30", wrong: []string{"after"}},
		"no such day":         {query: "after=2026-02-30", wrong: []string{"after"}},
		"no day":              {query: "before=yesterday", wrong: []string{"before"}},
		"year of another age": {query: "after=1105-09-03&before=99999-01-01", wrong: []string{"after", "before"}},
		"days reversed":       {query: "after=2026-11-02&before=2026-11-01", want: filter{after: "2026-11-02", before: "2026-11-01"}, wrong: []string{"before"}},
		"an operator":         {query: "operator=awcc", want: filter{operator: "awcc"}},
		"other operators":     {query: "operator=other&to=%2B93", want: filter{to: "+93", operator: "other"}},
		"no such operator":    {query: "operator=AWCC", wrong: []string{"operator"}},
		"any operator":        {query: "operator=", want: filter{}},
		"a place":             {query: "cursor=abc&shown=50&total=10000&capped=1", want: filter{place: place{"abc", 50, 10000, true}}},
		"a place, odd":        {query: "cursor=abc&shown=-1&total=x&capped=1", want: filter{place: place{cursor: "abc"}}},
		"counts without one":  {query: "shown=50&total=10000", want: filter{}},
		"cursor too long":     {query: "cursor=" + long, wrong: []string{"cursor"}},
		"cursor not ASCII":    {query: "cursor=%F0%9F%98%80", wrong: []string{"cursor"}},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := url.ParseQuery(tc.query)
			if err != nil {
				t.Fatal(err)
			}
			got, errs := parseFilter(q)
			if diff := cmp.Diff(tc.want, got, allowAll); diff != "" {
				t.Errorf("filter (-want +got):\n%s", diff)
			}
			var fields []string
			for _, e := range errs {
				fields = append(fields, e.Field)
			}
			if diff := cmp.Diff(tc.wrong, fields); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFilter_Days: a day of the filter is a day in Kabul, and the last one counts to its end.
func TestFilter_Days(t *testing.T) {
	got := filter{after: "2026-11-01", before: "2026-11-01", to: "+9379", operator: "roshan", place: place{cursor: "c"}}.api()
	from, to := time.Date(2026, 10, 31, 19, 30, 0, 0, time.UTC), time.Date(2026, 11, 1, 19, 30, 0, 0, time.UTC)
	want := portal.MessageFilter{SubmittedAfter: &from, SubmittedBefore: &to, To: "+9379", Operator: "roshan", Limit: 50, Cursor: "c"}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzParseFilter: no query crashes the parser or gives a filter out of bounds, and a filter survives its own address.
func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		"", "status=failed&status=held&to=%2B9379&from=PAMIR&after=2026-11-01&before=2026-11-30", "to=۰۷۹", "cursor=abc&shown=50&total=10000&capped=1",
		"to=0093", "to=%00", "after=2026-13-01", "status=&status=x", "operator=awcc&operator=x", "from=+++", "to=00", "to=0", "to=(0)79-", "q=x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		got, wrong := parseFilter(q)
		for _, w := range wrong {
			if w.Field == "" || w.Key == "" {
				t.Fatalf("a complaint without a field or a reason: %+v", w)
			}
		}
		if len(got.to) > 1+maxNumber || len(got.from) > maxSender || len(got.cursor) > maxCursor || len(got.statuses) > len(portal.MessageStatuses) {
			t.Fatalf("out of bounds: %+v", got)
		}
		back, err := url.ParseQuery(got.query())
		if err != nil {
			t.Fatalf("query %q: %v", got.query(), err)
		}
		again, more := parseFilter(back)
		if diff := cmp.Diff(got, again, allowAll); diff != "" {
			t.Fatalf("parse(encode(f)) differs (-f +again):\n%s", diff)
		}
		if len(wrong) == 0 && len(more) != 0 {
			t.Fatalf("%q was right, its own encoding %q is not: %+v", raw, got.query(), more)
		}
	})
}

// TestList_Operator: an invoice's line opens the log narrowed to its operator; the form and the chips show that.
// TestList_SolarDays: who reads the Solar Hijri calendar types days in it; addresses keep ours, so that a link says the
// same to everybody.
func TestList_SolarDays(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(1), Total: someTotal(1)}}
	site := newTestSite(t, api)
	d := site.Get("/messages?after="+url.QueryEscape("۱۴۰۵/۰۹/۰۳"), webtest.Locale("ps")).Doc()
	if got := d.Attr("#f-after", "type") + " " + d.Attr("#f-after", "value") + " " + d.Attr("#f-after", "dir"); got != "text ۱۴۰۵/۰۹/۰۳ ltr" {
		t.Errorf("the field is %q", got)
	}
	if !strings.Contains(d.Text("#f-before-help"), "۱۴۰۵") || d.Attr("#f-before", "value") != "" {
		t.Error("the empty field shows no example")
	}
	want := time.Date(2026, 11, 24, 0, 0, 0, 0, locales.Kabul)
	if got := api.asked[0].SubmittedAfter; got == nil || !got.Equal(want) {
		t.Errorf("asked for %v", got)
	}
	english := site.Get("/messages?after=2026-11-24").Doc()
	if got := english.Attr("#f-after", "type") + " " + english.Attr("#f-after", "value"); got != "date 2026-11-24" {
		t.Errorf("in English the field is %q", got)
	}
	refused := site.Get("/messages?after=1405/13/1", webtest.Locale("fa-AF"))
	if refused.Code != http.StatusUnprocessableEntity || refused.Doc().Attr("#f-after", "value") != "1405/13/1" {
		t.Errorf("a month too many: %d, %q", refused.Code, refused.Doc().Attr("#f-after", "value"))
	}
}

func TestList_Operator(t *testing.T) {
	api := &fakeAPI{page: portal.MessagePage{Items: sample(1), Total: someTotal(1)}}
	d := newTestSite(t, api).Get("/messages?operator=other&after=2026-11-01").Doc()
	if got := api.asked[0].Operator; got != "other" {
		t.Errorf("asked for %q", got)
	}
	if got := d.Text("#f-operator option[selected]"); got != "Other numbers" {
		t.Errorf("chosen = %q", got)
	}
	if got := d.Text(`a.chip[href="/messages?after=2026-11-01"]`); got != "Remove filter:Operator: Other numbers" {
		t.Errorf("chip = %q", got)
	}
	r := newTestSite(t, api).Get("/messages?operator=%3Cb%3E")
	if r.Code != http.StatusUnprocessableEntity || r.Doc().Text("#f-operator-error") != "This operator does not exist." {
		t.Errorf("status %d", r.Code)
	}
	r.Doc().One("details[open] #f-operator")
}
