package dashboard

import (
	"math"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// The drawing's own units. Every day has a slot as wide as the next, a third of it empty.
const (
	chartHeight = 200
	slot        = 24
	gap         = 8
	labelEvery  = 7 // days
)

// traffic is the chart of delivered and failed messages, a bar a day, today's standing out.
func traffic(p *locales.Printer, all []portal.MessageDay) *views.Chart {
	c := &views.Chart{
		ID: "traffic", Title: p.T("dashboard.traffic.title", "days", len(all)), Width: slot * max(1, len(all)), Height: chartHeight,
		Legend: []views.Legend{
			{Label: p.T("dashboard.traffic.delivered"), Tone: "primary"}, {Label: p.T("dashboard.traffic.failed"), Tone: "error"},
		},
		Columns: []views.Text{p.T("dashboard.traffic.day"), p.T("dashboard.traffic.delivered"), p.T("dashboard.traffic.failed")},
	}
	total, most, busiest := 0, 0, portal.MessageDay{}
	for _, d := range all {
		total += d.Submitted
		most = max(most, d.Delivered+d.Failed)
		if d.Submitted > busiest.Submitted {
			busiest = d
		}
	}
	if total == 0 {
		c.Summary = p.T("dashboard.traffic.none", "days", len(all))
	} else {
		c.Summary = p.T("dashboard.traffic.summary", "n", total, "days", len(all), "day", dayText(p, busiest), "most", busiest.Submitted)
	}
	top := scale(p, c, most)
	for i, d := range all {
		c.Bars = append(c.Bars, bar(p, i, d, top, i == len(all)-1))
	}
	// Counted back from today, which always has its label.
	for i := len(all) - 1; i >= 0; i -= labelEvery {
		c.Labels = append(c.Labels, views.Tick{Pos: i*slot + slot/2, Label: dayText(p, all[i])})
	}
	return c
}

// bar stacks the failed on the delivered. What there is at all can be seen: one unit of height at least.
func bar(p *locales.Printer, i int, d portal.MessageDay, top int, today bool) views.Bar {
	b := views.Bar{
		X: i*slot + gap/2, Width: slot - gap, Day: dayText(p, d),
		Values: []views.Text{p.Number(int64(d.Delivered)), p.Number(int64(d.Failed))},
	}
	suffix := "-soft"
	if today {
		suffix = ""
	}
	y := chartHeight
	for _, part := range []struct {
		n    int
		tone string
	}{{d.Delivered, "primary"}, {d.Failed, "error"}} {
		if part.n <= 0 {
			continue
		}
		height := max(1, int(math.Round(chartHeight*float64(part.n)/float64(top))))
		height = min(height, y)
		y -= height
		b.Stack = append(b.Stack, views.Rect{Y: y, Height: height, Tone: part.tone + suffix})
	}
	return b
}

// scale puts three or four round figures on the value axis and returns the figure at the top of the chart.
func scale(p *locales.Printer, c *views.Chart, most int) int {
	step := roundUp(float64(max(most, 3)) / 3)
	top := step * int(math.Ceil(float64(max(most, 3))/float64(step)))
	for v := step; v <= top; v += step {
		c.Ticks = append(c.Ticks, views.Tick{Pos: chartHeight - chartHeight*v/top, Label: p.Number(int64(v))})
	}
	return top
}

// roundUp is the next of 1, 2, 5, 10, 20, 50, … from v on.
func roundUp(v float64) int {
	for unit := 1; ; unit *= 10 {
		for _, n := range []int{1, 2, 5} {
			if float64(n*unit) >= v {
				return n * unit
			}
		}
	}
}

func dayText(p *locales.Printer, d portal.MessageDay) views.Text {
	t, ok := dayOf(d)
	if !ok {
		return locales.Verbatim(d.Day)
	}
	return p.Kabul().ShortDate(t)
}
