package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"ghasi.io/portal/portal"
)

// The calls of this file are the staff side's: they carry the services' token ([Options]), not a person's. Who may see
// which tenant is the caller's to decide.

// Tenants lists all tenants by name.
func (c *Client) Tenants(ctx context.Context) ([]portal.Tenant, error) {
	var list struct {
		Items []portal.Tenant `json:"items"`
	}
	err := c.serve(ctx, call{op: "list tenants", path: "/v1/internal/tenants", out: &list})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// Analytics returns a tenant's figures for a period: see [portal.Analytics]. Errors: Invalid for a period that is none or
// has not begun, NotFound.
func (c *Client) Analytics(ctx context.Context, tenantID, period string) (portal.Analytics, error) {
	var a portal.Analytics
	path, err := tenantPath("read analytics", tenantID, "analytics")
	if err == nil {
		err = c.serve(ctx, call{op: "read analytics", path: path, query: url.Values{"period": {period}}, out: &a})
	}
	if err == nil && a.TenantID != tenantID {
		err = incomplete("read analytics")
	}
	if err != nil {
		return portal.Analytics{}, err
	}
	return a, nil
}

// TAMAssignments lists who looks after which tenant: what one person has, or everything when userID is empty.
func (c *Client) TAMAssignments(ctx context.Context, userID string) ([]portal.TAMAssignment, error) {
	var list struct {
		Items []portal.TAMAssignment `json:"items"`
	}
	k := call{op: "list assignments", path: "/v1/internal/tam-assignments", out: &list}
	if userID != "" {
		k.query = url.Values{"userId": {userID}}
	}
	if err := c.serve(ctx, k); err != nil {
		return nil, err
	}
	return list.Items, nil
}

// TenantInvoices lists a tenant's invoices, newest first. Errors: NotFound.
func (c *Client) TenantInvoices(ctx context.Context, tenantID string, f portal.InvoiceFilter) (portal.InvoicePage, error) {
	var page portal.InvoicePage
	path, err := tenantPath("list tenant's invoices", tenantID, "invoices")
	if err != nil {
		return portal.InvoicePage{}, err
	}
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
	if err := c.serve(ctx, call{op: "list tenant's invoices", path: path, query: q, out: &page}); err != nil {
		return portal.InvoicePage{}, err
	}
	return page, nil
}

func tenantPath(op, tenantID, what string) (string, error) {
	if !portal.ValidID("ten", tenantID) {
		return "", portal.Fail(portal.NotFound, errors.New(op+": malformed id"))
	}
	return "/v1/internal/tenants/" + tenantID + "/" + what, nil
}

// serve makes a GET with the services' token. A token that is refused, or that we lack, is our own trouble: it must not
// look to a page as if the person's session had ended.
func (c *Client) serve(ctx context.Context, k call) error {
	if c.serviceToken == "" {
		return portal.Fail(portal.Unavailable, errors.New(k.op+": PLATFORM_SERVICE_TOKEN is not set"))
	}
	k.method, k.token, k.want = http.MethodGet, c.serviceToken, http.StatusOK
	err := c.do(ctx, k)
	if code := portal.CodeOf(err); code == portal.Unauthenticated || code == portal.Forbidden {
		return portal.Fail(portal.Unavailable, fmt.Errorf("the platform refuses PLATFORM_SERVICE_TOKEN: %w", err))
	}
	return err
}
