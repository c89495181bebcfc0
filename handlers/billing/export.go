package billing

import (
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/csvfile"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

const (
	exportPage = 100    // invoices asked for at once
	maxExport  = 10_000 // invoices of a file: centuries
)

// exportInvoices is the list under a filter as a CSV file, all its pages.
func (h *Handlers) exportInvoices(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	f, wrong := parseInvoices(query)
	if len(wrong) > 0 {
		return &portal.Error{Code: portal.Invalid, Fields: wrong}
	}
	f.Limit, f.Cursor = exportPage, ""
	page, err := h.api.Invoices(c.Request.Context(), user.Token, f)
	if err != nil {
		return err
	}
	l := h.kit.Locale(c)
	file := csvfile.Start(c, "invoices.csv",
		csvfile.Text(l.T("billing.column.number")), csvfile.Text(l.T("billing.export.from")), csvfile.Text(l.T("billing.export.to")),
		csvfile.Text(l.T("billing.column.amount")), csvfile.Text(l.T("billing.export.currency")), csvfile.Text(l.T("billing.column.status")),
		csvfile.Text(l.T("billing.column.issued")), csvfile.Text(l.T("billing.column.due")), csvfile.Text(l.T("billing.export.paid")))
	h.writeInvoices(c, file, user.Token, f, page)
	return nil
}

// writeInvoices adds page and those that follow it.
func (h *Handlers) writeInvoices(c *gin.Context, file *csvfile.File, token string, f portal.InvoiceFilter, page portal.InvoicePage) {
	l := h.kit.Locale(c)
	for range maxExport / exportPage {
		for _, v := range page.Items {
			invoiceCells(l, file, v)
		}
		if file.Flush() != nil || page.NextCursor == "" {
			return
		}
		f.Cursor = page.NextCursor
		var err error
		if page, err = h.api.Invoices(c.Request.Context(), token, f); err != nil {
			h.kit.Log.WarnContext(c, "export broken off", "request_id", web.RequestID(c.Request.Context()), "err", err)
			file.Abort()
		}
	}
}

func invoiceCells(l *locales.Locale, file *csvfile.File, v portal.Invoice) {
	paid := csvfile.Cell{}
	if v.PaidAt != nil {
		paid = dayCell(*v.PaidAt)
	}
	last := v.PeriodEnd
	if until, err := kabulDay(v.PeriodEnd); err == nil {
		last = until.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	file.Row(csvfile.Text(v.Number), csvfile.Text(v.PeriodStart), csvfile.Text(last), csvfile.Micros(v.AmountMicros), csvfile.Text(v.Currency),
		csvfile.Text(statusBadge(l, v.Status).Label), dayCell(v.IssuedAt), dayCell(v.DueAt), paid)
}

// dayCell is the day in Kabul, as every spreadsheet reads it.
func dayCell(t time.Time) csvfile.Cell {
	return csvfile.Text(t.In(locales.Kabul).Format(time.DateOnly))
}

// exportUsage is a month as a CSV file, a row a day.
func (h *Handlers) exportUsage(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	month, err := parseMonth(query)
	if err != nil {
		return err
	}
	u, err := h.api.Usage(c.Request.Context(), user.Token, month)
	if err != nil {
		return err
	}
	name := "usage.csv"
	if from, err := kabulDay(u.PeriodStart); err == nil {
		name = "usage-" + from.Format(monthLayout) + ".csv"
	}
	l := h.kit.Locale(c)
	file := csvfile.Start(c, name, csvfile.Text(l.T("billing.chart.day")), csvfile.Text(l.T("billing.tile.sent")),
		csvfile.Text(l.T("billing.tile.delivered")), csvfile.Text(l.T("billing.column.spend")), csvfile.Text(l.T("billing.export.currency")))
	for _, d := range u.Days {
		file.Row(csvfile.Text(d.Day), csvfile.Int(d.Sent), csvfile.Int(d.Delivered), csvfile.Micros(d.SpendMicros), csvfile.Text(u.Currency))
	}
	_ = file.Flush() // who has gone away is told nothing
	return nil
}
