package desk

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

//go:embed demo.json
var demoJSON []byte

// demoTicket is a request that somebody at a demo tenant made, days after the tenant came.
type demoTicket struct {
	Day      float64  `json:"day"`
	Subject  string   `json:"subject"`
	Text     string   `json:"text"`
	Status   Status   `json:"status"`
	Priority Priority `json:"priority"`
}

// Demo is the demo's own support desk: it speaks the part of Zendesk's API that the adapter calls, and is reached
// through it.
type Demo struct {
	tenants func(ctx context.Context) ([]portal.Tenant, error)
	now     func() time.Time
	tickets map[string][]demoTicket // by the tenant's name, oldest first
}

// The demo's credentials open nothing but the demo.
const (
	demoUser  = "demo@desk.ghasi.test"
	demoToken = "demo"
	// demoNumbers are the numbers that each tenant's tickets have.
	demoNumbers = 1000
)

// NewDemo returns the desk. tenants lists those of the platform.
func NewDemo(tenants func(ctx context.Context) ([]portal.Tenant, error), now func() time.Time) (*Demo, error) {
	d := &Demo{tenants: tenants, now: now}
	if err := json.Unmarshal(demoJSON, &d.tickets); err != nil {
		return nil, fmt.Errorf("read the demo's tickets: %w", err)
	}
	return d, nil
}

// Source is the desk by its adapter, without a network in between. links is the address below which its tickets have
// pages, at /agent/tickets/{number}.
func (d *Demo) Source(links string) Source {
	base := url.URL{Scheme: "http", Host: "desk.ghasi.test"}
	source := newZendesk(base, links, demoUser, demoToken, client.InProcess(d), d.now)
	source.up.name = "Ghasi Desk"
	return source
}

// Request is a ticket with what its page shows.
type Request struct {
	Ticket

	Text   string
	Tenant portal.Tenant
}

// Ticket returns one ticket. Errors: NotFound.
func (d *Demo) Ticket(ctx context.Context, id string) (Request, error) {
	all, err := d.all(ctx)
	if err != nil {
		return Request{}, err
	}
	for _, r := range all {
		if r.ID == id {
			return r, nil
		}
	}
	return Request{}, portal.Fail(portal.NotFound, nil)
}

// all lists every ticket that has been opened by now, newest first.
func (d *Demo) all(ctx context.Context) ([]Request, error) {
	tenants, err := d.byAge(ctx)
	if err != nil {
		return nil, err
	}
	var all []Request
	for i, t := range tenants {
		for n, x := range d.tickets[t.Name] {
			at := t.CreatedAt.Add(time.Duration(x.Day * 24 * float64(time.Hour)))
			if at.After(d.now()) {
				continue
			}
			all = append(all, Request{Tenant: t, Text: x.Text, Ticket: Ticket{
				ID: strconv.Itoa((i+1)*demoNumbers + n + 1), Subject: x.Subject, Status: x.Status, Priority: x.Priority, CreatedAt: at, UpdatedAt: at,
			}})
		}
	}
	slices.SortFunc(all, func(a, b Request) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return all, nil
}

// byAge lists the tenants in an order that a new one does not change, so that tickets keep their numbers.
func (d *Demo) byAge(ctx context.Context) ([]portal.Tenant, error) {
	tenants, err := d.tenants(ctx)
	slices.SortFunc(tenants, func(a, b portal.Tenant) int { // the demo's three came together, their ids in no order
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.Name, b.Name))
	})
	return tenants, err
}

// ServeHTTP answers as Zendesk would.
func (d *Demo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, token, _ := r.BasicAuth(); user != demoUser+"/token" || token != demoToken {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "Couldn't authenticate you"})
		return
	}
	q := r.URL.Query()
	var body any
	var err error
	switch r.URL.Path {
	case "/api/v2/organizations/search.json":
		body, err = d.organizations(r.Context(), q.Get("external_id"))
	case "/api/v2/search.json":
		body, err = d.search(r.Context(), q)
	case "/api/v2/search/count.json":
		var found []Request
		found, err = d.find(r.Context(), q.Get("query"))
		body = map[string]int{"count": len(found)}
	default:
		answer(w, http.StatusNotFound, map[string]string{"error": "InvalidEndpoint"})
		return
	}
	if err != nil {
		answer(w, http.StatusServiceUnavailable, map[string]string{"error": "Unavailable"})
		return
	}
	answer(w, http.StatusOK, body)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that has gone
}

// organizations finds a tenant; its organization's number is its place among them.
func (d *Demo) organizations(ctx context.Context, tenantID string) (any, error) {
	tenants, err := d.byAge(ctx)
	found := []map[string]any{}
	for i, t := range tenants {
		if t.TenantID == tenantID {
			found = append(found, map[string]any{"id": i + 1, "name": t.Name, "external_id": t.TenantID})
		}
	}
	return map[string]any{"organizations": found, "count": len(found), "next_page": nil, "previous_page": nil}, err
}

func (d *Demo) search(ctx context.Context, q url.Values) (any, error) {
	found, err := d.find(ctx, q.Get("query"))
	size, page := 100, 1
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil && n > 0 && n < size {
		size = n
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 && n <= zendeskPages {
		page = n
	}
	results := []map[string]any{}
	for _, x := range found[min(len(found), (page-1)*size):min(len(found), page*size)] {
		id, _ := strconv.Atoi(x.ID) // made of a number
		results = append(results, map[string]any{
			"id": id, "result_type": "ticket", "subject": x.Subject, "description": x.Text, "status": x.Status, "priority": x.Priority,
			"created_at": x.CreatedAt, "updated_at": x.UpdatedAt,
		})
	}
	return map[string]any{"results": results, "count": len(found), "next_page": nil, "previous_page": nil}, err
}

// find understands the terms that the adapter searches by; another term finds nothing.
func (d *Demo) find(ctx context.Context, query string) ([]Request, error) {
	all, err := d.all(ctx)
	if err != nil {
		return nil, err
	}
	tenants, err := d.byAge(ctx)
	if err != nil {
		return nil, err
	}
	for term := range strings.FieldsSeq(query) {
		all = slices.DeleteFunc(all, func(x Request) bool { return !meets(x, term, tenants) })
	}
	return all, nil
}

func meets(x Request, term string, tenants []portal.Tenant) bool {
	if term == "type:ticket" {
		return true
	}
	if term == "status<solved" {
		return x.Status != StatusSolved && x.Status != StatusClosed
	}
	if number, ok := strings.CutPrefix(term, "organization:"); ok {
		n, err := strconv.Atoi(number)
		return err == nil && n >= 1 && n <= len(tenants) && tenants[n-1].TenantID == x.Tenant.TenantID
	}
	since, ok := strings.CutPrefix(term, "created>=")
	at, err := time.Parse(time.RFC3339, since)
	return ok && err == nil && !x.CreatedAt.Before(at)
}
