package dashboard

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

func newTestPrinter(t *testing.T) *locales.Printer {
	t.Helper()
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Locale("en").Printer(webtest.Now, "", "")
}

// days of a week whose last two are given.
func weekUntil(lastWeek, today portal.MessageDay) []portal.MessageDay {
	all := make([]portal.MessageDay, 8)
	for i := range all {
		all[i] = portal.MessageDay{Day: "2026-11-" + strconv.Itoa(17+i), Submitted: 100, Delivered: 90, Failed: 10}
	}
	all[0], all[7] = lastWeek, today
	return all
}

// TestTiles_Notes: today is not over, so a figure behind last week's is never called a fall.
func TestTiles_Notes(t *testing.T) {
	p := newTestPrinter(t)
	for name, tc := range map[string]struct {
		all   []portal.MessageDay
		tile  int
		note  string
		trend string
		tone  string
	}{
		"ahead of last week":  {weekUntil(portal.MessageDay{Submitted: 100}, portal.MessageDay{Submitted: 150}), 0, "up 50% on the same day last week", "up", ""},
		"behind it":           {weekUntil(portal.MessageDay{Submitted: 100}, portal.MessageDay{Submitted: 60}), 0, "100 by the end of the same day last week", "", ""},
		"nothing before":      {weekUntil(portal.MessageDay{}, portal.MessageDay{Submitted: 60}), 0, "nothing on the same day last week", "", ""},
		"first day ever":      {[]portal.MessageDay{{Submitted: 60}}, 0, "", "", ""},
		"rate fell":           {weekUntil(portal.MessageDay{Delivered: 90, Failed: 10}, portal.MessageDay{Delivered: 80, Failed: 20}), 1, "down 10 points on the week before", "down", "bad"},
		"rate rose":           {weekUntil(portal.MessageDay{Delivered: 90, Failed: 10}, portal.MessageDay{Delivered: 99, Failed: 1}), 1, "up 9 points on the week before", "up", "good"},
		"rate the same":       {weekUntil(portal.MessageDay{Delivered: 90, Failed: 10}, portal.MessageDay{Delivered: 9, Failed: 1}), 1, "as in the week before", "", ""},
		"nothing ended yet":   {weekUntil(portal.MessageDay{}, portal.MessageDay{Submitted: 5}), 1, "nothing has arrived or failed yet", "", ""},
		"no rate before":      {[]portal.MessageDay{{}, {Delivered: 3, Failed: 1}}, 1, "4 of those that have arrived or failed", "", ""},
		"more failed":         {weekUntil(portal.MessageDay{Failed: 10}, portal.MessageDay{Failed: 51}), 2, "41 more than usual", "up", "bad"},
		"no more than usual":  {weekUntil(portal.MessageDay{Failed: 10}, portal.MessageDay{Failed: 10}), 2, "usually 10 a day", "", ""},
		"spent less than was": {weekUntil(portal.MessageDay{SpendMicros: 2_000_000}, portal.MessageDay{SpendMicros: 1_000_000}), 3, "AFN 2.00 by the end of the same day last week", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := tiles(p, facts{stats: portal.MessageStats{Days: tc.all}, usageErr: errors.New("no balance")})[tc.tile]
			note := strings.ReplaceAll(strings.ReplaceAll(string(got.Note), "\u00a0", " "), "10.0", "10")
			note = strings.ReplaceAll(note, "9.0 ", "9 ")
			if note != tc.note || got.Trend != tc.trend || got.Tone != tc.tone {
				t.Errorf("note %q, trend %q, tone %q; want %q, %q, %q", note, got.Trend, got.Tone, tc.note, tc.trend, tc.tone)
			}
		})
	}
}

// TestTraffic: bars stay inside the drawing, stand on its floor, and have no gap between their parts.
func TestTraffic(t *testing.T) {
	p := newTestPrinter(t)
	all := thirtyDays()
	all[4] = portal.MessageDay{Day: all[4].Day}                                              // a day without messages
	all[5] = portal.MessageDay{Day: all[5].Day, Submitted: 1, Failed: 1}                     // too few to see, but there
	all[6] = portal.MessageDay{Day: all[6].Day, Submitted: 9000, Delivered: 8999, Failed: 1} // the highest
	c := traffic(p, all)
	for i, b := range c.Bars {
		if b.X < 0 || b.X+b.Width > c.Width {
			t.Errorf("bar %d from %d to %d is outside of %d", i, b.X, b.X+b.Width, c.Width)
		}
		floor := c.Height
		for _, r := range b.Stack {
			if r.Height < 1 || r.Y+r.Height != floor || r.Y < 0 {
				t.Errorf("bar %d: %+v does not stand on %d", i, r, floor)
			}
			floor = r.Y
			if emphasised := !strings.HasSuffix(r.Tone, "-soft"); emphasised != (i == 29) {
				t.Errorf("bar %d is drawn in %q", i, r.Tone)
			}
		}
	}
	if n := len(c.Bars[4].Stack); n != 0 {
		t.Errorf("a day without messages has %d parts", n)
	}
	if n := len(c.Bars[5].Stack); n != 1 {
		t.Errorf("a day with one message has %d parts", n)
	}
	if last := c.Labels[0]; last.Label != "24 Nov" || last.Pos != 29*slot+slot/2 {
		t.Errorf("today's label = %+v", last)
	}
	if got := traffic(p, []portal.MessageDay{{Day: "2026-11-24"}}).Summary; got != "No messages in 1 days. They appear here as soon as you send." {
		t.Errorf("summary of nothing = %q", got)
	}
}

func TestScale(t *testing.T) {
	p := newTestPrinter(t)
	for most, want := range map[int]int{0: 3, 3: 3, 4: 4, 10: 10, 16_000: 20_000, 15_000: 15_000, 999_999: 1_000_000} {
		c := traffic(p, []portal.MessageDay{{Day: "2026-11-24", Delivered: most}})
		top := c.Ticks[len(c.Ticks)-1]
		if top.Pos != 0 || top.Label != p.Number(int64(want)) || len(c.Ticks) > 4 {
			t.Errorf("most %d: %d ticks up to %q at %d, want %d", most, len(c.Ticks), top.Label, top.Pos, want)
		}
	}
}

func TestSpark(t *testing.T) {
	value := func(d portal.MessageDay) float64 { return float64(d.Submitted) }
	got := spark([]portal.MessageDay{{Submitted: 0}, {Submitted: 10}, {Submitted: 5}}, value)
	if got.Points != "0,15 36,1 72,8" {
		t.Errorf("points = %q", got.Points)
	}
	if got := spark([]portal.MessageDay{{}, {}}, value); got.Points != "0,8 72,8" {
		t.Errorf("flat points = %q", got.Points)
	}
	if spark([]portal.MessageDay{{}}, value) != nil {
		t.Error("one day makes no line")
	}
}
