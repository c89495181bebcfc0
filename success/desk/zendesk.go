package desk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ghasi.io/portal/portal"
)

const (
	zendeskPage  = 100 // results that a page has at most
	zendeskPages = 10  // that a search gives
	// organizationFor is how long a tenant's organization is remembered.
	organizationFor = 10 * time.Minute
)

// zendesk reads by the Search API. A tenant is the organization whose external id is the tenant's.
type zendesk struct {
	up          *upstream
	user, token string
	links       string // what a ticket's page is below

	mu            sync.Mutex
	organizations map[string]organization
}

type organization struct {
	id   int64 // 0: there is none
	read time.Time
}

func (z *zendesk) Name() string { return z.up.name }

func (z *zendesk) Latest(ctx context.Context, tenantID string, n int, since time.Time) (Snapshot, error) {
	id, err := z.organization(ctx, tenantID)
	if err != nil || id == 0 {
		return Snapshot{Tickets: []Ticket{}}, err
	}
	var s Snapshot
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		s.Tickets, err = z.search(ctx, zendeskQuery(id), n, 1)
		return err
	})
	g.Go(func() (err error) {
		s.Open, err = z.count(ctx, zendeskQuery(id, "status<solved"))
		return err
	})
	g.Go(func() (err error) {
		s.Opened, err = z.count(ctx, zendeskQuery(id, "created>="+since.UTC().Format(time.RFC3339)))
		return err
	})
	if err := g.Wait(); err != nil {
		return Snapshot{}, err
	}
	return s, nil
}

func (z *zendesk) OpenedSince(ctx context.Context, tenantID string, since time.Time) ([]time.Time, error) {
	id, err := z.organization(ctx, tenantID)
	if err != nil || id == 0 {
		return nil, err
	}
	var times []time.Time
	for page := 1; page <= zendeskPages; page++ {
		tickets, err := z.search(ctx, zendeskQuery(id, "created>="+since.UTC().Format(time.RFC3339)), zendeskPage, page)
		if err != nil {
			return nil, err
		}
		for _, t := range tickets {
			times = append(times, t.CreatedAt)
		}
		if len(tickets) < zendeskPage {
			break
		}
	}
	return times, nil
}

// zendeskQuery asks for the tickets of an organization that meet terms.
func zendeskQuery(organization int64, terms ...string) string {
	return strings.Join(append([]string{"type:ticket", "organization:" + strconv.FormatInt(organization, 10)}, terms...), " ")
}

// organization finds a tenant's organization, 0 when the desk has none.
func (z *zendesk) organization(ctx context.Context, tenantID string) (int64, error) {
	z.mu.Lock()
	known, ok := z.organizations[tenantID]
	z.mu.Unlock()
	if now := z.up.now(); ok && now.Sub(known.read) < organizationFor {
		return known.id, nil
	}
	var found struct {
		Organizations []struct {
			ID int64 `json:"id"`
		} `json:"organizations"`
	}
	if err := z.get(ctx, "/api/v2/organizations/search.json", url.Values{"external_id": {tenantID}}, &found); err != nil {
		return 0, err
	}
	known = organization{read: z.up.now()}
	if len(found.Organizations) > 0 {
		known.id = found.Organizations[0].ID
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.organizations[tenantID] = known
	return known.id, nil
}

func (z *zendesk) search(ctx context.Context, query string, n, page int) ([]Ticket, error) {
	var found struct {
		Results []struct {
			ID         int64     `json:"id"`
			ResultType string    `json:"result_type"`
			Subject    string    `json:"subject"`
			Status     Status    `json:"status"`
			Priority   Priority  `json:"priority"` // may be null
			CreatedAt  time.Time `json:"created_at"`
			UpdatedAt  time.Time `json:"updated_at"`
		} `json:"results"`
	}
	err := z.get(ctx, "/api/v2/search.json", url.Values{
		"query": {query}, "sort_by": {"created_at"}, "sort_order": {"desc"}, "per_page": {strconv.Itoa(n)}, "page": {strconv.Itoa(page)},
	}, &found)
	if err != nil {
		return nil, err
	}
	tickets := []Ticket{}
	for _, r := range found.Results {
		if r.ResultType != "ticket" || len(tickets) == n {
			continue
		}
		id := strconv.FormatInt(r.ID, 10)
		tickets = append(tickets, Ticket{
			ID: id, Subject: clean(r.Subject), Status: zendeskStatus(r.Status), Priority: zendeskPriority(r.Priority), CreatedAt: r.CreatedAt,
			UpdatedAt: r.UpdatedAt, URL: z.links + "/agent/tickets/" + id,
		})
	}
	return tickets, nil
}

func (z *zendesk) count(ctx context.Context, query string) (int, error) {
	var found struct {
		Count *int `json:"count"`
	}
	if err := z.get(ctx, "/api/v2/search/count.json", url.Values{"query": {query}}, &found); err != nil {
		return 0, err
	}
	if found.Count == nil || *found.Count < 0 {
		return 0, z.up.fault(fmt.Errorf("the answer has no count"))
	}
	return *found.Count, nil
}

func (z *zendesk) get(ctx context.Context, path string, query url.Values, out any) error {
	r := request(path, query)
	r.SetBasicAuth(z.user+"/token", z.token)
	err := z.up.call(ctx, r, out)
	if portal.CodeOf(err) == portal.NotFound { // these addresses always exist: it is no Zendesk
		return z.up.fault(fmt.Errorf("status %d", http.StatusNotFound))
	}
	return err
}

// zendeskStatus keeps the six states; what a later Zendesk may add is open.
func zendeskStatus(s Status) Status {
	switch s {
	case StatusNew, StatusOpen, StatusPending, StatusHold, StatusSolved, StatusClosed:
		return s
	}
	return StatusOpen
}

func zendeskPriority(p Priority) Priority {
	switch p {
	case PriorityLow, PriorityNormal, PriorityHigh, PriorityUrgent:
		return p
	}
	return ""
}
