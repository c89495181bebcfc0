package billing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// fakeAPI is the billing side of a platform in memory. Each call can be made to fail.
type fakeAPI struct {
	mu       sync.Mutex
	invoices []portal.Invoice // newest first
	usage    portal.Usage
	link     portal.SignedURL

	invoicesErr, usageErr, pdfErr, setErr error
	failAfter                             int // calls of Invoices that succeed first, when invoicesErr is set
	calls                                 int
	month, locale                         string // as asked last
	set                                   *portal.BillingSettings
}

func (f *fakeAPI) Invoices(_ context.Context, token string, filter portal.InvoiceFilter) (portal.InvoicePage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if token != webtest.Customer.Token {
		return portal.InvoicePage{}, portal.Fail(portal.Unauthenticated, nil)
	}
	if f.invoicesErr != nil && f.calls > f.failAfter {
		return portal.InvoicePage{}, f.invoicesErr
	}
	start := 0
	if filter.Cursor != "" {
		n, err := strconv.Atoi(filter.Cursor)
		if err != nil {
			return portal.InvoicePage{}, portal.InvalidField("cursor", "field.invalid_cursor")
		}
		start = n
	}
	page := portal.InvoicePage{Currency: portal.AFN}
	for i, v := range f.invoices {
		if v.Status == portal.InvoiceOverdue {
			page.OverdueCount++
		}
		if v.Status == portal.InvoiceOverdue || v.Status == portal.InvoiceOpen {
			page.OutstandingMicros += v.AmountMicros
		}
		if i < start || filter.Status != "" && v.Status != filter.Status {
			continue
		}
		if len(page.Items) == cmp.Or(filter.Limit, 20) {
			page.NextCursor = cmp.Or(page.NextCursor, strconv.Itoa(i))
			continue
		}
		v.Lines = nil
		page.Items = append(page.Items, v)
	}
	return page, nil
}

func (f *fakeAPI) Invoice(_ context.Context, _, id string) (portal.Invoice, error) {
	i := slices.IndexFunc(f.invoices, func(v portal.Invoice) bool { return v.InvoiceID == id })
	if f.invoicesErr != nil {
		return portal.Invoice{}, f.invoicesErr
	}
	if i < 0 {
		return portal.Invoice{}, portal.Fail(portal.NotFound, errors.New("no such row"))
	}
	return f.invoices[i], nil
}

func (f *fakeAPI) InvoicePDF(_ context.Context, _, id, locale string) (portal.SignedURL, error) {
	f.locale = locale
	if _, err := f.Invoice(context.Background(), "", id); err != nil {
		return portal.SignedURL{}, err
	}
	return f.link, f.pdfErr
}

func (f *fakeAPI) Usage(_ context.Context, token, month string) (portal.Usage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.month = month
	if token != webtest.Customer.Token {
		return portal.Usage{}, portal.Fail(portal.Unauthenticated, nil)
	}
	if month > "2026-11" {
		return portal.Usage{}, portal.InvalidField("period", "field.out_of_range")
	}
	u := f.usage
	if f.set != nil {
		u.LowBalanceMicros = f.set.LowBalanceMicros
	}
	if month != "" && month != "2026-11" {
		from, err := time.ParseInLocation(monthLayout, month, locales.Kabul)
		if err != nil {
			return portal.Usage{}, err
		}
		u.PeriodStart, u.PeriodEnd = from.Format(time.DateOnly), from.AddDate(0, 1, 0).Format(time.DateOnly)
	}
	return u, f.usageErr
}

func (f *fakeAPI) SetBilling(_ context.Context, _ string, s portal.BillingSettings) error {
	if f.setErr == nil {
		f.set = &s
	}
	return f.setErr
}

func newTestSite(t *testing.T, api *fakeAPI) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	New(s.Kit, api).Register(s.Engine)
	return s
}

const afn = 1_000_000

