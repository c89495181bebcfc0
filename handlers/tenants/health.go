package tenants

import (
	"slices"
	"strings"

	"ghasi.io/portal/portal"
	"ghasi.io/portal/success/health"
	"ghasi.io/portal/views"
)

// health explains the score component by component.
func (b builder) health(f findings, at string) views.TenantHealth {
	v := views.TenantHealth{
		Score: score(b.p, f.trend), Week: change(b.p, f.trend.Change7), Month: change(b.p, f.trend.Change30), RecomputeURL: at + "/health",
		Formula: b.p.T("tenants.health.how"),
	}
	of := f.trend.Latest
	if !f.trend.Known {
		of = f.latest
		v.None = b.p.T("tenants.health.none")
	} else {
		v.Day = dayText(b.p, of.Day)
		v.Formula = b.p.T("tenants.health.formula", "version", of.Formula)
	}
	if days := f.trend.Days; len(days) >= 2 {
		low := slices.MinFunc(days, func(a, b portal.HealthScore) int { return a.Score - b.Score })
		high := slices.MaxFunc(days, func(a, b portal.HealthScore) int { return a.Score - b.Score })
		v.Chart = &views.Sparkline{Points: polyline(days, 360, 59), Summary: b.p.T("tenants.health.series", "days", len(days),
			"first", days[0].Score, "last", days[len(days)-1].Score, "low", low.Score, "high", high.Score)}
	}
	var missing []string
	for _, part := range of.Components {
		row := b.component(part)
		if row.Missing && part.Gap != portal.HealthOff {
			missing = append(missing, string(row.Name))
		}
		v.Components = append(v.Components, row)
	}
	if len(missing) > 0 {
		separator := string(b.p.T("tenants.health.separator"))
		v.Missing = b.p.T("tenants.health.missing", "n", len(missing), "names", strings.Join(missing, separator+" "))
	}
	return v
}

func (b builder) component(part portal.HealthComponent) views.HealthRow {
	words := health.Explain(b.p, part)
	row := views.HealthRow{Name: words.Name, Value: words.Measured, Raise: words.Raise}
	if part.Gap != "" {
		row.Missing, row.Weight = true, b.p.T("tenants.health.no_weight")
		return row
	}
	row.Weight = b.p.T("tenants.health.weight", "share", string(b.p.Percent(float64(part.Share)/10000)))
	row.Points = b.p.T("tenants.health.points", "n", part.Points)
	row.Meter, row.Band = part.Points, string(portal.BandOf(part.Points))
	row.Lost = b.p.T("tenants.health.costs_nothing")
	if part.Lost != 0 {
		row.Lost = b.p.T("tenants.health.costs", "n", string(b.p.Decimal(float64(part.Lost)/100, 1)))
	}
	return row
}
