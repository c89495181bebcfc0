// Package billing is /billing: the invoices with their documents and lines, the usage of a month, the balance below which
// a customer wants to be warned, and both as CSV files.
package billing

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	home     = "/billing"
	pageSize = 20
	wait     = 8 * time.Second // for the platform; what has not come by then is shown as missing
)

// The tabs, as the address names them.
const (
	tabInvoices = "invoices"
	tabUsage    = "usage"
)

// api is what this feature needs of the platform.
type api interface {
	Invoices(ctx context.Context, token string, f portal.InvoiceFilter) (portal.InvoicePage, error)
	Invoice(ctx context.Context, token, invoiceID string) (portal.Invoice, error)
	InvoicePDF(ctx context.Context, token, invoiceID, locale string) (portal.SignedURL, error)
	Usage(ctx context.Context, token, month string) (portal.Usage, error)
	SetBilling(ctx context.Context, token string, s portal.BillingSettings) error
}

// Handlers answers for billing.
type Handlers struct {
	kit *web.Kit
	api api
}

// New returns the handlers.
func New(kit *web.Kit, api api) *Handlers { return &Handlers{kit: kit, api: api} }

// Register adds the routes. They need a signed-in user.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(home, h.kit.Handle(h.show))
	r.GET(home+"/threshold", h.kit.Handle(h.showThreshold))
	r.POST(home+"/threshold", h.kit.Handle(h.setThreshold))
	r.GET(home+"/invoices.csv", h.kit.Handle(h.exportInvoices))
	r.GET(home+"/usage.csv", h.kit.Handle(h.exportUsage))
	r.GET(home+"/invoices/:invoiceId", h.kit.Handle(h.invoice))
	r.GET(home+"/invoices/:invoiceId/pdf", h.kit.Handle(h.document))
}

// show is the tab that the address names.
func (h *Handlers) show(c *gin.Context) error {
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	switch query.Get("tab") {
	case "", tabInvoices:
		return h.invoices(c, query)
	case tabUsage:
		return h.usage(c, query)
	}
	return portal.Fail(portal.NotFound, nil)
}

// page answers with the tab that fill adds to a page.
func (h *Handlers) page(c *gin.Context, status int, tab string, overdue *views.Alert, fill func(*views.BillingPage)) error {
	base, l := h.kit.Base(c, "billing.home.title"), h.kit.Locale(c)
	p := views.BillingPage{Base: base, Overdue: overdue, Tabs: []views.Tab{
		{Link: views.Link{Label: l.T("billing.tabs.invoices"), URL: home + "?tab=" + tabInvoices}, Current: tab == tabInvoices},
		{Link: views.Link{Label: l.T("billing.tabs.usage"), URL: home + "?tab=" + tabUsage}, Current: tab == tabUsage},
	}}
	fill(&p)
	return web.Page(h.kit, c, status, views.Billing, &p)
}

// both asks the platform for invoices and a month at once, each with its own failure.
func (h *Handlers) both(ctx context.Context, token string, f portal.InvoiceFilter, month string) (b facts) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() { b.invoices, b.invoicesErr = h.api.Invoices(ctx, token, f) })
	group.Go(func() { b.usage, b.usageErr = h.api.Usage(ctx, token, month) })
	group.Wait()
	return b
}

// facts is what the platform told.
type facts struct {
	invoices    portal.InvoicePage
	invoicesErr error
	usage       portal.Usage
	usageErr    error
}

// fatal is the error that leaves no page to show: the session has ended, or nothing may be read.
func (f facts) fatal() error {
	for _, err := range []error{f.invoicesErr, f.usageErr} {
		switch portal.CodeOf(err) {
		case portal.Unauthenticated, portal.Forbidden:
			return err
		}
	}
	return nil
}

// alert words a part that could not be read, where the part would be.
func (h *Handlers) alert(c *gin.Context, err error, title views.Text) *views.Alert {
	h.kit.Log.WarnContext(c, "part of billing not read", "request_id", web.RequestID(c.Request.Context()), "err", err)
	a := h.kit.Alert(c, err)
	a.Title, a.Focus = title, false
	if c.Request.Method != http.MethodGet {
		a.Retry = home + "?tab=" + tabUsage
	}
	return &a
}

// address is a local address with what is not empty of the given name, value pairs.
func address(path string, pairs ...string) string {
	q := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		if name, value := pair[0], pair[len(pair)-1]; value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
