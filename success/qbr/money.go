package qbr

import (
	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
)

// micros is how many of them a whole unit of a currency has.
const micros = 1_000_000

func (r *review) money() {
	r.d.Heading(2, r.t("qbr.spend.title"))
	now, before := r.Analytics.Totals, r.Analytics.Previous
	if now.SpendMicros != 0 || before.SpendMicros != 0 {
		r.d.BarChart(pdf.Chart{
			Alt: r.t("qbr.spend.alt"), Labels: r.months(), Height: 110,
			Series: r.monthly(func(m portal.AnalyticsMonth) float64 { return float64(m.SpendMicros) / micros }),
			Format: func(v float64) string { return string(r.PlainAmount(int64(v) * micros)) },
		})
	}
	price := none
	if now.Submitted > 0 {
		price = string(r.UnitAmount(string(r.Analytics.Currency), now.SpendMicros/int64(now.Submitted)))
	}
	r.d.Facts(
		pdf.Fact{Label: r.t("qbr.tile.spend"), Value: r.amount(now.SpendMicros)},
		pdf.Fact{Label: r.t("qbr.spend.balance_start"), Value: r.amount(before.BalanceMicros)},
		pdf.Fact{Label: r.t("qbr.spend.price"), Value: price},
		pdf.Fact{Label: r.t("qbr.tile.balance"), Value: r.amount(now.BalanceMicros)},
	)
}

func (r *review) credits() {
	r.d.Heading(2, r.t("qbr.credits.title"))
	const permille = 1000
	rows := make([][]string, 0, len(r.Analytics.SLACredits))
	for _, c := range r.Analytics.SLACredits {
		rate := none
		if c.Final > 0 {
			rate = string(r.Percent(float64(c.RatePermille) / permille))
		}
		rows = append(rows, []string{r.month(c.Month), rate, string(r.Percent(float64(c.TargetPermille) / permille)), r.amount(c.CreditMicros)})
	}
	if len(rows) == 0 {
		r.d.Paragraph(r.t("qbr.credits.none"))
		return
	}
	r.d.Table(pdf.Table{
		Caption: r.t("qbr.credits.title"),
		Columns: []pdf.Column{
			{Title: r.t("qbr.column.month"), Width: 1.6}, {Title: r.t("qbr.column.rate"), Align: pdf.End},
			{Title: r.t("qbr.column.target"), Align: pdf.End}, {Title: r.t("qbr.column.credit"), Width: 1.4, Align: pdf.End},
		},
		Rows:   rows,
		Totals: [][]string{{r.t("qbr.column.total"), "", "", r.amount(totalCredit(r.Analytics))}},
	})
}

// component names a part of a health score.
func (r *review) component(name portal.HealthComponentName) string {
	switch name {
	case portal.HealthDelivery:
		return r.t("qbr.health.delivery")
	case portal.HealthHolds:
		return r.t("qbr.health.holds")
	case portal.HealthPayments:
		return r.t("qbr.health.payments")
	case portal.HealthTickets:
		return r.t("qbr.health.tickets")
	case portal.HealthNPS:
		return r.t("qbr.health.nps")
	}
	return string(name)
}

func (r *review) health() {
	h := r.Health
	if h == nil {
		return
	}
	r.d.Heading(2, r.t("qbr.health.title"))
	if !h.Known {
		r.d.Paragraph(r.t("qbr.health.unknown"))
		return
	}
	on := h.Day
	if t, err := day(h.Day); err == nil {
		on = string(r.Date(t))
	}
	r.d.Paragraph(r.t("qbr.health.text", "day", on, "score", h.Score, "band", string(h.Band())))
	var bars []pdf.Bar
	for _, c := range h.Components {
		bar := pdf.Bar{Name: r.component(c.Name), Value: float64(c.Points), Text: r.count(c.Points)}
		if c.Gap != "" {
			bar.Value, bar.Text = 0, r.t("qbr.health.missing")
		} else {
			bar.Color = bandColors[portal.BandOf(c.Points)]
		}
		bars = append(bars, bar)
	}
	r.d.Bars(r.t("qbr.health.title"), 100, bars...)
}

var bandColors = map[portal.HealthBand]pdf.Color{
	portal.HealthGreen: pdf.Success, portal.HealthAmber: pdf.Warning, portal.HealthRed: pdf.Danger,
}
