package tenants

import (
	"strings"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success/desk"
	"ghasi.io/portal/views"
)

// builder makes the page of a tenant out of what was found.
type builder struct {
	p     *locales.Printer
	alert func(error) *views.Alert
	by    portal.Actor
}

func (b builder) page(base views.Base, f findings) views.TenantPage {
	at := home + "/" + f.tenant.TenantID
	page := views.TenantPage{
		Base: base, WarnViewed: b.p.T("tenants.show.viewed"),
		Tenant: views.TenantFacts{
			ID: f.tenant.TenantID, Name: f.tenant.Name, Since: b.p.T("tenants.show.since", "date", string(b.p.Date(f.tenant.CreatedAt))),
			Balance: b.p.Amount(string(f.tenant.Currency), f.tenant.BalanceMicros),
		},
		Health: b.health(f, at), Invoices: b.invoices(f),
		Notes: b.notes(f.tenant.TenantID, f.notes), Reviews: b.reviews(f.tenant.TenantID, f.reviews),
	}
	for _, a := range f.assigned {
		page.Tenant.TAMs = append(page.Tenant.TAMs, a.Name)
	}
	if f.noTraffic != nil {
		page.Failure = b.alert(f.noTraffic)
		return page
	}
	page.Traffic = b.traffic(f.analytics)
	for _, o := range f.analytics.Operators {
		row := views.OperatorRow{
			Name: b.p.T("operator." + operatorKey(o.Operator)), Submitted: b.p.Number(int64(o.Submitted)),
			Delivered: b.p.Number(int64(o.Delivered)), Failed: b.p.Number(int64(o.Failed)), Rate: "–",
		}
		if final := o.Delivered + o.Failed; final > 0 {
			row.Rate = b.p.Percent(float64(o.Delivered) / float64(final))
		}
		page.Operators = append(page.Operators, row)
	}
	page.Holds = b.holds(f.analytics)
	return page
}

// operatorKey is the catalogue's name of an operator; one that it does not know is "other".
func operatorKey(code string) string {
	if strings.Contains(" awcc roshan etisalat atoma salaam ", " "+code+" ") {
		return code
	}
	return "other"
}

func (b builder) holds(a portal.Analytics) []views.Tile {
	held := views.Tile{Label: b.p.T("tenants.holds.held"), Value: b.p.Number(int64(a.Totals.Held))}
	if a.Totals.Submitted > 0 {
		held.Note = b.p.T("tenants.holds.share", "share", string(b.p.Percent(float64(a.Totals.Held)/float64(a.Totals.Submitted))))
	}
	released := views.Tile{Label: b.p.T("tenants.holds.released"), Value: b.p.Number(int64(a.Totals.Released))}
	return []views.Tile{held, released}
}

const (
	chartHeight = 160
	monthSlot   = 60
	monthGap    = 20
)

// traffic is a bar a month, delivered below and failed above.
func (b builder) traffic(a portal.Analytics) *views.Chart {
	c := &views.Chart{
		ID: "tenant-traffic", Title: b.p.T("tenants.traffic.chart"), Width: monthSlot * max(1, len(a.Months)), Height: chartHeight,
		Summary: b.p.T("tenants.traffic.summary", "n", a.Totals.Submitted, "before", a.Previous.Submitted),
		Legend: []views.Legend{
			{Label: b.p.T("tenants.operators.delivered"), Tone: "primary"}, {Label: b.p.T("tenants.operators.failed"), Tone: "error"},
		},
		Columns: []views.Text{b.p.T("tenants.traffic.month"), b.p.T("tenants.operators.delivered"), b.p.T("tenants.operators.failed")},
	}
	most := 1
	for _, m := range a.Months {
		most = max(most, m.Delivered+m.Failed)
	}
	c.Ticks = []views.Tick{{Pos: 0, Label: b.p.Number(int64(most))}}
	for i, m := range a.Months {
		name := b.month(m.Month)
		bar := views.Bar{X: i*monthSlot + monthGap/2, Width: monthSlot - monthGap, Day: name,
			Values: []views.Text{b.p.Number(int64(m.Delivered)), b.p.Number(int64(m.Failed))}}
		y := chartHeight
		for _, part := range []struct {
			n    int
			tone string
		}{{m.Delivered, "primary"}, {m.Failed, "error"}} {
			if part.n > 0 {
				height := min(y, max(1, chartHeight*part.n/most))
				y -= height
				bar.Stack = append(bar.Stack, views.Rect{Y: y, Height: height, Tone: part.tone})
			}
		}
		c.Bars = append(c.Bars, bar)
		c.Labels = append(c.Labels, views.Tick{Pos: i*monthSlot + monthSlot/2, Label: name})
	}
	return c
}

// month names a month of ours, "2026-11".
func (b builder) month(month string) locales.Text {
	start, ok := dayOf(month + "-01")
	if !ok {
		return locales.Verbatim(month)
	}
	label, gregorian := b.p.Period(start, start.AddDate(0, 1, 0))
	if gregorian != "" {
		return gregorian
	}
	return label
}

func (b builder) invoices(f findings) views.TenantInvoices {
	if f.noInvoice != nil {
		return views.TenantInvoices{Alert: b.alert(f.noInvoice)}
	}
	var v views.TenantInvoices
	for _, i := range f.invoices.Items {
		start, _ := dayOf(i.PeriodStart)
		end, _ := dayOf(i.PeriodEnd)
		label, _ := b.p.Period(start, end)
		v.Rows = append(v.Rows, views.TenantInvoice{
			Number: i.Number, Period: label, Amount: b.p.Amount(string(i.Currency), i.AmountMicros),
			Due:    b.p.T("tenants.invoices.due", "date", string(b.p.Kabul().Date(i.DueAt))),
			Status: views.Badge{Kind: string(i.Status), Label: b.p.T("billing.status." + string(i.Status))},
		})
	}
	return v
}

// tones groups a ticket's states by whose turn it is.
var tones = map[desk.Status]string{
	desk.StatusNew: "open", desk.StatusOpen: "open", desk.StatusPending: "waiting", desk.StatusHold: "waiting",
	desk.StatusSolved: "closed", desk.StatusClosed: "closed",
}

// tickets is the widget of the support desk. A desk that is down leaves the last known list with its age.
func (b builder) tickets(name string, f findings) views.TicketList {
	v := views.TicketList{Desk: name}
	if f.noTickets != nil {
		v.Alert = &views.Alert{Tone: "warning", Title: b.p.T("tenants.tickets.down", "desk", name), Text: b.p.T("tenants.tickets.down_text")}
		return v
	}
	if f.tickets.Stale {
		v.Alert = &views.Alert{Tone: "warning", Title: b.p.T("tenants.tickets.down", "desk", name), Text: b.p.T("tenants.tickets.stale", "ago", string(b.p.Ago(f.tickets.FetchedAt)))}
	}
	if len(f.tickets.Tickets) == 0 {
		v.Empty = b.p.T("tenants.tickets.none")
	} else {
		v.Age = b.p.T("tenants.tickets.open", "n", f.tickets.Open, "desk", name)
	}
	for _, t := range f.tickets.Tickets {
		row := views.TicketRow{
			ID: t.ID, Subject: t.Subject, URL: t.URL, Status: b.p.T("tenants.ticket." + string(t.Status)), Tone: tones[t.Status],
			Created: instant(b.p, t.CreatedAt),
		}
		if t.Priority != "" {
			row.Priority = b.p.T("tenants.priority." + string(t.Priority))
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}
