package locales

import (
	"testing"
	"time"
)

func TestPeriod(t *testing.T) {
	b := mustLoad(t)
	month := func(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, Kabul) }
	november := [2]time.Time{month(2026, 11), month(2026, 12)}
	for name, tc := range map[string]struct {
		tag, zone, calendar string
		span                [2]time.Time
		label, gregorian    Text
	}{
		"a month in English":       {tag: "en", span: november, label: "November 2026"},
		"seen from the west":       {tag: "en", zone: "America/Los_Angeles", span: november, label: "November 2026"},
		"seen from the east":       {tag: "en", zone: "Asia/Kolkata", span: november, label: "November 2026"},
		"a month in Arabic":        {tag: "ar", span: november, label: "نوفمبر 2026"},
		"a month in Dari":          {tag: "fa-AF", span: november, label: "۱۰ عقرب – ۹ قوس ۱۴۰۵", gregorian: "نومبر ۲۰۲۶"},
		"Dari from Berlin":         {tag: "fa-AF", zone: "Europe/Berlin", span: november, label: "۱۰ عقرب – ۹ قوس ۱۴۰۵", gregorian: "نومبر ۲۰۲۶"},
		"a month in Pashto":        {tag: "ps", span: november, label: "۱۰ لړم – ۹ لیندۍ ۱۴۰۵", gregorian: "نومبر ۲۰۲۶"},
		"over the Afghan new year": {tag: "fa-AF", span: [2]time.Time{month(2026, 3), month(2026, 4)}, label: "۱۰ حوت ۱۴۰۴ – ۱۱ حمل ۱۴۰۵", gregorian: "مارچ ۲۰۲۶"},
		"Dari, Gregorian":          {tag: "fa-AF", calendar: Gregorian, span: november, label: "نومبر ۲۰۲۶"},
		"English, Solar Hijri":     {tag: "en", calendar: Shamsi, span: november, label: "10 Aqrab – 9 Qaws 1405", gregorian: "November 2026"},
		"no whole month":           {tag: "en", span: [2]time.Time{month(2026, 11), month(2026, 11).AddDate(0, 0, 14)}, label: "1 Nov – 14 November 2026"},
		"one day":                  {tag: "en", span: [2]time.Time{month(2026, 11), month(2026, 11).AddDate(0, 0, 1)}, label: "1 November 2026"},
		"over New Year":            {tag: "en", span: [2]time.Time{month(2026, 12), month(2027, 2)}, label: "1 December 2026 – 31 January 2027"},
		"no days at all":           {tag: "en", span: [2]time.Time{month(2026, 11), month(2026, 11)}, label: "1 November 2026"},
	} {
		t.Run(name, func(t *testing.T) {
			p := b.Locale(tc.tag).Printer(time.Time{}, tc.zone, tc.calendar)
			label, gregorian := p.Period(tc.span[0], tc.span[1])
			if label != tc.label || gregorian != tc.gregorian {
				t.Errorf("Period = %q, %q; want %q, %q", label, gregorian, tc.label, tc.gregorian)
			}
		})
	}
}

func TestPrinter_Kabul(t *testing.T) {
	p := mustLoad(t).Locale("en").Printer(time.Time{}, "Europe/Berlin", "")
	midnight := time.Date(2026, 11, 1, 0, 0, 0, 0, Kabul)
	if got := p.Kabul().Date(midnight); got != "1 November 2026" {
		t.Errorf("the day is %q", got)
	}
	if got := p.Date(midnight); got != "31 October 2026" {
		t.Errorf("the printer itself has changed: %q", got)
	}
}

func TestParseAmount(t *testing.T) {
	for typed, want := range map[string]int64{
		"5000": 5_000_000_000, "5,000": 5_000_000_000, "5,000.50": 5_000_500_000, "5000.5": 5_000_500_000, "0": 0, "0.01": 10_000, "007": 7_000_000,
		" 1 250 ": 1_250_000_000, "12.": 12_000_000, "۵٬۰۰۰٫۵": 5_000_500_000, "۵۰۰۰": 5_000_000_000, "٥٠٠٠٫٢٥": 5_000_250_000, "۱،۰۰۰": 1_000_000_000,
		"\u200f۱۰۰\u200e": 100_000_000, "1\u00a0000": 1_000_000_000, "999,999,999.99": 999_999_999_990_000,
	} {
		if got, ok := ParseAmount(typed); !ok || got != want {
			t.Errorf("ParseAmount(%q) = %d, %t; want %d", typed, got, ok, want)
		}
	}
	for _, typed := range []string{
		"", " ", "-5", "+5", "12,50", "1,23", ",5", ",500", "1234,567", "1,,000", "1.005", "1.2.3", "5e3", "0x10", "five", "5000 AFN", "$5", "1000000000", "NaN", ".",
		".5", "۵۰۰افغانی", "1.1,000", "99999999999999999999999999",
	} {
		if got, ok := ParseAmount(typed); ok {
			t.Errorf("ParseAmount(%q) = %d, want a refusal", typed, got)
		}
	}
	// What a field shows can be sent back as it stands, in every language.
	b := mustLoad(t)
	for _, tag := range Tags {
		for _, micros := range []int64{0, 10_000, 7_000_000, 5_000_500_000, 1_234_567_890_000, 999_999_999_990_000} {
			shown := b.Locale(tag).PlainAmount(micros)
			if got, ok := ParseAmount(string(shown)); !ok || got != micros {
				t.Errorf("%s: %q reads back as %d, %t; want %d", tag, shown, got, ok, micros)
			}
		}
	}
}
