package health

import (
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// Explanation is a component in words. Measured says why when the component is missing; Raise, what would raise it, is
// empty when it loses nothing.
type Explanation struct {
	Name, Measured, Raise locales.Text
}

// hundredths make a fraction of a share.
const hundredths = 10_000

// Explain words a component.
func Explain(p *locales.Printer, c portal.HealthComponent) Explanation {
	e := Explanation{Name: p.T("health.component." + string(c.Name))}
	if c.Gap != "" {
		e.Measured = p.T("health.gap." + string(c.Gap))
		return e
	}
	e.Measured = p.T("health.measured."+string(c.Name), measured(p, c)...)
	if c.Lost > 0 {
		e.Raise = p.T("health.raise."+string(c.Name), raise(p, c)...)
	}
	return e
}

func measured(p *locales.Printer, c portal.HealthComponent) []any {
	switch c.Name {
	case portal.HealthTickets:
		return []any{"n", c.Measured}
	case portal.HealthNPS:
		return []any{"score", p.Number(int64(c.Measured)), "of", c.Of}
	}
	return []any{"rate", p.Percent(float64(c.Measured) / hundredths), "of", c.Of}
}

func raise(p *locales.Printer, c portal.HealthComponent) []any {
	switch c.Name {
	case portal.HealthDelivery:
		return []any{"rate", p.Percent(float64(fullAt(deliveryThresholds)) / hundredths)}
	case portal.HealthHolds:
		return []any{"rate", p.Percent(float64(fullAt(holdThresholds)) / hundredths)}
	case portal.HealthPayments:
		return []any{"n", c.Late, "days", c.DaysLate}
	}
	return nil
}

// fullAt is what must be measured for all points.
func fullAt(list []threshold) int {
	for _, t := range list {
		if t.points == 100 {
			return t.measured
		}
	}
	return 0
}
