package billing

import (
	"math"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// The drawing's own units. Every day of the month has a slot as wide as the next, a third of it empty.
const (
	chartHeight = 200
	slot        = 24
	gap         = 8
	labelEvery  = 7 // days
	maxDays     = 31
)

// spendChart is the spend of each day, a bar a day; the days to come are empty. Today's bar stands out.
func spendChart(p *locales.Printer, u portal.Usage, from, until time.Time) *views.Chart {
	days := u.Days[:min(len(u.Days), maxDays)]
	width := len(days)
	if span := int(until.Sub(from) / (24 * time.Hour)); span > width && span <= maxDays {
		width = span
	}
	k := p.Kabul()
	c := &views.Chart{
		ID: "spend", Title: p.T("billing.chart.title"), Width: slot * max(1, width), Height: chartHeight,
		Columns: []views.Text{p.T("billing.chart.day"), p.T("billing.column.spend"), p.T("billing.tile.sent"), p.T("billing.tile.delivered")},
	}
	dearest := portal.UsageDay{}
	for _, d := range days {
		if d.SpendMicros > dearest.SpendMicros {
			dearest = d
		}
	}
	c.Summary = p.T("billing.chart.none")
	if dearest.SpendMicros > 0 {
		c.Summary = p.T("billing.chart.summary", "day", dayText(k, dearest.Day), "amount", p.Amount(string(u.Currency), dearest.SpendMicros))
	}
	top := scale(p, c, dearest.SpendMicros)
	today := p.Now.In(locales.Kabul).Format(time.DateOnly)
	for i, d := range days {
		b := views.Bar{
			X: i*slot + gap/2, Width: slot - gap, Day: dayText(k, d.Day),
			Values: []views.Text{p.Amount(string(u.Currency), d.SpendMicros), p.Number(int64(d.Sent)), p.Number(int64(d.Delivered))},
		}
		if d.SpendMicros > 0 {
			tone := "primary-soft"
			if d.Day == today {
				tone = "primary"
			}
			// What there is at all can be seen: one unit of height at least.
			height := min(chartHeight, max(1, int(math.Round(chartHeight*float64(d.SpendMicros)/float64(top)))))
			b.Stack = []views.Rect{{Y: chartHeight - height, Height: height, Tone: tone}}
		}
		c.Bars = append(c.Bars, b)
	}
	for i := 0; i < width && !from.IsZero(); i += labelEvery {
		c.Labels = append(c.Labels, views.Tick{Pos: i*slot + slot/2, Label: k.ShortDate(from.AddDate(0, 0, i))})
	}
	return c
}

// scale puts three or four round figures on the value axis and returns the amount at the top of the chart.
func scale(p *locales.Printer, c *views.Chart, most int64) int64 {
	const least = 3_000_000 // an axis of less than three units would have no round figures
	most = max(most, least)
	step := int64(1_000_000)
	for unit := step; step*3 < most; unit *= 10 {
		for _, n := range []int64{1, 2, 5} {
			if step = n * unit; step*3 >= most {
				break
			}
		}
	}
	top := (most + step - 1) / step * step
	for v := step; v <= top; v += step {
		c.Ticks = append(c.Ticks, views.Tick{Pos: chartHeight - int(chartHeight*v/top), Label: p.PlainAmount(v)})
	}
	return top
}

// dayText names a day. What is none is shown as the platform has it.
func dayText(k *locales.Printer, day string) views.Text {
	t, err := kabulDay(day)
	if err != nil {
		return locales.Verbatim(day)
	}
	return k.ShortDate(t)
}
