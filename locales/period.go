package locales

import "time"

// Kabul is p for what happens on days rather than at instants. Our days are Kabul's, whatever the person's own zone: a
// midnight in Kabul shown as a day of Berlin would be the day before.
func (p *Printer) Kabul() *Printer {
	if p.Zone == Kabul {
		return p
	}
	q := *p
	q.Zone = Kabul
	return &q
}

// Period names whole days in Kabul from one midnight up to another. A month of the Gregorian calendar is "November 2026"
// to who uses it; in the other calendar it is no month, and so a range of days, "۱۰ عقرب – ۹ قوس ۱۴۰۵". gregorian is then
// the name of the month, for comparing with papers; otherwise it is empty.
func (p *Printer) Period(from, until time.Time) (label, gregorian Text) {
	p = p.Kabul()
	from, last := from.In(Kabul), until.In(Kabul).AddDate(0, 0, -1)
	if last.Before(from) {
		last = from
	}
	if from.Day() == 1 && from.AddDate(0, 1, -1).Equal(last) {
		gregorian = p.gregorianMonth(from)
	}
	if p.Calendar == Gregorian && gregorian != "" {
		return gregorian, ""
	}
	return p.days(from, last), gregorian
}

// gregorianMonth is "November 2026".
func (p *Printer) gregorianMonth(t time.Time) Text {
	name := append([]byte(p.months.gregorian[t.Month()-1]), ' ')
	return Text(p.numerals.AppendPlain(name, int64(t.Year()), 0))
}

// days is a range of days that says the year once when both have the same.
func (p *Printer) days(first, last time.Time) Text {
	if first.Equal(last) {
		return p.Date(first)
	}
	begin := p.Date(first)
	if p.year(first) == p.year(last) {
		begin = p.ShortDate(first)
	}
	return begin + " – " + p.Date(last)
}

// year is the year of t in the person's calendar.
func (p *Printer) year(t time.Time) int {
	y, m, d := t.In(p.Zone).Date()
	if p.Calendar == Shamsi {
		y, _, _ = solarRule.solarDate(dayNumber(y, m, d))
	}
	return y
}
