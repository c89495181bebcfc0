package qbr

import (
	"math"

	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
)

func (r *review) compliance() {
	r.d.Heading(2, r.t("qbr.compliance.title"))
	r.d.Paragraph(r.t("qbr.compliance.text"), pdf.Style{Color: pdf.Muted})
	days := r.Analytics.Compliance
	values, lowest, highest := scores(days)
	if math.IsInf(lowest, 0) {
		r.d.Paragraph(r.t("qbr.empty.traffic"))
		return
	}
	labels := make([]string, 0, len(days))
	for _, d := range days {
		labels = append(labels, r.shortDay(d.Day))
	}
	series := []pdf.Series{{Name: r.t("qbr.series.now"), Values: values}}
	floor := lowest
	if r.Before != nil {
		before, low, _ := scores(r.Before.Compliance)
		series = append(series, pdf.Series{Name: r.t("qbr.series.before"), Values: before, Color: pdf.Muted, Dashed: true})
		floor = min(floor, low)
	}
	r.d.LineChart(pdf.Chart{
		Alt: r.t("qbr.compliance.alt", "first", labels[0], "last", labels[len(labels)-1],
			"low", r.Decimal(lowest, 1), "high", r.Decimal(highest, 1)),
		Labels: labels, Series: series, Low: axisFloor(floor), High: 100, Height: 110,
		Format: func(v float64) string { return string(r.Decimal(v, 0)) },
	})
}

// scores are the points of each day, NaN where nothing was sent, and their bounds: infinite when there is none.
func scores(days []portal.AnalyticsDay) (values []float64, lowest, highest float64) {
	lowest, highest = math.Inf(1), math.Inf(-1)
	for _, d := range days {
		v := math.NaN()
		if d.Sent > 0 {
			v = float64(d.Score) / 100
			lowest, highest = min(lowest, v), max(highest, v)
		}
		values = append(values, v)
	}
	return values, lowest, highest
}

// axisFloor is where the axis of points begins, so that small differences near 100 can be seen and none is hidden.
func axisFloor(lowest float64) float64 {
	for _, floor := range []float64{95, 90, 80, 50} {
		if lowest >= floor {
			return floor
		}
	}
	return 0
}

func (r *review) shortDay(s string) string {
	t, err := day(s)
	if err != nil {
		return s
	}
	return string(r.ShortDate(t))
}

func (r *review) holds() {
	r.d.Heading(2, r.t("qbr.holds.title"))
	now, before := r.Analytics.Totals, r.Analytics.Previous
	median := func(t portal.AnalyticsTotals) string {
		if t.Held == 0 {
			return none
		}
		return r.duration(t.HoldSeconds)
	}
	row := func(label string, figure func(portal.AnalyticsTotals) string) []string {
		return []string{label, figure(now), figure(before)}
	}
	r.d.Table(pdf.Table{
		Caption: r.t("qbr.holds.title"),
		Columns: []pdf.Column{
			{Title: r.t("qbr.column.measure"), Width: 2}, {Title: r.t("qbr.series.now"), Align: pdf.End}, {Title: r.t("qbr.series.before"), Align: pdf.End},
		},
		Rows: [][]string{
			row(r.t("qbr.holds.held"), func(t portal.AnalyticsTotals) string { return r.count(t.Held) }),
			row(r.t("qbr.holds.share"), func(t portal.AnalyticsTotals) string { return string(r.rate(ratio(t.Held, t.Submitted))) }),
			row(r.t("qbr.holds.released"), func(t portal.AnalyticsTotals) string { return r.count(t.Released) }),
			row(r.t("qbr.holds.remaining"), func(t portal.AnalyticsTotals) string { return r.count(max(0, t.Held-t.Released)) }),
			row(r.t("qbr.holds.median"), median),
		},
	})
}
