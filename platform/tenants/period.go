package tenants

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"ghasi.io/portal/portal"
)

// kabul is where days begin: 4½ hours ahead of UTC, no summer time.
var kabul = time.FixedZone("Asia/Kabul", 4*3600+1800)

// maxPeriodDays bounds a period.
const maxPeriodDays = 366

// period is a run of whole days in Kabul. Both times are midnights there; end is exclusive.
type period struct {
	start, end time.Time
	previous   time.Time // start of the period of the same length before
}

var (
	quarterForm = regexp.MustCompile(`^(\d{4})-Q([1-4])$`)
	monthForm   = regexp.MustCompile(`^(\d{4})-(0[1-9]|1[0-2])$`)
	daysForm    = regexp.MustCompile(`^([1-9]\d{0,2})d$`)
)

// parsePeriod reads "2026-Q1", "2026-01", "30d" (the last thirty days, today included) or "2026-01-01/2026-01-31" (from
// and until, exclusive). A period that has not begun is refused. Errors: Invalid in the field period.
func parsePeriod(s string, now time.Time) (period, error) {
	today := midnight(now)
	p, ok := readPeriod(s, today)
	if !ok {
		return period{}, portal.InvalidField("period", "field.invalid")
	}
	if p.start.After(today) || p.start.Year() < 2000 || days(p.start, p.end) > maxPeriodDays {
		return period{}, portal.InvalidField("period", "field.out_of_range")
	}
	return p, nil
}

func readPeriod(s string, today time.Time) (period, bool) {
	if m := quarterForm.FindStringSubmatch(s); m != nil {
		return monthsFrom(number(m[1]), 3*number(m[2])-2, 3), true
	}
	if m := monthForm.FindStringSubmatch(s); m != nil {
		return monthsFrom(number(m[1]), number(m[2]), 1), true
	}
	if m := daysForm.FindStringSubmatch(s); m != nil {
		n := number(m[1])
		return period{today.AddDate(0, 0, 1-n), today.AddDate(0, 0, 1), today.AddDate(0, 0, 1-2*n)}, true
	}
	from, until, ok := strings.Cut(s, "/")
	if !ok {
		return period{}, false
	}
	start, err := time.ParseInLocation(time.DateOnly, from, kabul)
	if err != nil {
		return period{}, false
	}
	end, err := time.ParseInLocation(time.DateOnly, until, kabul)
	if err != nil || !end.After(start) {
		return period{}, false
	}
	return period{start, end, start.AddDate(0, 0, -days(start, end))}, true
}

func monthsFrom(year, month, n int) period {
	first := func(m int) time.Time { return time.Date(year, time.Month(m), 1, 0, 0, 0, 0, kabul) }
	return period{first(month), first(month + n), first(month - n)}
}

// number reads what a pattern has found to be digits.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// midnight is the beginning of t's day in Kabul.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(kabul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kabul)
}

// monthOf is the beginning of t's month in Kabul.
func monthOf(t time.Time) time.Time {
	y, m, _ := t.In(kabul).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, kabul)
}

func days(from, until time.Time) int { return int(until.Sub(from) / (24 * time.Hour)) }

func day(t time.Time) string { return t.In(kabul).Format(time.DateOnly) }
