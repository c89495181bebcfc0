package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	// helpScoutPages bounds how far back a history is read; a page has 25 to 50 conversations.
	helpScoutPages = 20
	// tokenEarly is how long before its end a token is replaced.
	tokenEarly = time.Minute
	// helpScoutLinks is where agents read conversations, whatever the API's address.
	helpScoutLinks = "https://secure.helpscout.net/conversation/"
)

// helpScout reads by the Mailbox API 2.0. A tenant's conversations carry its id as a tag.
type helpScout struct {
	up         *upstream
	id, secret string // of the application

	mu      sync.Mutex
	token   string
	expires time.Time
}

func (h *helpScout) Name() string { return h.up.name }

func (h *helpScout) Latest(ctx context.Context, tenantID string, n int, since time.Time) (Snapshot, error) {
	var s Snapshot
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		page, err := h.list(ctx, tenantID, "all", time.Time{}, 1)
		s.Tickets = page.tickets(n)
		return err
	})
	g.Go(func() error {
		page, err := h.list(ctx, tenantID, "open", time.Time{}, 1)
		s.Open = page.Page.TotalElements
		return err
	})
	g.Go(func() error {
		page, err := h.list(ctx, tenantID, "all", since, 1)
		s.Opened = page.Page.TotalElements
		return err
	})
	if err := g.Wait(); err != nil {
		return Snapshot{}, err
	}
	return s, nil
}

func (h *helpScout) OpenedSince(ctx context.Context, tenantID string, since time.Time) ([]time.Time, error) {
	var times []time.Time
	for n := 1; n <= helpScoutPages; n++ {
		page, err := h.list(ctx, tenantID, "all", since, n)
		if err != nil {
			return nil, err
		}
		for _, t := range page.tickets(len(page.Embedded.Conversations)) {
			times = append(times, t.CreatedAt)
		}
		if n >= page.Page.TotalPages {
			break
		}
	}
	return times, nil
}

// conversations is one page, in HAL.
type conversations struct {
	Embedded struct {
		Conversations []struct {
			ID            int64     `json:"id"`
			Number        int64     `json:"number"`
			Subject       string    `json:"subject"`
			Status        string    `json:"status"`
			CreatedAt     time.Time `json:"createdAt"`
			UserUpdatedAt time.Time `json:"userUpdatedAt"`
		} `json:"conversations"`
	} `json:"_embedded"`
	Page struct {
		TotalElements int `json:"totalElements"`
		TotalPages    int `json:"totalPages"`
	} `json:"page"`
}

// tickets are the first n that are no spam. Help Scout knows no priority.
func (c conversations) tickets(n int) []Ticket {
	tickets := []Ticket{}
	for _, x := range c.Embedded.Conversations {
		status, ok := map[string]Status{"active": StatusOpen, "open": StatusOpen, "pending": StatusPending, "closed": StatusClosed}[x.Status]
		if !ok || len(tickets) == n {
			continue
		}
		t := Ticket{
			ID: strconv.FormatInt(x.Number, 10), Subject: clean(x.Subject), Status: status, CreatedAt: x.CreatedAt, UpdatedAt: x.UserUpdatedAt,
			URL: helpScoutLinks + strconv.FormatInt(x.ID, 10) + "/" + strconv.FormatInt(x.Number, 10),
		}
		if t.UpdatedAt.IsZero() {
			t.UpdatedAt = t.CreatedAt
		}
		tickets = append(tickets, t)
	}
	return tickets
}

func (h *helpScout) list(ctx context.Context, tenantID, status string, since time.Time, page int) (conversations, error) {
	q := url.Values{"tag": {tenantID}, "status": {status}, "sortField": {"createdAt"}, "sortOrder": {"desc"}, "page": {strconv.Itoa(page)}}
	if !since.IsZero() {
		q.Set("query", "(createdAt:["+since.UTC().Format("2006-01-02T15:04:05Z")+" TO *])")
	}
	var list conversations
	err := h.get(ctx, "/v2/conversations", q, &list)
	if errors.Is(err, errRefused) { // the token has been revoked before its time
		h.forget()
		list = conversations{}
		err = h.get(ctx, "/v2/conversations", q, &list)
	}
	if portal.CodeOf(err) == portal.NotFound {
		return conversations{}, h.up.fault(fmt.Errorf("status %d", http.StatusNotFound))
	}
	return list, err
}

func (h *helpScout) get(ctx context.Context, path string, query url.Values, out any) error {
	token, err := h.bearer(ctx)
	if err != nil {
		return err
	}
	r := request(path, query)
	r.Header.Set("Authorization", "Bearer "+token)
	return h.up.call(ctx, r, out)
}

// bearer returns a token that is good for a while yet. Calls at the same time wait for one request.
func (h *helpScout) bearer(ctx context.Context) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.token != "" && h.up.now().Before(h.expires) {
		return h.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {h.id}, "client_secret": {h.secret}}.Encode()
	r := request("/v2/oauth2/token", nil)
	r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(form)), int64(len(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var granted struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := h.up.call(ctx, r, &granted); err != nil {
		return "", err
	}
	if granted.AccessToken == "" || granted.ExpiresIn <= 0 {
		return "", h.up.fault(errors.New("the answer has no token"))
	}
	h.token, h.expires = granted.AccessToken, h.up.now().Add(time.Duration(granted.ExpiresIn)*time.Second-tokenEarly)
	return h.token, nil
}

func (h *helpScout) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.token = ""
}
