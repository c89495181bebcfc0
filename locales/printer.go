package locales

import (
	"sync"
	"time"
	_ "time/tzdata" // the binary may run where there is no zone database
)

// The calendars a person can choose.
const (
	Gregorian = "gregorian"
	Shamsi    = "shamsi" // Solar Hijri, with the Afghan names of the months
)

// Kabul is the product's own zone: days are its days.
var Kabul = mustZone("Asia/Kabul")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // cannot happen: the zones are embedded
	}
	return zone
}

// zones remembers the zones that were asked for, as reading one takes longer than formatting a page's dates. Only names
// that exist get in, so there are a few hundred at most.
var zones sync.Map

// zoneNamed returns the zone of an IANA name, nil if there is none. "Local" is none: it is the server's.
func zoneNamed(name string) *time.Location {
	switch name {
	case "", "Local":
		return nil
	case Kabul.String():
		return Kabul
	}
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location) //nolint:forcetypeassert // nothing else is stored
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, z)
	return z
}

// Printer formats what depends on the person as well as the language: their time zone, their calendar, and now.
type Printer struct {
	*Locale
	Zone     *time.Location // default Asia/Kabul
	Calendar string         // "gregorian" or "shamsi"; default shamsi for fa-AF and ps
	Now      time.Time
}

// Printer returns a Printer. zone and calendar may be empty for the defaults, which also stand in for unknown ones.
func (l *Locale) Printer(now time.Time, zone, calendar string) *Printer {
	p := &Printer{Locale: l, Zone: Kabul, Calendar: Gregorian, Now: now}
	if z := zoneNamed(zone); z != nil {
		p.Zone = z
	}
	switch {
	case calendar == Gregorian || calendar == Shamsi:
		p.Calendar = calendar
	case l.shamsi:
		p.Calendar = Shamsi
	}
	return p
}

// Date formats the day of t: "23 November 2026", "۲ قوس ۱۴۰۵".
func (p *Printer) Date(t time.Time) Text { return Text(p.appendDate(nil, t, p.Calendar, true)) }

// ShortDate formats the day of t without its year: "23 Nov", "۲ قوس".
func (p *Printer) ShortDate(t time.Time) Text { return Text(p.appendDate(nil, t, p.Calendar, false)) }

// OtherDate formats the day of t in the other calendar, for a tooltip.
func (p *Printer) OtherDate(t time.Time) Text {
	other := Gregorian
	if p.Calendar == Gregorian {
		other = Shamsi
	}
	return Text(p.appendDate(nil, t, other, true))
}

// DateTime formats the exact time of t: "23 November 2026, 14:05:09". Outside Kabul's zone, which needs no telling, the
// offset follows: "…, 09:35:09 UTC+00:00".
func (p *Printer) DateTime(t time.Time) Text {
	buf := p.appendDate(make([]byte, 0, 64), t, p.Calendar, true)
	buf = append(buf, p.comma...)
	buf = p.appendClock(buf, t)
	if p.Zone.String() != Kabul.String() {
		layout := " UTC-07:00"
		if p.format.RTL {
			layout = " \u2066UTC-07:00\u2069"
		}
		buf = t.In(p.Zone).AppendFormat(buf, layout)
	}
	return Text(buf)
}

// Clock formats the time of day of t: "14:05:09".
func (p *Printer) Clock(t time.Time) Text { return Text(p.appendClock(nil, t)) }

// Weekday names the day of the week of t: "Monday", "دوشنبه".
func (p *Printer) Weekday(t time.Time) Text { return Text(p.weekdays[t.In(p.Zone).Weekday()]) }

func (p *Printer) appendClock(dst []byte, t time.Time) []byte {
	h, m, s := t.In(p.Zone).Clock()
	for i, n := range [...]int{h, m, s} {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = p.numerals.AppendPlain(dst, int64(n), 2)
	}
	return dst
}

// appendDate writes day, month and, in full, the year. All our languages have that order.
func (p *Printer) appendDate(dst []byte, t time.Time, calendar string, full bool) []byte {
	y, mon, d := t.In(p.Zone).Date()
	m, long, short := int(mon), &p.months.gregorian, &p.months.gregorianShort
	if calendar == Shamsi {
		y, m, d = solarRule.solarDate(dayNumber(y, mon, d))
		long, short = &p.months.shamsi, &p.months.shamsi
	}
	name := long[m-1]
	if !full && short[m-1] != "" { // only English shortens its months
		name = short[m-1]
	}
	dst = p.numerals.AppendPlain(dst, int64(d), 0)
	dst = append(append(dst, ' '), name...)
	if full {
		dst = p.numerals.AppendPlain(append(dst, ' '), int64(y), 0)
	}
	return dst
}

// dayNumber counts a civil day from 1 January 1970.
func dayNumber(y int, m time.Month, d int) int {
	const secondsPerDay = 24 * 60 * 60
	return floorDiv(int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()), secondsPerDay)
}
