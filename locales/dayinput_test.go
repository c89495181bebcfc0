package locales

import (
	"testing"
	"time"
)

func TestParseDay(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-24": "2026-11-24", " 2026/1/5 ": "2026-01-05", "۲۰۲۶-۱۱-۲۴": "2026-11-24", "1405/9/3": "2026-11-24",
		"۱۴۰۵/۰۹/۰۳": "2026-11-24", "١٤٠٥.٩.٣": "2026-11-24", "1403/12/30": "2025-03-20", "1405/1/1": "2026-03-21", "1405/6/31": "2026-09-22",
		"1405/7/1": "2026-09-23", "1405/12/29": "2027-03-20",
		"1405/12/30": "", "1405/7/31": "", "2026-02-29": "", "2026-13-01": "", "2026-00-01": "", "2026-01-00": "", "1204/1/1": "",
		"": "", "yesterday": "", "2026-11": "", "20261124": "", "2026-11-24T00:00": "",
	} {
		got, ok := ParseDay(in)
		if text := got.Format(time.DateOnly); ok != (want != "") || ok && text != want {
			t.Errorf("%q: %s, %t, want %q", in, text, ok, want)
		}
		if ok && (got.Location() != Kabul || got.Hour() != 0) {
			t.Errorf("%q: %s is no midnight in Kabul", in, got)
		}
	}
}

// TestDayFigures: every day of fifty years comes back as it was written, in both calendars.
func TestDayFigures(t *testing.T) {
	b := mustLoad(t)
	for _, p := range []*Printer{
		b.Locale("en").Printer(time.Time{}, "", ""), b.Locale("ps").Printer(time.Time{}, "", ""),
		b.Locale("fa-AF").Printer(time.Time{}, "", Gregorian), b.Locale("ar").Printer(time.Time{}, "", Shamsi),
	} {
		for day := time.Date(2000, 1, 1, 0, 0, 0, 0, Kabul); day.Year() < 2050; day = day.AddDate(0, 0, 1) {
			text := string(p.DayFigures(day))
			if back, ok := ParseDay(text); !ok || !back.Equal(day) {
				t.Fatalf("%s %s: %s is written %q and read %s, %t", p.Tag, p.Calendar, day, text, back, ok)
			}
		}
	}
	if got := b.Locale("ps").Printer(time.Time{}, "", "").DayFigures(time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)); got != "۱۴۰۵/۰۹/۰۳" {
		t.Errorf("Pashto writes %q", got)
	}
}
