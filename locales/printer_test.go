package locales

import (
	"testing"
	"time"
)

// day is the number of a day written as 2026-11-23.
func day(t *testing.T, s string) int {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return dayNumber(d.Date())
}

func TestSolarDate(t *testing.T) {
	for _, tt := range []struct {
		gregorian            string
		y, m, d              int
		astronomicalDiffers  bool
		astroY, astroM, astD int
	}{
		{gregorian: "2024-03-20", y: 1403, m: 1, d: 1},
		{gregorian: "2025-03-20", y: 1403, m: 12, d: 30}, // leap
		{gregorian: "2025-03-21", y: 1404, m: 1, d: 1},
		{gregorian: "2026-03-20", y: 1404, m: 12, d: 29},
		{gregorian: "2026-03-21", y: 1405, m: 1, d: 1},
		{gregorian: "1979-02-11", y: 1357, m: 11, d: 22},
		{gregorian: "1970-01-01", y: 1348, m: 10, d: 11},
		{gregorian: "2026-11-23", y: 1405, m: 9, d: 2},
		{gregorian: "2026-09-22", y: 1405, m: 6, d: 31},
		{gregorian: "2026-09-23", y: 1405, m: 7, d: 1},
		{gregorian: "2028-03-20", y: 1407, m: 1, d: 1},
		// The rules part here: 1407 is leap in Afghanistan, 1408 in Iran.
		{"2029-03-20", 1407, 12, 30, true, 1408, 1, 1},
		{"2029-03-21", 1408, 1, 1, true, 1408, 1, 2},
		{gregorian: "2030-03-21", y: 1409, m: 1, d: 1},
	} {
		n := day(t, tt.gregorian)
		if y, m, d := afghanRule.solarDate(n); y != tt.y || m != tt.m || d != tt.d {
			t.Errorf("Afghan %s: %d-%d-%d, want %d-%d-%d", tt.gregorian, y, m, d, tt.y, tt.m, tt.d)
		}
		if !tt.astronomicalDiffers {
			tt.astroY, tt.astroM, tt.astD = tt.y, tt.m, tt.d
		}
		if y, m, d := astronomicalRule.solarDate(n); y != tt.astroY || m != tt.astroM || d != tt.astD {
			t.Errorf("astronomical %s: %d-%d-%d, want %d-%d-%d", tt.gregorian, y, m, d, tt.astroY, tt.astroM, tt.astD)
		}
	}
}

// TestSolarDate_RoundTrip walks day by day: each is the one before plus one, and counts back to itself.
func TestSolarDate_RoundTrip(t *testing.T) {
	for _, rule := range []leapRule{afghanRule, astronomicalRule} {
		from, to := day(t, "1800-01-01"), day(t, "2120-01-01")
		py, pm, pd := rule.solarDate(from - 1)
		for n := from; n < to; n++ {
			y, m, d := rule.solarDate(n)
			next := y == py && m == pm && d == pd+1 || d == 1 && (y == py && m == pm+1 || y == py+1 && m == 1 && pm == 12 && pd >= 29)
			if !next {
				t.Fatalf("rule %d: %d-%d-%d follows %d-%d-%d", rule, y, m, d, py, pm, pd)
			}
			if back := rule.yearStart(y) + (m-1)*30 + min(m-1, 6) + d - 1; back != n {
				t.Fatalf("rule %d: day %d counts back to %d", rule, n, back)
			}
			py, pm, pd = y, m, d
		}
	}
}

// TestSolarRules_AgreeUntil1407 is why the choice of a rule matters to nobody before March 2029.
func TestSolarRules_AgreeUntil1407(t *testing.T) {
	for y := 1372; y <= 1407; y++ {
		if a, b := afghanRule.yearStart(y), astronomicalRule.yearStart(y); a != b {
			t.Errorf("%d begins on day %d or %d", y, a, b)
		}
	}
}

func TestPrinter_Dates(t *testing.T) {
	b := mustLoad(t)
	at := time.Date(2026, 11, 23, 9, 35, 9, 0, time.UTC) // 14:05:09 in Kabul
	for _, tt := range []struct{ tag, date, short, exact, other, clock, weekday string }{
		{"en", "23 November 2026", "23 Nov", "23 November 2026, 14:05:09", "2 Qaws 1405", "14:05:09", "Monday"},
		{"fa-AF", "۲ قوس ۱۴۰۵", "۲ قوس", "۲ قوس ۱۴۰۵، ۱۴:۰۵:۰۹", "۲۳ نومبر ۲۰۲۶", "۱۴:۰۵:۰۹", "دوشنبه"},
		{"ps", "۲ لیندۍ ۱۴۰۵", "۲ لیندۍ", "۲ لیندۍ ۱۴۰۵، ۱۴:۰۵:۰۹", "۲۳ نومبر ۲۰۲۶", "۱۴:۰۵:۰۹", "دونۍ"},
		{"ar", "23 نوفمبر 2026", "23 نوفمبر", "23 نوفمبر 2026، 14:05:09", "2 القوس 1405", "14:05:09", "الاثنين"},
	} {
		p := b.Locale(tt.tag).Printer(at, "", "")
		for _, c := range []struct {
			what string
			got  Text
			want string
		}{
			{"Date", p.Date(at), tt.date}, {"ShortDate", p.ShortDate(at), tt.short}, {"DateTime", p.DateTime(at), tt.exact},
			{"OtherDate", p.OtherDate(at), tt.other}, {"Clock", p.Clock(at), tt.clock}, {"Weekday", p.Weekday(at), tt.weekday},
		} {
			if string(c.got) != c.want {
				t.Errorf("%s %s: %q, want %q", tt.tag, c.what, c.got, c.want)
			}
		}
	}
}

