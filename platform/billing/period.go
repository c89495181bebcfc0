package billing

import "time"

// kabul is where days and months begin. It has no summer time.
var kabul = time.FixedZone("Asia/Kabul", 4*3600+1800)

const dayMicros = int64(24*time.Hour) / int64(time.Microsecond)

// dayOf returns the midnight in Kabul that a time follows.
func dayOf(t time.Time) time.Time {
	y, m, d := t.In(kabul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kabul)
}

// month is a calendar month in Kabul, by its first midnight.
type month struct{ start time.Time }

func monthOf(t time.Time) month {
	y, m, _ := t.In(kabul).Date()
	return month{time.Date(y, m, 1, 0, 0, 0, 0, kabul)}
}

const monthLayout = "2006-01"

// parseMonth reads "2026-11".
func parseMonth(s string) (month, bool) {
	t, err := time.ParseInLocation(monthLayout, s, kabul)
	return month{t}, err == nil && t.Year() >= 2000 && t.Year() < 2100
}

func (m month) String() string { return m.start.Format(monthLayout) }

// next and before are the months beside it.
func (m month) next() month   { return month{m.start.AddDate(0, 1, 0)} }
func (m month) before() month { return month{m.start.AddDate(0, -1, 0)} }

// end is the first instant that is no longer in it.
func (m month) end() time.Time { return m.next().start }

func day(t time.Time) string { return t.In(kabul).Format(time.DateOnly) }

func dayString(us int64) string { return day(time.UnixMicro(us)) }