// invoiceOf is the invoice of a month, n months before November 2026; the newest is open, the next overdue.
func invoiceOf(n int) portal.Invoice {
	from := time.Date(2026, time.Month(11-n), 1, 0, 0, 0, 0, locales.Kabul)
	until := from.AddDate(0, 1, 0)
	v := portal.Invoice{
		InvoiceID: "inv_0" + strconv.Itoa(10_000+n) + "00000000000000000000", Number: "GH-2026-" + strconv.Itoa(900-n), PeriodStart: from.Format(time.DateOnly),
		PeriodEnd: until.Format(time.DateOnly), Currency: portal.AFN, AmountMicros: int64(1000+n) * afn, Status: portal.InvoicePaid,
		IssuedAt: until.Add(10 * time.Minute), DueAt: until.AddDate(0, 0, 16).Add(-time.Second),
	}
	switch n {
	case 1:
		v.Status, v.DueAt = portal.InvoiceOpen, webtest.Now.AddDate(0, 0, 3)
	case 2:
		v.Status = portal.InvoiceOverdue
	case 3:
		v.Status = portal.InvoiceVoid
	default:
		paid := until.AddDate(0, 0, 9)
		v.PaidAt = &paid
	}
	return v
}

// busy is a platform with 45 invoices and a month under way.
func busy() *fakeAPI {
	f := &fakeAPI{link: portal.SignedURL{URL: "https://files.example.test/objects/invoices/x.pdf?sig=abc", ExpiresAt: webtest.Now.Add(time.Minute)}}
	for n := 1; n <= 45; n++ {
		f.invoices = append(f.invoices, invoiceOf(n))
	}
	october := time.Date(2026, 10, 1, 0, 0, 0, 0, locales.Kabul)
	f.invoices[0].RoundingMicros = -2_500
	f.invoices[0].Lines = []portal.InvoiceLine{
		{Operator: "awcc", Messages: 1200, Segments: 1300, Refunded: 34, UnitMicros: 350_000, AmountMicros: 455 * afn, SubmittedAfter: october, SubmittedBefore: october.AddDate(0, 0, 14)},
		{Operator: "awcc", Messages: 100, Segments: 100, UnitMicros: 362_500, AmountMicros: 36_250_000, SubmittedAfter: october.AddDate(0, 0, 14), SubmittedBefore: october.AddDate(0, 1, 0)},
		{Operator: "other", Messages: 1, Segments: 2, UnitMicros: 5 * afn, AmountMicros: 10 * afn, SubmittedAfter: october, SubmittedBefore: october.AddDate(0, 1, 0)},
		{Operator: "brand_new", Credit: true, Segments: 7, Refunded: 7, UnitMicros: 350_000, AmountMicros: -2_450_000, SubmittedAfter: october.AddDate(0, -1, 0), SubmittedBefore: october},
	}
	f.usage = portal.Usage{
		PeriodStart: "2026-11-01", PeriodEnd: "2026-12-01", Currency: portal.AFN, Sent: 12_000, Delivered: 11_400, Failed: 400, Segments: 15_000,
		SpendMicros: 5_250 * afn, RefundedMicros: 20 * afn, BalanceMicros: 8_000 * afn, CreditLimitMicros: 10_000 * afn, ProjectedMicros: 7_000 * afn,
		PreviousSpendMicros: 4_000 * afn,
		Operators: []portal.UsageOperator{
			{Operator: "roshan", Messages: 9_000, Segments: 12_000, SpendMicros: 4_200 * afn}, {Operator: "other", Messages: 3_000, Segments: 3_000, SpendMicros: 1_050 * afn},
		},
	}
	for i := range 24 {
		day := time.Date(2026, 11, 1+i, 0, 0, 0, 0, locales.Kabul).Format(time.DateOnly)
		f.usage.Days = append(f.usage.Days, portal.UsageDay{Day: day, Sent: 500, Delivered: 475, SpendMicros: int64(100+i) * afn})
	}
	return f
}

var down = portal.Fail(portal.Unavailable, errors.New("dial tcp 10.0.0.1: refused"))
