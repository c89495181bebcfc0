package dashboard

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// fakeAPI is a platform whose parts can fail one by one.
type fakeAPI struct {
	stats     portal.MessageStats
	statsErr  error
	page      portal.MessagePage
	latestErr error
	keys      []portal.APIKey
	keysAsked bool
	usage     portal.Usage
	usageErr  error
	hooks     []portal.Webhook
	hooksErr  error
	slow      bool // waits for the context's end
}

func (f *fakeAPI) MessageStats(ctx context.Context, token string, days int) (portal.MessageStats, error) {
	if token != webtest.Customer.Token || days != 30 {
		return portal.MessageStats{}, errors.New("asked wrongly")
	}
	if f.slow {
		<-ctx.Done()
		return portal.MessageStats{}, portal.Fail(portal.Unavailable, ctx.Err())
	}
	return f.stats, f.statsErr
}

func (f *fakeAPI) Messages(_ context.Context, _ string, filter portal.MessageFilter) (portal.MessagePage, error) {
	if filter.Limit != 5 {
		return portal.MessagePage{}, errors.New("asked wrongly")
	}
	return f.page, f.latestErr
}

func (f *fakeAPI) Webhooks(context.Context, string) ([]portal.Webhook, error) {
	return f.hooks, f.hooksErr
}

func (f *fakeAPI) APIKeys(context.Context, string) ([]portal.APIKey, error) {
	f.keysAsked = true
	return f.keys, nil
}

func (f *fakeAPI) Usage(_ context.Context, token, month string) (portal.Usage, error) {
	if token != webtest.Customer.Token || month != "" {
		return portal.Usage{}, errors.New("asked wrongly")
	}
	return f.usage, f.usageErr
}

func newTestSite(t *testing.T, api *fakeAPI) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	New(s.Kit, api, "https://api.example.test").Register(s.Engine)
	return s
}

// thirtyDays are the days up to the clock of the site's today, the i-th having i+1 hundred messages.
func thirtyDays() []portal.MessageDay {
	all := make([]portal.MessageDay, 30)
	for i := range all {
		n := 100 * (i + 1)
		all[i] = portal.MessageDay{
			Day:       webtest.Now.AddDate(0, 0, i-29).Format(time.DateOnly),
			Submitted: n, Delivered: n * 9 / 10, Failed: n / 10, SpendMicros: int64(n) * 350_000, SegmentCount: n,
		}
	}
	return all
}

func busy() *fakeAPI {
	at := webtest.Now.Add(-time.Minute)
	return &fakeAPI{
		stats: portal.MessageStats{
			Any: true, Days: thirtyDays(),
			Failures: []portal.FailureCount{{ErrorCode: "unknown_subscriber", Count: 142}, {ErrorCode: "validity_expired", Count: 71}, {ErrorCode: "brand_new", Count: 1}},
		},
		usage: portal.Usage{Currency: portal.AFN, BalanceMicros: 8_000_000_000, CreditLimitMicros: 1_000_000_000},
		page: portal.MessagePage{Items: []portal.Message{
			{MessageID: portal.NewID("msg", at), To: "+93791234567", From: "PAMIR", Status: portal.StatusSent, SubmittedAt: at},
		}},
	}
}

func TestShow_OK(t *testing.T) {
	api := busy()
	d := newTestSite(t, api).Get("/dashboard").Doc()
	if got := d.Text("h1"); got != "Dashboard" {
		t.Errorf("h1 = %q", got)
	}
	var tiles []string
	for _, n := range d.All(".tile") {
		tiles = append(tiles, strings.ReplaceAll(webtest.Text(n), "\u00a0", " "))
	}
	for i, want := range []string{
		"Sent today 3,000 up 30.4% on the same day last week",
		"Delivered today 90% as in the week before",
		"Failed today 300 40 more than usual",
		"Credit balance AFN 8,000.00 AFN 1,050.00 spent today",
	} {
		if i >= len(tiles) || tiles[i] != want {
			t.Errorf("tiles = %q, want %q at %d", tiles, want, i)
		}
	}
	if got := len(d.All(".tile svg.spark polyline")); got != 3 {
		t.Errorf("%d sparklines, want 3", got)
	}
	if got := d.Text(".chart-summary"); got != "46,500 messages in 30 days; the busiest day was 24 Nov with 3,000." {
		t.Errorf("summary = %q", got)
	}
	if got := len(d.All(".chart-bar")); got != 30 {
		t.Errorf("%d bars, want 30", got)
	}
	if got := len(d.All("details.chart-table tbody tr")); got != 30 {
		t.Errorf("%d rows in the table of figures, want 30", got)
	}
	bars := d.All(".bar-item a")
	for i, want := range []string{
		"/messages?after=2026-10-26&status=failed", "/messages?after=2026-10-26&status=expired", "/messages?after=2026-10-26&status=failed",
	} {
		if got := webtest.Attr(bars[i], "href"); got != want {
			t.Errorf("cause %d leads to %q, want %q", i, got, want)
		}
	}
	for i, want := range []string{"100", "50", "1"} {
		if got := webtest.Attr(d.All(".bar-item meter")[i], "value"); got != want {
			t.Errorf("bar %d is %s long, want %s", i, got, want)
		}
	}
	if got := len(d.All("tbody td a.row-link")); got != 1 {
		t.Errorf("%d latest messages, want 1", got)
	}
	d.One(`a[href="/messages"].link`)
	d.None(".steps, .alert")
	if api.keysAsked {
		t.Error("keys were read though no checklist shows")
	}
}

