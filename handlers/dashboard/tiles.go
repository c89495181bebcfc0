package dashboard

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	week      = 7
	sparkDays = 14
)

// tiles are today's figures beside what to compare them with. Today is not over: so a figure that is behind last week's
// is no fall, and only a figure already ahead is called a rise.
func tiles(p *locales.Printer, f facts) []views.Tile {
	all := f.stats.Days
	if len(all) == 0 {
		return nil
	}
	today := all[len(all)-1]
	lastWeek, known := portal.MessageDay{}, len(all) > week
	if known {
		lastWeek = all[len(all)-1-week]
	}
	sent := views.Tile{Label: p.T("dashboard.tile.sent"), Value: p.Number(int64(today.Submitted)), URL: logURL(today)}
	amount := func(micros int64) locales.Text { return p.Amount(string(f.stats.Currency), micros) }
	spend := views.Tile{Label: p.T("dashboard.tile.spend"), Value: amount(today.SpendMicros)}
	if known {
		onWeek(p, &sent, int64(today.Submitted), int64(lastWeek.Submitted), p.Number)
		onWeek(p, &spend, today.SpendMicros, lastWeek.SpendMicros, amount)
	}
	out := []views.Tile{sent, deliveredTile(p, all), failedTile(p, all), spend}
	for i, series := range []func(portal.MessageDay) float64{
		func(d portal.MessageDay) float64 { return float64(d.Submitted) },
		func(d portal.MessageDay) float64 { r, _ := rate(d); return r },
		func(d portal.MessageDay) float64 { return float64(d.Failed) },
		func(d portal.MessageDay) float64 { return float64(d.SpendMicros) },
	} {
		out[i].Spark = spark(all, series)
	}
	if f.usageErr == nil {
		out[len(out)-1] = balanceTile(p, f.usage, today)
	}
	return out
}

const billingURL = "/billing?tab=usage"

// balanceTile is the credit left; without the platform's word on it, today's spend has its place.
func balanceTile(p *locales.Printer, u portal.Usage, today portal.MessageDay) views.Tile {
	currency := string(u.Currency)
	t := views.Tile{Label: p.T("dashboard.tile.balance"), Value: p.Amount(currency, u.BalanceMicros), URL: billingURL}
	switch {
	case usedUp(u):
		t.Note, t.Tone = p.T("dashboard.note.used_up"), "bad"
	case isLow(u):
		t.Note, t.Tone = p.T("dashboard.note.low", "amount", p.Amount(currency, u.LowBalanceMicros)), "bad"
	default:
		t.Note = p.T("dashboard.note.spent_today", "amount", p.Amount(currency, today.SpendMicros))
	}
	return t
}

// usedUp reports whether new messages are refused, isLow whether the balance is below what the customer chose: nought is
// no choice.
func usedUp(u portal.Usage) bool { return u.BalanceMicros+u.CreditLimitMicros <= 0 }
func isLow(u portal.Usage) bool {
	return u.LowBalanceMicros > 0 && u.BalanceMicros < u.LowBalanceMicros
}

// onWeek compares an amount with that of the whole same day last week.
func onWeek(p *locales.Printer, t *views.Tile, now, before int64, format func(int64) views.Text) {
	switch {
	case before == 0:
		t.Note = p.T("dashboard.note.no_before")
	case now > before:
		t.Note = p.T("dashboard.note.up_on_week", "change", p.Percent(float64(now-before)/float64(before)))
		t.Trend = "up"
	default:
		t.Note = p.T("dashboard.note.same_day", "before", format(before))
	}
}

// rate is the share delivered of the messages that have come to an end; ok is false while none has.
func rate(d portal.MessageDay) (share float64, ok bool) {
	ended := d.Delivered + d.Failed
	if ended == 0 {
		return 0, false
	}
	return float64(d.Delivered) / float64(ended), true
}

// sum adds up the days before today, one week at most.
func sum(all []portal.MessageDay) (total portal.MessageDay, n int) {
	before := all[:len(all)-1]
	before = before[max(0, len(before)-week):]
	for _, d := range before {
		total.Delivered += d.Delivered
		total.Failed += d.Failed
	}
	return total, len(before)
}

func deliveredTile(p *locales.Printer, all []portal.MessageDay) views.Tile {
	today := all[len(all)-1]
	t := views.Tile{Label: p.T("dashboard.tile.delivered"), URL: logURL(today, portal.StatusDelivered)}
	now, ok := rate(today)
	if !ok {
		t.Value, t.Note = p.T("dashboard.tile.none"), p.T("dashboard.note.rate_none")
		return t
	}
	t.Value = p.Percent(now)
	weekBefore, _ := sum(all)
	before, ok := rate(weekBefore)
	if !ok {
		t.Note = p.T("dashboard.note.rate", "n", today.Delivered+today.Failed)
		return t
	}
	points := math.Round(1000*(now-before)) / 10
	distance := p.Decimal(math.Abs(points), 1)
	switch {
	case points > 0:
		t.Note, t.Trend, t.Tone = p.T("dashboard.note.rate_up", "points", distance), "up", "good"
	case points < 0:
		t.Note, t.Trend, t.Tone = p.T("dashboard.note.rate_down", "points", distance), "down", "bad"
	default:
		t.Note = p.T("dashboard.note.rate_same")
	}
	return t
}

func failedTile(p *locales.Printer, all []portal.MessageDay) views.Tile {
	today := all[len(all)-1]
	t := views.Tile{
		Label: p.T("dashboard.tile.failed"), Value: p.Number(int64(today.Failed)),
		URL: logURL(today, portal.StatusFailed, portal.StatusExpired, portal.StatusRejected),
	}
	total, n := sum(all)
	if n == 0 {
		return t
	}
	usual := int(math.Round(float64(total.Failed) / float64(n)))
	if today.Failed > usual {
		t.Note, t.Trend, t.Tone = p.T("dashboard.note.more_than_usual", "n", today.Failed-usual), "up", "bad"
	} else {
		t.Note = p.T("dashboard.note.usual", "n", usual)
	}
	return t
}

// logURL is the log narrowed to a day and to states.
func logURL(d portal.MessageDay, statuses ...portal.MessageStatus) string {
	q := url.Values{"after": {d.Day}}
	for _, s := range statuses {
		q.Add("status", string(s))
	}
	return "/messages?" + q.Encode()
}

// spark draws the last days as a line in a 72×16 box; fewer than two days make none.
func spark(all []portal.MessageDay, value func(portal.MessageDay) float64) *views.Spark {
	const width, height, margin = 72.0, 16.0, 1.0
	all = all[max(0, len(all)-sparkDays):]
	if len(all) < 2 {
		return nil
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, d := range all {
		low, high = min(low, value(d)), max(high, value(d))
	}
	var points strings.Builder
	for i, d := range all {
		share := 0.5 // a flat line runs through the middle
		if high > low {
			share = (value(d) - low) / (high - low)
		}
		if i > 0 {
			points.WriteByte(' ')
		}
		points.WriteString(coordinate(width * float64(i) / float64(len(all)-1)))
		points.WriteByte(',')
		points.WriteString(coordinate(height - margin - share*(height-2*margin)))
	}
	return &views.Spark{Points: points.String()}
}

func coordinate(v float64) string { return strconv.FormatFloat(math.Round(10*v)/10, 'f', -1, 64) }
