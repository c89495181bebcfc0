package tenants

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// parameters reads a query that may have each of names once, and nothing else. Errors: Invalid.
func parameters(r *http.Request, names ...string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &portal.Error{Code: portal.Invalid, Detail: "The query cannot be read.", Err: err}
	}
	for name, values := range query {
		if !slices.Contains(names, name) {
			return nil, &portal.Error{Code: portal.Invalid, Detail: "There is a parameter that this call does not have."}
		}
		if len(values) > 1 {
			return nil, portal.InvalidField(name, "field.invalid")
		}
	}
	return query, nil
}

// invoices answers GET /v1/internal/tenants/{tenantId}/invoices.
func (s *Service) invoices(w http.ResponseWriter, r *http.Request) {
	query, err := parameters(r, "status", "limit", "cursor")
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	f := portal.InvoiceFilter{Status: portal.InvoiceStatus(query.Get("status")), Cursor: query.Get("cursor")}
	if query.Has("status") && !slices.Contains(portal.InvoiceStatuses, f.Status) {
		problem.Write(w, r, portal.InvalidField("status", "field.unknown_status"))
		return
	}
	if query.Has("limit") {
		f.Limit, err = strconv.Atoi(query.Get("limit"))
		if err != nil || f.Limit < 1 || f.Limit > 100 {
			problem.Write(w, r, portal.InvalidField("limit", "field.out_of_range"))
			return
		}
	}
	id, err := s.tenant(r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	page, err := s.money.Invoices(r.Context(), id, f)
	if err != nil {
		problem.Write(w, r, database.Map(err))
		return
	}
	problem.JSON(w, r, http.StatusOK, page)
}
