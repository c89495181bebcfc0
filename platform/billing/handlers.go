package billing

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// maxBody bounds the body of the settings, in bytes.
const maxBody = 4 << 10

func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	query, err := parameters(r, "status", "limit", "cursor")
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	f, err := invoiceFilter(query)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	page, err := s.Invoices(r.Context(), p.TenantID, f)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	problem.JSON(w, r, http.StatusOK, page)
}

// invoiceFilter reads what is given; a parameter that is there but empty is wrong, not left out.
func invoiceFilter(query url.Values) (portal.InvoiceFilter, error) {
	f := portal.InvoiceFilter{Status: portal.InvoiceStatus(query.Get("status")), Cursor: query.Get("cursor")}
	var wrong []portal.FieldError
	if query.Has("cursor") && f.Cursor == "" {
		wrong = append(wrong, portal.FieldError{Field: "cursor", Key: "field.invalid_cursor"})
	}
	if query.Has("limit") {
		n, err := strconv.Atoi(query.Get("limit"))
		if err != nil || n < 1 || n > maxLimit {
			wrong = append(wrong, portal.FieldError{Field: "limit", Key: "field.out_of_range"})
		}
		f.Limit = n
	}
	if query.Has("status") && !slices.Contains(portal.InvoiceStatuses, f.Status) {
		wrong = append(wrong, portal.FieldError{Field: "status", Key: "field.unknown_status"})
	}
	if len(wrong) > 0 {
		return f, &portal.Error{Code: portal.Invalid, Fields: wrong}
	}
	return f, nil
}

func (s *Service) show(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	v, err := s.Invoice(r.Context(), p.TenantID, r.PathValue("invoiceId"))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	problem.JSON(w, r, http.StatusOK, v)
}

func (s *Service) usage(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	query, err := parameters(r, "period")
	if err == nil && query.Has("period") && query.Get("period") == "" {
		err = portal.InvalidField("period", "field.invalid")
	}
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	u, err := s.Usage(r.Context(), p.TenantID, query.Get("period"))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	problem.JSON(w, r, http.StatusOK, u)
}

func (s *Service) prices(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	a, err := s.Account(r.Context(), p.TenantID)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	units, err := s.Prices(r.Context(), a.Currency, s.now())
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	list := portal.Prices{Currency: a.Currency, Operators: []portal.OperatorPrice{}}
	for _, operator := range slices.SortedFunc(maps.Keys(units), byRank) {
		list.Operators = append(list.Operators, portal.OperatorPrice{Operator: operator, UnitMicros: units[operator]})
	}
	problem.JSON(w, r, http.StatusOK, list)
}

func (s *Service) settings(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	var body struct {
		LowBalanceMicros *int64 `json:"lowBalanceMicros"`
	}
	if err := problem.Decode(w, r, maxBody, &body); err != nil {
		problem.Write(w, r, err)
		return
	}
	if body.LowBalanceMicros == nil {
		problem.Write(w, r, portal.InvalidField("lowBalanceMicros", "field.required"))
		return
	}
	if err := s.SetSettings(r.Context(), p.TenantID, portal.BillingSettings{LowBalanceMicros: *body.LowBalanceMicros}); err != nil {
		problem.Write(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// parameters reads a query in which each of names may occur once, and nothing else.
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
