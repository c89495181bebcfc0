package billing

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const maxCursor = 512

// parseInvoices reads the filter of an address. What it can't make sense of is reported, and left out.
func parseInvoices(q url.Values) (portal.InvoiceFilter, []portal.FieldError) {
	f := portal.InvoiceFilter{Status: portal.InvoiceStatus(q.Get("status")), Cursor: q.Get("cursor"), Limit: pageSize}
	var wrong []portal.FieldError
	if f.Status != "" && !slices.Contains(portal.InvoiceStatuses, f.Status) {
		f.Status = ""
		wrong = append(wrong, portal.FieldError{Field: "status", Key: "field.unknown_status"})
	}
	if len(f.Cursor) > maxCursor || strings.ContainsFunc(f.Cursor, func(r rune) bool { return r <= ' ' || r > '~' }) {
		f.Cursor = ""
		wrong = append(wrong, portal.FieldError{Field: "cursor", Key: "field.invalid_cursor"})
	}
	return f, wrong
}

// invoices is the tab "Invoices": a page, the list that a filter swaps, or the next rows.
func (h *Handlers) invoices(c *gin.Context, query url.Values) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	f, wrong := parseInvoices(query)
	if web.IsPartial(c) {
		return h.invoicesPart(c, user.Token, f, wrong)
	}
	b := h.both(c.Request.Context(), user.Token, f, "")
	if err := b.fatal(); err != nil {
		return err
	}
	wrong = append(wrong, wrongFields(b.invoicesErr)...)
	if b.usageErr != nil && b.invoicesErr != nil && len(wrong) == 0 {
		return b.invoicesErr
	}
	p := h.kit.Printer(c)
	tab, status := views.BillingInvoices{}, http.StatusOK
	if b.usageErr != nil {
		tab.TilesAlert = h.alert(c, b.usageErr, p.T("billing.usage.down"))
	}
	tab.Tiles = accountTiles(p, b)
	list := invoiceList{p: p, filter: f}
	switch {
	case len(wrong) > 0:
		tab.List, status = list.refused(wrong), http.StatusUnprocessableEntity
	case b.invoicesErr != nil:
		tab.List = list.view(portal.InvoicePage{})
		tab.List.Empty, tab.List.Alert = nil, h.alert(c, b.invoicesErr, p.T("billing.invoices.down"))
	default:
		tab.List = list.view(b.invoices)
	}
	return h.page(c, status, tabInvoices, overdueAlert(p, b.invoices), func(page *views.BillingPage) { page.Invoices = &tab })
}

// invoicesPart answers htmx: the list under a filter, or the rows that follow those on the page.
func (h *Handlers) invoicesPart(c *gin.Context, token string, f portal.InvoiceFilter, wrong []portal.FieldError) error {
	list := invoiceList{p: h.kit.Printer(c), filter: f}
	more := c.Query("cursor") != ""
	var page portal.InvoicePage
	if len(wrong) == 0 {
		var err error
		page, err = h.api.Invoices(c.Request.Context(), token, f)
		if wrong = wrongFields(err); len(wrong) == 0 && err != nil {
			return err
		}
	}
	status := http.StatusOK
	if len(wrong) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if more {
		view := list.more(page, wrong)
		return web.Fragment(h.kit, c, status, views.InvoiceMoreFragment, &view)
	}
	view := list.view(page)
	if len(wrong) > 0 {
		view = list.refused(wrong)
	} else {
		c.Header("HX-Push-Url", list.url(""))
	}
	return web.Fragment(h.kit, c, status, views.InvoiceListFragment, &view)
}

// wrongFields are the inputs that the platform did not take.
func wrongFields(err error) []portal.FieldError {
	var e *portal.Error
	if !errors.As(err, &e) || e.Code != portal.Invalid {
		return nil
	}
	return e.Fields
}
