package qbr

import (
	"math"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
)

// none stands where there is no figure.
const none = "–"

// ratio is part of whole; NaN when there is no whole.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}

// trend says how a figure moved: up, down, same, or new when there was nothing before.
func trend(now, before int64) string {
	switch {
	case before == 0:
		return "new"
	case now > before:
		return "up"
	case now < before:
		return "down"
	}
	return "same"
}

// change is by how much a figure moved, of what it was before.
func (r *review) change(now, before int64) locales.Text {
	if before == 0 {
		return none
	}
	return r.Percent(math.Abs(float64(now)-float64(before)) / math.Abs(float64(before)))
}

// rateTrend says how a rate moved and by how many points, to a tenth.
func (r *review) rateTrend(now, before float64) (trend string, points locales.Text) {
	if math.IsNaN(now) || math.IsNaN(before) {
		return "new", none
	}
	tenths := math.Round(now*1000) - math.Round(before*1000)
	points = r.Decimal(math.Abs(tenths)/10, 1)
	switch {
	case tenths > 0:
		return "up", points
	case tenths < 0:
		return "down", points
	}
	return "same", points
}

// rate shows a rate, which may be NaN.
func (r *review) rate(v float64) locales.Text {
	if math.IsNaN(v) {
		return none
	}
	return r.Percent(v)
}

func (r *review) count(n int) string { return string(r.Number(int64(n))) }

func (r *review) amount(micros int64) string {
	return string(r.Amount(string(r.Analytics.Currency), micros))
}

func deliveryRate(t portal.AnalyticsTotals) float64 { return ratio(t.Delivered, t.Final) }

// score is the compliance score of a whole period: NaN when nothing was sent. The days' own scores count by their
// messages.
func score(days []portal.AnalyticsDay) float64 {
	var sum, sent float64
	for _, d := range days {
		sum, sent = sum+float64(d.Score)*float64(d.Sent), sent+float64(d.Sent)
	}
	if sent == 0 {
		return math.NaN()
	}
	return sum / sent / 10_000
}

// countNote says below a tile how a count moved. up is how good it is when it rises: above zero good, below zero bad.
func (r *review) countNote(t pdf.Tile, now, before int64, up int) pdf.Tile {
	switch way := trend(now, before); way {
	case "up", "down":
		t.Trend = 1
		t.Note = r.t("qbr.change.up", "change", r.change(now, before))
		if way == "down" {
			t.Trend = -1
			t.Note = r.t("qbr.change.down", "change", r.change(now, before))
		}
		t.Tone = tone(t.Trend * up)
	case "same":
		t.Note = r.t("qbr.change.same")
	default:
		t.Note = r.t("qbr.change.new")
	}
	return t
}

// rateNote is countNote for a rate, of which more is better.
func (r *review) rateNote(t pdf.Tile, now, before float64) pdf.Tile {
	way, points := r.rateTrend(now, before)
	switch way {
	case "up":
		t.Trend, t.Note = 1, r.t("qbr.change.points_up", "points", points)
	case "down":
		t.Trend, t.Note = -1, r.t("qbr.change.points_down", "points", points)
	case "same":
		t.Note = r.t("qbr.change.same")
	}
	t.Tone = tone(t.Trend)
	return t
}

func tone(good int) pdf.Color {
	switch {
	case good > 0:
		return pdf.Success
	case good < 0:
		return pdf.Danger
	}
	return pdf.Muted
}

// duration shows seconds in the unit that says enough.
func (r *review) duration(seconds int64) string {
	const minute, hour = 60, 60 * 60
	half := func(unit int64) int64 { return (seconds + unit/2) / unit }
	switch {
	case seconds >= 2*hour:
		return r.t("qbr.duration.hours", "n", half(hour))
	case seconds >= 2*minute:
		return r.t("qbr.duration.minutes", "n", half(minute))
	}
	return r.t("qbr.duration.seconds", "n", seconds)
}
