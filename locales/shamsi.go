package locales

// leapRule says which years of the Solar Hijri calendar have 366 days.
type leapRule int

const (
	// afghanRule: year S is leap if Gregorian S+621 is, as Afghan almanacs publish it, so that 1 Hamal is always the
	// 20th or 21st of March.
	afghanRule leapRule = iota
	// astronomicalRule: the Iranian calendar, which ICU and phones use, as its 33-year cycle (exact for 1178–1501).
	// It agrees with the Afghan rule for all of 1372–1407, and differs by a day in some years after that.
	astronomicalRule
)

// solarRule is the rule in force. The two part company in March 2029: 1 Hamal 1408 is the 21st by the Afghan rule and the
// 20th by the astronomical one.
const solarRule = afghanRule

// solarEpoch is 1 Hamal 1 as days before 1 January 1970.
const solarEpoch = -492268

// yearStart returns the day of 1 Hamal, counted from 1 January 1970.
func (r leapRule) yearStart(year int) int {
	if r == astronomicalRule {
		return solarEpoch + 365*(year-1) + floorDiv(8*year+21, 33)
	}
	// Days from the year 1 to 1 January of the Gregorian year in which S begins, and 79 days on from there: 21 March,
	// or the 20th after a 29 February.
	g := year + 621 - 1
	return 365*g + floorDiv(g, 4) - floorDiv(g, 100) + floorDiv(g, 400) - 719162 + 79
}

// solarDate returns the Solar Hijri date of a day counted from 1 January 1970. month is 1–12.
func (r leapRule) solarDate(day int) (year, month, dom int) {
	year = floorDiv(day-solarEpoch, 365) + 1 // never too early: no year has fewer days
	for r.yearStart(year) > day {
		year--
	}
	n := day - r.yearStart(year)
	if n < 186 { // six months of 31 days, then of 30
		return year, n/31 + 1, n%31 + 1
	}
	n -= 186
	return year, n/30 + 7, n%30 + 1
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
