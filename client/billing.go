package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"ghasi.io/portal/portal"
)

// Invoices lists invoices, newest first, without their lines. token is the caller's access token.
func (c *Client) Invoices(ctx context.Context, token string, f portal.InvoiceFilter) (portal.InvoicePage, error) {
	var page portal.InvoicePage
	err := c.do(ctx, call{
		op: "list invoices", method: http.MethodGet, path: "/v1/billing/invoices", query: invoiceQuery(f),
		token: token, want: http.StatusOK, out: &page,
	})
	if err != nil {
		return portal.InvoicePage{}, err
	}
	return page, nil
}

// invoiceQuery names only what narrows the list.
func invoiceQuery(f portal.InvoiceFilter) url.Values {
	q := url.Values{}
	if f.Status != "" {
		q.Set("status", string(f.Status))
	}
	if f.Limit != 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	if f.Cursor != "" {
		q.Set("cursor", f.Cursor)
	}
	return q
}

// Invoice returns one invoice with its lines.
func (c *Client) Invoice(ctx context.Context, token, invoiceID string) (portal.Invoice, error) {
	if !portal.ValidID("inv", invoiceID) {
		return portal.Invoice{}, portal.Fail(portal.NotFound, errors.New("get invoice: malformed id"))
	}
	var i portal.Invoice
	err := c.do(ctx, call{
		op: "get invoice", method: http.MethodGet, path: "/v1/billing/invoices/" + invoiceID,
		token: token, want: http.StatusOK, out: &i,
	})
	if err == nil && i.InvoiceID != invoiceID {
		err = incomplete("get invoice")
	}
	if err != nil {
		return portal.Invoice{}, err
	}
	return i, nil
}

// InvoicePDF returns a link to the invoice as a PDF in a language ("en", "fa-AF", "ps", "ar"; "" is English). The link
// lasts minutes.
func (c *Client) InvoicePDF(ctx context.Context, token, invoiceID, locale string) (portal.SignedURL, error) {
	if !portal.ValidID("inv", invoiceID) {
		return portal.SignedURL{}, portal.Fail(portal.NotFound, errors.New("get invoice PDF: malformed id"))
	}
	q := url.Values{}
	if locale != "" {
		q.Set("locale", locale)
	}
	var link portal.SignedURL
	err := c.do(ctx, call{
		op: "get invoice PDF", method: http.MethodGet, path: "/v1/billing/invoices/" + invoiceID + "/pdf", query: q,
		token: token, want: http.StatusOK, out: &link,
	})
	if err == nil && link.URL == "" {
		err = incomplete("get invoice PDF")
	}
	if err != nil {
		return portal.SignedURL{}, err
	}
	return link, nil
}

// Usage returns a billing period: month is "2026-11", "" the current one.
func (c *Client) Usage(ctx context.Context, token, month string) (portal.Usage, error) {
	q := url.Values{}
	if month != "" {
		q.Set("period", month)
	}
	var u portal.Usage
	err := c.do(ctx, call{
		op: "get usage", method: http.MethodGet, path: "/v1/billing/usage", query: q,
		token: token, want: http.StatusOK, out: &u,
	})
	if err == nil && u.PeriodStart == "" {
		err = incomplete("get usage")
	}
	if err != nil {
		return portal.Usage{}, err
	}
	return u, nil
}

// Prices returns what the account pays for a segment now.
func (c *Client) Prices(ctx context.Context, token string) (portal.Prices, error) {
	var p portal.Prices
	err := c.do(ctx, call{
		op: "get prices", method: http.MethodGet, path: "/v1/billing/prices",
		token: token, want: http.StatusOK, out: &p,
	})
	if err != nil {
		return portal.Prices{}, err
	}
	return p, nil
}

// SetBilling stores what a customer chooses about their bills.
func (c *Client) SetBilling(ctx context.Context, token string, s portal.BillingSettings) error {
	return c.do(ctx, call{
		op: "set billing", method: http.MethodPut, path: "/v1/billing/settings",
		token: token, want: http.StatusNoContent,
	}.json(s))
}
