package qbr

import (
	"math"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
)

func (r *review) tiles() {
	now, before := r.Analytics.Totals, r.Analytics.Previous
	compliance, complianceBefore := score(r.Analytics.Compliance), math.NaN()
	if r.Before != nil {
		complianceBefore = score(r.Before.Compliance)
	}
	was := func(micros int64) string {
		return r.t("qbr.change.was", "value", r.Amount(string(r.Analytics.Currency), micros))
	}
	r.d.Tiles(
		r.countNote(pdf.Tile{Label: r.t("qbr.tile.messages"), Value: r.count(now.Submitted)}, int64(now.Submitted), int64(before.Submitted), 1),
		r.rateNote(pdf.Tile{Label: r.t("qbr.tile.rate"), Value: string(r.rate(deliveryRate(now)))}, deliveryRate(now), deliveryRate(before)),
		r.rateNote(pdf.Tile{Label: r.t("qbr.tile.compliance"), Value: r.points(compliance)}, compliance, complianceBefore),
		r.countNote(pdf.Tile{Label: r.t("qbr.tile.held"), Value: r.count(now.Held)}, int64(now.Held), int64(before.Held), -1),
		pdf.Tile{Label: r.t("qbr.tile.spend"), Value: r.amount(now.SpendMicros), Note: was(before.SpendMicros)},
		pdf.Tile{Label: r.t("qbr.tile.balance"), Value: r.amount(now.BalanceMicros), Note: was(before.BalanceMicros)},
		r.countNote(pdf.Tile{Label: r.t("qbr.tile.segments"), Value: r.count(now.Segments)}, int64(now.Segments), int64(before.Segments), 0),
		pdf.Tile{Label: r.t("qbr.tile.credits"), Value: r.amount(totalCredit(r.Analytics))},
	)
}

// points shows a share of 1 as points of 100.
func (r *review) points(v float64) string {
	if math.IsNaN(v) {
		return none
	}
	return string(r.Decimal(v*100, 1))
}

func (r *review) traffic() {
	r.d.Heading(2, r.t("qbr.traffic.title"))
	a := r.Analytics
	if a.Totals.Submitted == 0 && a.Previous.Submitted == 0 {
		r.d.Paragraph(r.t("qbr.empty.traffic"))
		return
	}
	r.d.BarChart(pdf.Chart{
		Alt: r.t("qbr.traffic.alt"), Labels: r.months(), Values: true, Height: 130,
		Series: r.monthly(func(m portal.AnalyticsMonth) float64 { return float64(m.Submitted) }),
		Format: func(v float64) string { return string(r.Number(int64(v))) },
	})
	rows := make([][]string, 0, len(a.Months))
	for i, m := range a.Months {
		rate := ratio(m.Delivered, m.Delivered+m.Failed)
		rows = append(rows, []string{r.months()[i], r.count(m.Submitted), r.count(m.Delivered), r.count(m.Failed), string(r.rate(rate)), r.amount(m.SpendMicros)})
	}
	t := a.Totals
	r.d.Table(pdf.Table{
		Caption: r.t("qbr.traffic.title"),
		Columns: []pdf.Column{
			{Title: r.t("qbr.column.month"), Width: 1.6}, {Title: r.t("qbr.column.sent"), Align: pdf.End},
			{Title: r.t("qbr.column.delivered"), Align: pdf.End}, {Title: r.t("qbr.column.failed"), Align: pdf.End},
			{Title: r.t("qbr.column.rate"), Align: pdf.End}, {Title: r.t("qbr.column.spend"), Width: 1.6, Align: pdf.End},
		},
		Rows: rows,
		Totals: [][]string{{
			r.t("qbr.column.total"), r.count(t.Submitted), r.count(t.Delivered), r.count(t.Failed), string(r.rate(deliveryRate(t))), r.amount(t.SpendMicros),
		}},
	})
}

// months are the names of the period's months.
func (r *review) months() []string {
	names := make([]string, 0, len(r.Analytics.Months))
	for _, m := range r.Analytics.Months {
		names = append(names, r.month(m.Month))
	}
	return names
}

// month names a month of the platform's records, "2026-01": they are kept by the Gregorian calendar.
func (r *review) month(s string) string {
	start, err := time.ParseInLocation("2006-01", s, locales.Kabul)
	if err != nil {
		return s
	}
	label, gregorian := r.Period(start, start.AddDate(0, 1, 0))
	if gregorian != "" {
		label = gregorian
	}
	return string(label)
}

// monthly are the chart's series of a figure of the months: this period and, if it is known, the one before.
func (r *review) monthly(figure func(portal.AnalyticsMonth) float64) []pdf.Series {
	of := func(months []portal.AnalyticsMonth) (values []float64) {
		for _, m := range months {
			values = append(values, figure(m))
		}
		return values
	}
	list := []pdf.Series{{Name: r.t("qbr.series.now"), Values: of(r.Analytics.Months)}}
	if r.Before != nil && len(r.Before.Months) > 0 {
		list = append(list, pdf.Series{Name: r.t("qbr.series.before"), Values: of(r.Before.Months), Color: pdf.Pale})
	}
	return list
}

func (r *review) operators() {
	r.d.Heading(2, r.t("qbr.operators.title"))
	if len(r.Analytics.Operators) == 0 {
		r.d.Paragraph(r.t("qbr.empty.traffic"))
		return
	}
	var bars []pdf.Bar
	rows := make([][]string, 0, len(r.Analytics.Operators))
	for _, o := range r.Analytics.Operators {
		rate, name := operatorRate(o), string(r.operator(o.Operator))
		rows = append(rows, []string{name, r.count(o.Submitted), r.count(o.Delivered), r.count(o.Failed), string(r.rate(rate))})
		if !math.IsNaN(rate) {
			bars = append(bars, pdf.Bar{Name: name, Value: rate, Text: string(r.Percent(rate))})
		}
	}
	if len(bars) > 0 {
		r.d.Bars(r.t("qbr.operators.title"), 1, bars...)
	}
	r.d.Table(pdf.Table{
		Caption: r.t("qbr.operators.title"),
		Columns: []pdf.Column{
			{Title: r.t("qbr.column.operator"), Width: 1.6}, {Title: r.t("qbr.column.sent"), Align: pdf.End}, {Title: r.t("qbr.column.delivered"), Align: pdf.End},
			{Title: r.t("qbr.column.failed"), Align: pdf.End}, {Title: r.t("qbr.column.rate"), Align: pdf.End},
		},
		Rows: rows,
	})
}

// operator names an operator; one that the catalogue does not know keeps its own name.
func (r *review) operator(name string) locales.Text {
	if key := "operator." + name; r.Has(key) {
		return r.T(key)
	}
	return locales.Verbatim(name)
}

func (r *review) tops() {
	for _, top := range []struct {
		title string
		list  []portal.AnalyticsCount
	}{{r.t("qbr.senders.title"), r.Analytics.Senders}, {r.t("qbr.destinations.title"), r.Analytics.Prefixes}} {
		r.d.Heading(2, top.title)
		if len(top.list) == 0 {
			r.d.Paragraph(r.t("qbr.empty.traffic"))
			continue
		}
		var bars []pdf.Bar
		for _, c := range top.list {
			// A sender's name or a number's beginning is written from left to right in any text.
			bars = append(bars, pdf.Bar{Name: "\u2066" + c.Name + "\u2069", Value: float64(c.Count), Text: r.count(c.Count)})
		}
		r.d.Bars(top.title, 0, bars...)
	}
}
