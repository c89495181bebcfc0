package locales

import "time"

// Ago formats t relative to now: "just now", "2 minutes ago", "yesterday", "in 3 days"; from a week away on it is the
// date.
func (p *Printer) Ago(t time.Time) Text {
	d, direction := p.Now.Sub(t), "time.ago."
	if d < 0 {
		d, direction = -d, "time.in."
	}
	switch {
	case d < 5*time.Second:
		return p.T("time.now")
	case d < time.Minute:
		return p.T(direction+"seconds", "n", int(d/time.Second))
	case d < time.Hour:
		return p.T(direction+"minutes", "n", int(d/time.Minute))
	case d < 24*time.Hour:
		return p.T(direction+"hours", "n", int(d/time.Hour))
	}
	// From here people count nights, not hours: 30 hours ago can be yesterday or the day before.
	days := p.day(p.Now) - p.day(t)
	switch {
	case days == 1:
		return p.T("time.yesterday")
	case days == -1:
		return p.T("time.tomorrow")
	case days < -6 || days > 6:
		return p.Date(t)
	}
	return p.T(direction+"days", "n", max(days, -days))
}

// day counts the person's day of t from 1 January 1970.
func (p *Printer) day(t time.Time) int { return dayNumber(t.In(p.Zone).Date()) }

// Duration formats a short span in its largest whole unit: "4 seconds", "3 minutes".
func (p *Printer) Duration(d time.Duration) Text {
	d = max(d, -d)
	switch {
	case d < time.Second:
		return p.T("time.span.instant")
	case d < time.Minute:
		return p.T("time.span.seconds", "n", int(d/time.Second))
	case d < time.Hour:
		return p.T("time.span.minutes", "n", int(d/time.Minute))
	case d < 24*time.Hour:
		return p.T("time.span.hours", "n", int(d/time.Hour))
	}
	return p.T("time.span.days", "n", int(d/(24*time.Hour)))
}
