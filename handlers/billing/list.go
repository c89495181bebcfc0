package billing

import (
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// invoiceList words a list of invoices for one request.
type invoiceList struct {
	p      *locales.Printer
	filter portal.InvoiceFilter
}

// url is the address of the list under its filter from a cursor on.
func (l invoiceList) url(cursor string) string {
	return address(home, "tab", tabInvoices, "status", string(l.filter.Status), "cursor", cursor)
}

func (l invoiceList) view(page portal.InvoicePage) views.InvoiceList {
	v := views.InvoiceList{Status: l.statuses(), Rows: l.rows(page.Items), More: l.next(page)}
	if l.filter.Cursor != "" {
		v.NewestURL = l.url("")
	}
	if len(v.Rows) > 0 {
		v.CSVURL = address(home+"/invoices.csv", "status", string(l.filter.Status))
		return v
	}
	v.Empty = l.empty()
	return v
}

// more are the rows under those on the page, or why there are none.
func (l invoiceList) more(page portal.InvoicePage, wrong []portal.FieldError) views.InvoiceMoreView {
	if len(wrong) > 0 {
		return views.InvoiceMoreView{More: &views.InvoiceMore{Alert: l.alert(wrong)}}
	}
	v := views.InvoiceMoreView{Rows: l.rows(page.Items), More: l.next(page)}
	if len(v.Rows) > 0 {
		v.Rows[0].Focus = true
	}
	return v
}

// refused is the list under a filter that can't be used.
func (l invoiceList) refused(wrong []portal.FieldError) views.InvoiceList {
	v := views.InvoiceList{Status: l.statuses(), Alert: l.alert(wrong), NewestURL: l.url("")}
	for _, w := range wrong {
		if w.Field == "status" {
			v.Status.Error = l.p.T(w.Key, w.Args...)
		}
	}
	return v
}

func (l invoiceList) alert(wrong []portal.FieldError) *views.Alert {
	a := &views.Alert{Tone: "error", Title: l.p.T("billing.invoices.refused"), Focus: true}
	for _, w := range wrong {
		target := l.url("")
		if w.Field == "status" {
			target = "#f-status"
		}
		a.Items = append(a.Items, views.Link{Label: l.p.T(w.Key, w.Args...), URL: target})
	}
	return a
}

func (l invoiceList) next(page portal.InvoicePage) *views.InvoiceMore {
	if page.NextCursor == "" {
		return nil
	}
	return &views.InvoiceMore{URL: l.url(page.NextCursor)}
}

func (l invoiceList) empty() *views.Empty {
	p := l.p
	switch {
	case l.filter.Status != "" || l.filter.Cursor != "":
		return &views.Empty{
			Icon: "search", Title: p.T("billing.invoices.nothing.title"), Text: p.T("billing.invoices.nothing.text"),
			Action: &views.Link{Label: p.T("billing.invoices.all"), URL: home + "?tab=" + tabInvoices},
		}
	default:
		return &views.Empty{
			Icon: "receipt", Title: p.T("billing.invoices.empty.title"), Text: p.T("billing.invoices.empty.text"),
			Action: &views.Link{Label: p.T("billing.invoices.empty.action"), URL: home + "?tab=" + tabUsage},
		}
	}
}

// statuses is the filter as a drop-down list.
func (l invoiceList) statuses() views.Choices {
	c := views.Choices{Name: "status", Label: l.p.T("billing.column.status"), Single: true, Items: []views.Choice{
		{Label: l.p.T("billing.invoices.any"), Checked: l.filter.Status == ""},
	}}
	for _, s := range portal.InvoiceStatuses {
		c.Items = append(c.Items, views.Choice{Value: string(s), Label: l.p.T("billing.status." + string(s)), Checked: l.filter.Status == s})
	}
	return c
}

func (l invoiceList) rows(items []portal.Invoice) []views.InvoiceRow {
	rows := make([]views.InvoiceRow, len(items))
	for i, v := range items {
		rows[i] = views.InvoiceRow{
			Number: v.Number, URL: invoiceURL(v.InvoiceID), PDFURL: invoiceURL(v.InvoiceID) + "/pdf", Period: period(l.p, v.PeriodStart, v.PeriodEnd),
			Amount: l.p.Amount(string(v.Currency), v.AmountMicros), Status: statusBadge(l.p.Locale, v.Status), Due: due(l.p, v),
			Void: v.Status == portal.InvoiceVoid,
		}
	}
	return rows
}

// statusBadge words a status. One that this portal does not know yet is shown as the platform calls it.
func statusBadge(l *locales.Locale, s portal.InvoiceStatus) views.Badge {
	for _, known := range portal.InvoiceStatuses {
		if s == known {
			return views.Badge{Kind: string(s), Label: l.T("billing.status." + string(s))}
		}
	}
	return views.Badge{Kind: "neutral", Label: locales.Verbatim(string(s))}
}

// due is when an invoice is to be paid, and how that stands.
func due(p *locales.Printer, v portal.Invoice) views.DueView {
	k := p.Kabul()
	d := views.DueView{ISO: v.DueAt.In(locales.Kabul).Format(time.DateOnly), Date: k.Date(v.DueAt)}
	switch {
	case v.Status == portal.InvoiceOverdue:
		d.Late = p.T("billing.due.late", "n", daysBetween(v.DueAt, p.Now))
	case v.PaidAt != nil:
		d.Paid = p.T("billing.due.paid", "date", k.Date(*v.PaidAt))
	case v.Status == portal.InvoiceVoid:
		return views.DueView{}
	}
	return d
}

// daysBetween counts the midnights in Kabul between two instants, one at least.
func daysBetween(from, to time.Time) int {
	const day = 24 * time.Hour
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(locales.Kabul).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, locales.Kabul)
	}
	return max(1, int(midnight(to).Sub(midnight(from))/day))
}

// period names the days from one up to another. What are no days is shown as the platform has it.
func period(p *locales.Printer, start, end string) views.PeriodView {
	from, errFrom := kabulDay(start)
	until, errUntil := kabulDay(end)
	if errFrom != nil || errUntil != nil {
		return views.PeriodView{Label: locales.Verbatim(start)}
	}
	label, gregorian := p.Period(from, until)
	return views.PeriodView{Label: label, Gregorian: gregorian}
}

func kabulDay(s string) (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, s, locales.Kabul)
}
