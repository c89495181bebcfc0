package locales

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// typedDay is a day in figures: year, month, day, as our calendars' readers write them.
var typedDay = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$`)

// A typed year of these is Solar Hijri; a later one is Gregorian, an earlier one a slip.
const firstSolarYear, lastSolarYear = 1300, 1500

// ParseDay reads a day as people type it, in the digits of any of our languages and in either calendar, which the year
// tells apart: "2026-11-24", "۱۴۰۵/۹/۳". It is midnight in Kabul.
func ParseDay(s string) (time.Time, bool) {
	m := typedDay.FindStringSubmatch(strings.TrimSpace(ASCIIDigits(s)))
	if m == nil {
		return time.Time{}, false
	}
	year, _ := strconv.Atoi(m[1]) // all of them are digits, and few
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	if year < firstSolarYear || month < 1 || month > 12 || day < 1 {
		return time.Time{}, false
	}
	var t time.Time
	if year <= lastSolarYear {
		before := 31 * (month - 1) // six months of 31 days, then of 30
		if month > 7 {
			before = 186 + 30*(month-7)
		}
		t = time.Unix(int64(solarRule.yearStart(year)+before+day-1)*24*60*60, 0).UTC()
		if y, mm, d := solarRule.solarDate(solarRule.yearStart(year) + before + day - 1); y != year || mm != month || d != day {
			return time.Time{}, false
		}
	} else {
		t = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		if t.Day() != day {
			return time.Time{}, false
		}
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, Kabul), true
}

// DayFigures writes the day of t in the person's calendar as [ParseDay] reads it: "2026-11-24", "۱۴۰۵/۰۹/۰۳".
func (p *Printer) DayFigures(t time.Time) Text {
	y, m, d := t.In(p.Zone).Date()
	separator, month := byte('-'), int(m)
	if p.Calendar == Shamsi {
		separator = '/'
		y, month, d = solarRule.solarDate(dayNumber(y, m, d))
	}
	buf := p.numerals.AppendPlain(make([]byte, 0, 32), int64(y), 4)
	buf = p.numerals.AppendPlain(append(buf, separator), int64(month), 2)
	return Text(p.numerals.AppendPlain(append(buf, separator), int64(d), 2))
}
