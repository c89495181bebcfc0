package tenants

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success/health"
	"ghasi.io/portal/views"
)

// table is the list of tenants.
func table(p *locales.Printer, shown []row, all int) views.TenantTable {
	if len(shown) == 0 {
		empty := &views.Empty{Icon: "building-2", Title: p.T("tenants.list.nothing.title"), Text: p.T("tenants.list.nothing.text")}
		if all == 0 {
			empty.Title, empty.Text = p.T("tenants.list.none.title"), p.T("tenants.list.none.text")
		}
		return views.TenantTable{Empty: empty}
	}
	var t views.TenantTable
	for _, r := range shown {
		v := views.TenantRow{
			Name: r.tenant.Name, URL: home + "/" + r.tenant.TenantID, Score: score(p, r.trend),
			Week: change(p, r.trend.Change7), Month: change(p, r.trend.Change30), Spark: spark(r.trend.Days),
			Balance: p.Amount(string(r.tenant.Currency), r.tenant.BalanceMicros), Owes: r.tenant.BalanceMicros < 0,
			Tickets: "–", Contact: instant(p, r.contact),
		}
		if r.tickets != unknown {
			v.Tickets = p.Number(int64(r.tickets))
		}
		t.Rows = append(t.Rows, v)
	}
	return t
}

// score is the ring of a tenant's latest score.
func score(p *locales.Printer, t health.Trend) views.Score {
	if !t.Known {
		return views.Score{Value: "–", Word: p.T("tenants.band.unknown")}
	}
	band := string(t.Latest.Band())
	return views.Score{
		Known: true, Value: p.Number(int64(t.Latest.Score)), Band: band, Word: p.T("tenants.band." + band),
		Ring: strconv.Itoa(t.Latest.Score) + " 100",
	}
}

// change is a difference in points: a sign, a figure and an arrow.
func change(p *locales.Printer, points *int) views.Change {
	switch {
	case points == nil:
		return views.Change{}
	case *points == 0:
		return views.Change{Text: p.T("tenants.change.none")}
	case *points < 0:
		return views.Change{Text: p.T("tenants.change.down", "n", -*points), Trend: "down"}
	}
	return views.Change{Text: p.T("tenants.change.up", "n", *points), Trend: "up"}
}

// spark draws scores from 0 to 100 in a 72×16 box, a score each day.
func spark(days []portal.HealthScore) *views.Spark {
	if len(days) < 2 {
		return nil
	}
	return &views.Spark{Points: polyline(days, 72, 15)}
}

func polyline(days []portal.HealthScore, width, height float64) string {
	var b strings.Builder
	step := width / float64(len(days)-1)
	for i, d := range days {
		if i > 0 {
			b.WriteByte(' ')
		}
		_, _ = fmt.Fprintf(&b, "%s,%s", coordinate(float64(i)*step), coordinate(0.5+height-height*float64(d.Score)/100)) // a builder takes all
	}
	return b.String()
}

func coordinate(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// instant is a time for reading; zero stays zero.
func instant(p *locales.Printer, t time.Time) views.Time {
	if t.IsZero() {
		return views.Time{}
	}
	return views.NewTime(p, t)
}

// dayOf reads a day of ours; false for what is none.
func dayOf(day string) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, day, locales.Kabul)
	return t, err == nil
}

func dayText(p *locales.Printer, day string) locales.Text {
	t, ok := dayOf(day)
	if !ok {
		return locales.Verbatim(day)
	}
	return p.Kabul().Date(t)
}
