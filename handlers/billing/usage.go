package billing

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// monthShape is a month as an address and the platform name it.
var monthShape = regexp.MustCompile(`^20\d\d-(0[1-9]|1[0-2])$`)

var errMonth = portal.InvalidField("month", "billing.usage.no_month")

// parseMonth reads the month of an address; "" is the one under way.
func parseMonth(q url.Values) (string, error) {
	month := q.Get("month")
	if month != "" && !monthShape.MatchString(month) {
		return "", errMonth
	}
	return month, nil
}

// usage is the tab "Usage": a page, or its content for htmx.
func (h *Handlers) usage(c *gin.Context, query url.Values) error {
	month, err := parseMonth(query)
	return h.answerUsage(c, http.StatusOK, usageRequest{month: month, err: err})
}

// usageRequest is what a page of usage is to show: a month, or why there is none, and the form of the threshold as typed.
type usageRequest struct {
	month string
	err   error
	form  *thresholdForm
}

func (h *Handlers) answerUsage(c *gin.Context, status int, r usageRequest) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	var b facts
	if r.err == nil {
		b = h.both(c.Request.Context(), user.Token, portal.InvoiceFilter{Limit: 1}, r.month)
		if err := b.fatal(); err != nil {
			return err
		}
		r.err = b.usageErr
		if b.usageErr != nil && b.invoicesErr != nil {
			return b.usageErr
		}
	}
	p := h.kit.Printer(c)
	tab := views.BillingUsage{}
	switch {
	case portal.CodeOf(r.err) == portal.Invalid:
		tab.Alert, status = noMonth(p), http.StatusUnprocessableEntity
	case r.err != nil:
		tab.Alert = h.alert(c, r.err, p.T("billing.usage.down"))
	default:
		tab = usageView(p, b.usage)
		form := r.form
		if form == nil {
			form = newThreshold(p, b.usage.LowBalanceMicros)
		}
		tab.Threshold = form.view(p, b.usage)
	}
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, status, views.BillingUsageFragment, &tab)
	}
	if b.invoicesErr != nil { // only the notice of what is overdue is missing
		h.kit.Log.WarnContext(c, "overdue invoices not read", "request_id", web.RequestID(c.Request.Context()), "err", b.invoicesErr)
	}
	return h.page(c, status, tabUsage, overdueAlert(p, b.invoices), func(page *views.BillingPage) { page.Usage = &tab })
}

// showThreshold is the address that the form of the threshold posts to, loaded as a page: the form, with what was typed
// when the session ended under it.
func (h *Handlers) showThreshold(c *gin.Context) error {
	r := usageRequest{}
	if kept, ok := web.Draft(c); ok {
		r.form = &thresholdForm{typed: cut(kept.Get(inputThreshold))}
	}
	return h.answerUsage(c, http.StatusOK, r)
}

// setThreshold stores the balance below which the customer wants to be warned.
func (h *Handlers) setThreshold(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	values, err := web.Form(c)
	if err != nil {
		return err
	}
	form := thresholdForm{typed: cut(values.Get(inputThreshold))}
	micros, wrong := form.micros()
	if wrong == "" {
		err = h.api.SetBilling(c.Request.Context(), user.Token, portal.BillingSettings{LowBalanceMicros: micros})
		if len(wrongFields(err)) > 0 {
			wrong = "billing.threshold.wrong"
		}
	}
	p := h.kit.Printer(c)
	switch {
	case wrong != "":
		form.wrong = p.T(wrong)
		return h.answerThreshold(c, http.StatusUnprocessableEntity, form)
	case portal.CodeOf(err) == portal.Unauthenticated || portal.CodeOf(err) == portal.Forbidden:
		return err
	case err != nil:
		alert := h.kit.Alert(c, err)
		form.alert = &alert
		return h.answerThreshold(c, web.StatusOf(err), form)
	}
	h.kit.Record(c, portal.Event{
		Type: portal.EventBillingChanged, Data: map[string]string{"lowBalanceMicros": strconv.FormatInt(micros, 10)},
	})
	h.kit.Toast(c, p.T("billing.threshold.saved"))
	if !web.IsPartial(c) {
		return web.SeeOther(c, home+"?tab="+tabUsage)
	}
	return h.answerThreshold(c, http.StatusOK, *newThreshold(p, micros))
}

// answerThreshold shows the form again: in its place for htmx, on the page of usage otherwise.
func (h *Handlers) answerThreshold(c *gin.Context, status int, form thresholdForm) error {
	if !web.IsPartial(c) {
		return h.answerUsage(c, status, usageRequest{form: &form})
	}
	user, err := web.User(c)
	if err != nil {
		return err
	}
	u, err := h.api.Usage(c.Request.Context(), user.Token, "")
	if portal.CodeOf(err) == portal.Unauthenticated {
		return err
	}
	if err != nil { // the form works without the figures around it
		h.kit.Log.WarnContext(c, "usage not read", "request_id", web.RequestID(c.Request.Context()), "err", err)
	}
	view := form.view(h.kit.Printer(c), u)
	return web.Fragment(h.kit, c, status, views.ThresholdFragment, view)
}