// TestShow_FirstSteps: the checklist follows the facts and goes when the first message is delivered.
func TestShow_FirstSteps(t *testing.T) {
	message := portal.MessagePage{Items: []portal.Message{{MessageID: portal.NewID("msg", webtest.Now), SubmittedAt: webtest.Now}}}
	for name, tc := range map[string]struct {
		api  fakeAPI
		done int
	}{
		"nothing yet":  {fakeAPI{}, 0},
		"a key":        {fakeAPI{keys: []portal.APIKey{{}}}, 1},
		"a message":    {fakeAPI{page: message}, 1},
		"both":         {fakeAPI{page: message, keys: []portal.APIKey{{}}}, 2},
		"an old one":   {fakeAPI{stats: portal.MessageStats{Days: []portal.MessageDay{{Day: "2026-11-23", Submitted: 1}, {Day: "2026-11-24"}}}}, 1},
		"stats are up": {fakeAPI{stats: portal.MessageStats{Days: thirtyDays()}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTestSite(t, &tc.api).Get("/dashboard").Doc()
			if got := len(d.All(".steps .step")); got != 3 {
				t.Fatalf("%d steps, want 3", got)
			}
			if got := len(d.All(".step-done")); got != tc.done {
				t.Errorf("%d steps done, want %d", got, tc.done)
			}
			if got := len(d.All(".steps a")); got != 3-tc.done {
				t.Errorf("%d steps lead somewhere, want %d", got, 3-tc.done)
			}
		})
	}
}

func TestShow_PartlyDown(t *testing.T) {
	down := portal.Fail(portal.Unavailable, errors.New("dial tcp 10.0.0.1: refused"))

	api := busy()
	api.statsErr = down
	r := newTestSite(t, api).Get("/dashboard")
	if r.Code != http.StatusOK {
		t.Errorf("status %d", r.Code)
	}
	d := r.Doc()
	if got := d.Text(".alert .alert-title"); got != "Figures are not available" {
		t.Errorf("alert = %q", got)
	}
	d.One(`.alert a[href="/dashboard"]`)
	d.None(".tile, .chart, .steps")
	d.One("tbody a.row-link")
	if strings.Contains(r.Body, "10.0.0.1") {
		t.Error("the cause is on the page")
	}

	api = busy()
	api.latestErr = down
	d = newTestSite(t, api).Get("/dashboard").Doc()
	if got := d.Text(".alert .alert-title"); got != "The latest messages are not available" {
		t.Errorf("alert = %q", got)
	}
	if got := len(d.All(".tile")); got != 4 {
		t.Errorf("%d tiles, want 4", got)
	}
	d.None("a.row-link[href^='/messages/msg_'], .empty")
}

func TestShow_Down(t *testing.T) {
	for code, want := range map[portal.Code]int{
		portal.Unavailable: http.StatusServiceUnavailable, portal.RateLimited: http.StatusTooManyRequests, portal.Forbidden: http.StatusForbidden,
		portal.Unauthenticated: http.StatusSeeOther,
	} {
		err := portal.Fail(code, nil)
		if r := newTestSite(t, &fakeAPI{statsErr: err, latestErr: err}).Get("/dashboard"); r.Code != want {
			t.Errorf("%s: status %d, want %d", code, r.Code, want)
		}
	}
	// A session that ends between two calls ends the page, not a part of it.
	api := busy()
	api.latestErr = portal.Fail(portal.Unauthenticated, nil)
	if r := newTestSite(t, api).Get("/dashboard"); r.Code != http.StatusSeeOther {
		t.Errorf("status %d, want 303", r.Code)
	}
	s := newTestSite(t, busy())
	s.User = nil
	if r := s.Get("/dashboard"); r.Code != http.StatusSeeOther {
		t.Errorf("nobody signed in: status %d", r.Code)
	}
}

// TestFacts_Deadline: a platform that does not answer does not hold the page for ever, and only its part is missing.
func TestFacts_Deadline(t *testing.T) {
	api := busy()
	api.slow = true
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	f := New(nil, api, "").facts(ctx, webtest.Customer.Token)
	if portal.CodeOf(f.statsErr) != portal.Unavailable || f.latestErr != nil {
		t.Errorf("stats: %v, latest: %v", f.statsErr, f.latestErr)
	}
	if err := f.fatal(); err != nil {
		t.Errorf("one part missing is fatal: %v", err)
	}
}

func TestShow_Markup(t *testing.T) {
	evil := `"><script>alert(1)</script>`
	api := busy()
	api.stats.Days[3].Day, api.stats.Failures[0].ErrorCode = evil, evil
	api.page.Items[0].From, api.page.Items[0].MessageID = evil, evil
	newTestSite(t, api).Get("/dashboard").Doc().None("script:not([src])")
}

// TestShow_Languages: every language draws the page; figures in its own digits.
func TestShow_Languages(t *testing.T) {
	s := newTestSite(t, busy())
	for tag, want := range map[string]string{"en": "3,000", "fa-AF": "۳٬۰۰۰", "ps": "۳٬۰۰۰", "ar": "3,000"} {
		d := s.Get("/dashboard", webtest.Locale(tag)).Doc()
		if got := webtest.Text(d.All(".tile-value")[0]); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

// TestShow_Sizes: no number of days breaks the page.
func TestShow_Sizes(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 8, 30} {
		api := busy()
		api.stats.Days = thirtyDays()[30-n:]
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			r := newTestSite(t, api).Get("/dashboard")
			if r.Code != http.StatusOK || len(r.Doc().All(".chart-bar")) != n {
				t.Errorf("status %d, %d bars", r.Code, len(r.Doc().All(".chart-bar")))
			}
		})
	}
}
