package billing

import (
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const monthLayout = "2006-01"

// usageView words a month, without the form of the threshold.
func usageView(p *locales.Printer, u portal.Usage) views.BillingUsage {
	v := views.BillingUsage{Months: views.MonthSwitcher{Period: period(p, u.PeriodStart, u.PeriodEnd)}}
	from, errFrom := kabulDay(u.PeriodStart)
	until, errUntil := kabulDay(u.PeriodEnd)
	current := errUntil == nil && p.Now.Before(until)
	if errFrom == nil && errUntil == nil {
		v.Months = months(p, from, until, current)
		v.CSVURL = address(home+"/usage.csv", "month", from.Format(monthLayout))
	}
	v.Tiles = usageTiles(p, u)
	v.Chart = spendChart(p, u, from, until)
	v.Spend = figures(p, u, current)
	v.Operators = operators(p, u, current)
	return v
}

// noMonth stands in place of the figures of a month that is none, or has not begun.
func noMonth(p *locales.Printer) *views.Alert {
	return &views.Alert{
		Tone: "error", Title: p.T("billing.usage.no_month"), Focus: true,
		Items: []views.Link{{Label: p.T("billing.usage.current"), URL: monthURL("")}},
	}
}

func monthURL(month string) string { return address(home, "tab", tabUsage, "month", month) }

// firstYear is the first whose months the platform knows.
const firstYear = 2000

func months(p *locales.Printer, from, until time.Time, current bool) views.MonthSwitcher {
	label, gregorian := p.Period(from, until)
	m := views.MonthSwitcher{Period: views.PeriodView{Label: label, Gregorian: gregorian}}
	if before := from.AddDate(0, -1, 0); before.Year() >= firstYear {
		m.Previous = &views.Link{Label: p.T("billing.usage.previous"), URL: monthURL(before.Format(monthLayout))}
	}
	if current {
		return m
	}
	m.Next = &views.Link{Label: p.T("billing.usage.next"), URL: monthURL(until.Format(monthLayout))}
	m.Current = &views.Link{Label: p.T("billing.usage.current"), URL: monthURL("")}
	return m
}

// usageTiles are the month's figures and the credit that is left now.
func usageTiles(p *locales.Printer, u portal.Usage) []views.Tile {
	sent := views.Tile{Label: p.T("billing.tile.sent"), Value: p.Number(int64(u.Sent)), Note: p.T("billing.tile.segments", "n", u.Segments)}
	delivered := views.Tile{Label: p.T("billing.tile.delivered"), Value: p.Number(int64(u.Delivered)), Note: p.T("billing.tile.failed", "n", u.Failed)}
	rate := views.Tile{Label: p.T("billing.tile.rate"), Value: p.T("billing.tile.no_rate"), Note: p.T("billing.tile.none_ended")}
	if ended := u.Delivered + u.Failed; ended > 0 {
		rate.Value = p.Percent(float64(u.Delivered) / float64(ended))
		rate.Note = p.T("billing.tile.ended", "n", ended)
	}
	return []views.Tile{sent, delivered, rate, balanceTile(p, u)}
}

// figures are what the month costs: so far and, while it goes on, probably in the end.
func figures(p *locales.Printer, u portal.Usage, current bool) []views.Figure {
	amount := func(micros int64) views.Text { return p.Amount(string(u.Currency), micros) }
	var out []views.Figure
	if current {
		out = append(out,
			views.Figure{Label: p.T("billing.usage.so_far"), Value: amount(u.SpendMicros)},
			views.Figure{Label: p.T("billing.usage.projected"), Value: amount(u.ProjectedMicros), Note: p.T("billing.usage.projected_note")})
	} else {
		out = append(out, views.Figure{Label: p.T("billing.usage.total"), Value: amount(u.SpendMicros)})
	}
	if u.RefundedMicros != 0 {
		out = append(out, views.Figure{Label: p.T("billing.usage.refunded"), Value: amount(u.RefundedMicros), Note: p.T("billing.usage.refunded_note")})
	}
	before := views.Figure{Label: p.T("billing.usage.before"), Value: amount(u.PreviousSpendMicros)}
	if !current && u.PreviousSpendMicros > 0 {
		change := float64(u.SpendMicros-u.PreviousSpendMicros) / float64(u.PreviousSpendMicros)
		switch {
		case change > 0:
			before.Note = p.T("billing.usage.up", "change", p.Percent(change))
		case change < 0:
			before.Note = p.T("billing.usage.down_by", "change", p.Percent(-change))
		}
	}
	return append(out, before)
}

// operators is the spend by destination, each leading to its messages in the log.
func operators(p *locales.Printer, u portal.Usage, current bool) *views.UsageOperators {
	out := &views.UsageOperators{None: p.T("billing.usage.none")}
	var total int64
	for _, o := range u.Operators {
		total += max(o.SpendMicros, 0)
	}
	last := ""
	if until, err := kabulDay(u.PeriodEnd); err == nil && !current {
		last = until.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	for _, o := range u.Operators {
		row := views.UsageOperatorRow{
			Operator: operatorName(p.Locale, o.Operator), URL: logURL(o.Operator, u.PeriodStart, last), Messages: p.Number(int64(o.Messages)),
			Segments: p.Number(int64(o.Segments)), Spend: p.Amount(string(u.Currency), o.SpendMicros),
		}
		if total > 0 {
			row.Share = int(100 * float64(max(o.SpendMicros, 0)) / float64(total))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