func TestPrinter_ZoneAndCalendar(t *testing.T) {
	b := mustLoad(t)
	at := time.Date(2026, 11, 23, 19, 30, 0, 0, time.UTC) // midnight in Kabul
	for _, tt := range []struct{ tag, zone, calendar, want string }{
		{"en", "", "", "24 November 2026, 00:00:00"},
		{"en", "Asia/Kabul", "shamsi", "3 Qaws 1405, 00:00:00"},
		{"en", "UTC", "", "23 November 2026, 19:30:00 UTC+00:00"},
		{"en", "Local", "", "24 November 2026, 00:00:00"},
		{"en", "../../etc/passwd", "", "24 November 2026, 00:00:00"},
		{"en", "no/where", "lunar", "24 November 2026, 00:00:00"},
		{"fa-AF", "Europe/Berlin", "gregorian", "۲۳ نومبر ۲۰۲۶، ۲۰:۳۰:۰۰ \u2066UTC+01:00\u2069"},
		{"ar", "", "shamsi", "3 القوس 1405، 00:00:00"},
	} {
		if got := b.Locale(tt.tag).Printer(at, tt.zone, tt.calendar).DateTime(at); string(got) != tt.want {
			t.Errorf("%s %s %s: %q, want %q", tt.tag, tt.zone, tt.calendar, got, tt.want)
		}
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC) // 14:00 in Kabul
	en := mustLoad(t).Locale("en").Printer(now, "", "")
	for _, tt := range []struct {
		ago  time.Duration
		want string
	}{
		{0, "just now"},
		{4 * time.Second, "just now"},
		{-4 * time.Second, "just now"}, // a clock that is a little ahead
		{5 * time.Second, "5 seconds ago"},
		{59999 * time.Millisecond, "59 seconds ago"},
		{time.Minute, "1 minute ago"},
		{119 * time.Second, "1 minute ago"},
		{59 * time.Minute, "59 minutes ago"},
		{time.Hour, "1 hour ago"},
		{15 * time.Hour, "15 hours ago"}, // yesterday evening, but hours say more
		{24 * time.Hour, "yesterday"},
		{38 * time.Hour, "yesterday"}, // just after midnight
		{39 * time.Hour, "2 days ago"},
		{6 * 24 * time.Hour, "6 days ago"},
		{7 * 24 * time.Hour, "16 November 2026"},
		{-5 * time.Minute, "in 5 minutes"},
		{-3 * time.Hour, "in 3 hours"},
		{-24 * time.Hour, "tomorrow"},
		{-34 * time.Hour, "in 2 days"},
		{-30 * 24 * time.Hour, "23 December 2026"},
	} {
		if got := en.Ago(now.Add(-tt.ago)); string(got) != tt.want {
			t.Errorf("%v ago is %q, want %q", tt.ago, got, tt.want)
		}
	}
}

func TestAgo_Plurals(t *testing.T) {
	b := mustLoad(t)
	now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		tag  string
		ago  time.Duration
		want string
	}{
		{"fa-AF", 2 * time.Minute, "۲ دقیقه پیش"},
		{"ps", time.Minute, "۱ دقیقه مخکې"},
		{"ps", 2 * time.Minute, "۲ دقیقې مخکې"},
		{"ar", time.Minute, "قبل دقيقة واحدة"},
		{"ar", 2 * time.Minute, "قبل دقيقتين"},
		{"ar", 3 * time.Minute, "قبل 3 دقائق"},
		{"ar", 11 * time.Minute, "قبل 11 دقيقة"},
		{"ar", 72 * time.Hour, "قبل 3 أيام"},
	} {
		if got := b.Locale(tt.tag).Printer(now, "", "").Ago(now.Add(-tt.ago)); string(got) != tt.want {
			t.Errorf("%s %v: %q, want %q", tt.tag, tt.ago, got, tt.want)
		}
	}
}

func TestDuration(t *testing.T) {
	p := mustLoad(t).Locale("en").Printer(time.Time{}, "", "")
	for d, want := range map[time.Duration]string{
		0: "less than a second", 999 * time.Millisecond: "less than a second", time.Second: "1 second", -4 * time.Second: "4 seconds",
		59 * time.Second: "59 seconds", 3 * time.Minute: "3 minutes", 23*time.Hour + 59*time.Minute: "23 hours", 50 * time.Hour: "2 days",
	} {
		if got := p.Duration(d); string(got) != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
