package billing

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
	"ghasi.io/portal/views"
)

func invoiceURL(invoiceID string) string { return home + "/invoices/" + url.PathEscape(invoiceID) }

// notFound says that there is no such invoice, whether it is another tenant's or nobody's.
func notFound(cause error) error {
	return &portal.Error{Code: portal.NotFound, Key: "billing.invoice.not_found", Err: cause}
}

// invoice is one invoice with its lines.
func (h *Handlers) invoice(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	id := c.Param("invoiceId")
	if !portal.ValidID("inv", id) {
		return notFound(nil)
	}
	v, err := h.api.Invoice(c.Request.Context(), user.Token, id)
	if portal.CodeOf(err) == portal.NotFound {
		return notFound(err)
	}
	if err != nil {
		return err
	}
	page := invoicePage(h.kit.Base(c, "billing.home.title"), h.kit.Printer(c), v)
	return web.Page(h.kit, c, http.StatusOK, views.BillingInvoice, &page)
}

// document leads to the invoice as a PDF. It asks for a link that has just been signed, so nobody meets one that has ended.
func (h *Handlers) document(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	id := c.Param("invoiceId")
	if !portal.ValidID("inv", id) {
		return notFound(nil)
	}
	link, err := h.api.InvoicePDF(c.Request.Context(), user.Token, id, h.kit.Locale(c).Tag)
	switch portal.CodeOf(err) {
	case "":
	case portal.NotFound:
		return notFound(err)
	case portal.Unavailable, portal.Internal:
		return &portal.Error{Code: portal.Unavailable, Key: "billing.invoice.no_document", Err: err}
	default:
		return err
	}
	if u, err := url.Parse(link.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return &portal.Error{Code: portal.Unavailable, Key: "billing.invoice.no_document", Err: errors.New("the link is no web address")}
	}
	if web.IsHTMX(c) {
		return web.HTMXRedirect(c, http.StatusOK, link.URL)
	}
	c.Header("Location", link.URL)
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusSeeOther)
	c.Writer.WriteHeaderNow()
	return nil
}

// invoicePage words an invoice.
func invoicePage(base views.Base, p *locales.Printer, v portal.Invoice) views.InvoicePage {
	base.Title = p.T("billing.invoice.heading", "number", v.Number)
	base.Breadcrumb = []views.Link{{Label: p.T("billing.home.title"), URL: home}}
	page := views.InvoicePage{
		Base: base, Back: home + "?tab=" + tabInvoices, Status: statusBadge(p.Locale, v.Status), Period: period(p, v.PeriodStart, v.PeriodEnd),
		Issued: p.Kabul().Date(v.IssuedAt), Due: due(p, v), Total: p.Amount(string(v.Currency), v.AmountMicros), PDFURL: invoiceURL(v.InvoiceID) + "/pdf",
	}
	if v.RoundingMicros != 0 {
		page.Rounding = p.UnitAmount(string(v.Currency), v.RoundingMicros)
	}
	for _, l := range v.Lines {
		page.Lines = append(page.Lines, lineView(p, v, l))
	}
	return page
}

func lineView(p *locales.Printer, v portal.Invoice, l portal.InvoiceLine) views.InvoiceLine {
	// A line is a span of whole days: the log takes the last one, the line the first that is no more.
	first, last := l.SubmittedAfter.In(locales.Kabul), l.SubmittedBefore.In(locales.Kabul).Add(-time.Nanosecond)
	out := views.InvoiceLine{
		Operator: operatorName(p.Locale, l.Operator), Messages: p.Number(int64(l.Messages)), Segments: p.Number(int64(l.Segments)),
		Refunded: p.Number(int64(l.Refunded)), Unit: p.UnitAmount(string(v.Currency), l.UnitMicros), Amount: p.UnitAmount(string(v.Currency), l.AmountMicros),
		LogURL: logURL(l.Operator, first.Format(time.DateOnly), last.Format(time.DateOnly)),
		InLog:  p.T("billing.invoice.in_log", "n", l.Messages+l.Refunded),
	}
	days, _ := p.Period(first, l.SubmittedBefore)
	switch {
	case l.Credit:
		out.Note, out.InLog = p.T("billing.invoice.credit", "days", days), p.T("billing.invoice.see_log")
	case first.Format(time.DateOnly) != v.PeriodStart || l.SubmittedBefore.In(locales.Kabul).Format(time.DateOnly) != v.PeriodEnd:
		out.Note = days
	}
	return out
}

// logURL is the log narrowed to an operator and to days, both included; before may be empty.
func logURL(operator, after, before string) string {
	return address("/messages", "operator", operator, "after", after, "before", before)
}

// operatorName names an operator; one that this portal does not know is shown by its code.
func operatorName(l *locales.Locale, code string) views.Text {
	if code == sms.OtherOperator {
		return l.T("operator.others")
	}
	if key := "operator." + code; l.Has(key) {
		return l.T(key)
	}
	return locales.Verbatim(code)
}
