package webhooks

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

const (
	defaultLimit = 25
	maxLimit     = 100
)

// attempts answers GET /v1/webhooks/{webhookId}/attempts.
func (s *Service) attempts(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	f, err := parseAttemptFilter(r.URL.RawQuery)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	page, err := s.attemptPage(r.Context(), tenant, id, f)
	answer(w, r, http.StatusOK, page, err)
}

func parseAttemptFilter(rawQuery string) (portal.WebhookAttemptFilter, error) {
	var f portal.WebhookAttemptFilter
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return f, &portal.Error{Code: portal.Invalid, Detail: "The query cannot be read.", Err: err}
	}
	values, err := problem.Single(query)
	if err != nil {
		return f, err
	}
	f.Limit = defaultLimit
	for name, value := range values {
		switch name {
		case "outcome":
			if f.Outcome = value; value != outcomeDelivered && value != outcomeFailed {
				return f, portal.InvalidField(name, "field.invalid")
			}
		case "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxLimit {
				return f, portal.InvalidField(name, "field.out_of_range", "max", maxLimit)
			}
			f.Limit = n
		case "cursor":
			if f.Cursor = value; !portal.ValidID("wat", value) {
				return f, portal.InvalidField(name, "field.invalid_cursor")
			}
		default:
			return f, &portal.Error{Code: portal.Invalid, Detail: "There is a query parameter that does not exist."}
		}
	}
	return f, nil
}

// attemptPage returns one page of a webhook's attempts, newest first. Errors: NotFound.
func (s *Service) attemptPage(ctx context.Context, tenant, id string, f portal.WebhookAttemptFilter) (portal.WebhookAttemptPage, error) {
	if err := s.exists(ctx, tenant, id); err != nil {
		return portal.WebhookAttemptPage{}, err
	}
	items, err := s.attemptList(ctx, id, f.Outcome, f.Cursor, f.Limit+1)
	if err != nil {
		return portal.WebhookAttemptPage{}, database.Map(err)
	}
	page := portal.WebhookAttemptPage{Items: items}
	if len(items) > f.Limit {
		page.Items = items[:f.Limit]
		page.NextCursor = page.Items[f.Limit-1].AttemptID
	}
	return page, nil
}

// exists is NotFound unless the tenant has the webhook.
func (s *Service) exists(ctx context.Context, tenant, id string) error {
	var one int
	err := s.db.Read.DB.QueryRowContext(ctx, "SELECT 1 FROM webhooks WHERE id = $1 AND tenant_id = $2 AND deleted_at = 0", id, tenant).Scan(&one)
	return database.Map(err)
}

const (
	attemptColumns = "a.id, a.delivery_id, a.message_id, a.event, a.at, a.number, a.by_hand, a.status_code, a.error, a.duration_millis, " +
		"COALESCE(d.state, ''), COALESCE(d.due_at, 0), COALESCE(d.holder, ''), a.delivered"
	attemptTables = " FROM webhook_attempts a LEFT JOIN webhook_deliveries d ON d.id = a.delivery_id WHERE a.webhook_id = $1 "
)

// attemptList returns up to limit attempts of a webhook before the one that cursor names, newest first.
func (s *Service) attemptList(ctx context.Context, webhookID, outcome, cursor string, limit int) ([]portal.WebhookAttempt, error) {
	query, args := "SELECT "+attemptColumns+attemptTables, []any{webhookID, limit}
	switch outcome {
	case outcomeDelivered:
		query += "AND a.delivered = 1 "
	case outcomeFailed:
		query += "AND a.delivered = 0 "
	}
	if cursor != "" {
		query += "AND a.id < $3 "
		args = append(args, cursor)
	}
	rows, err := s.db.Read.DB.QueryContext(ctx, query+"ORDER BY a.id DESC LIMIT $2", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	items := []portal.WebhookAttempt{}
	for rows.Next() {
		var a portal.WebhookAttempt
		if err := scanAttempt(rows.Scan, &a); err != nil {
			return nil, err
		}
		items = append(items, a)
	}
	return items, rows.Err()
}

// scanAttempt reads attemptColumns, and what follows them into more.
func scanAttempt(scan func(...any) error, a *portal.WebhookAttempt, more ...any) error {
	var at, due int64
	var state, holder string
	var delivered bool
	err := scan(append([]any{
		&a.AttemptID, &a.DeliveryID, &a.MessageID, &a.Event, &at, &a.Number, &a.ByHand, &a.StatusCode, &a.Error,
		&a.DurationMillis, &state, &due, &holder, &delivered,
	}, more...)...)
	a.At, a.DeliveryState = time.UnixMicro(at).UTC(), state
	if state == "" { // the delivery is cleaned up: the attempt says what is left to say
		a.DeliveryState = outcomeFailed
		if delivered {
			a.DeliveryState = outcomeDelivered
		}
	}
	a.NextAt = nextAt(state, due, holder)
	return err
}

// nextAt is when a delivery is tried again by itself, nil when it is not, or at once.
func nextAt(state string, due int64, holder string) *time.Time {
	if state != stateWaiting || holder != "" || due <= atOnce {
		return nil
	}
	return optional(due)
}

// attempt answers GET /v1/webhooks/{webhookId}/attempts/{attemptId}.
func (s *Service) attempt(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	var a portal.WebhookAttempt
	if err == nil {
		a, err = s.wholeAttempt(r.Context(), tenant, id, r.PathValue("attemptId"))
	}
	answer(w, r, http.StatusOK, a, err)
}

func (s *Service) wholeAttempt(ctx context.Context, tenant, id, attemptID string) (portal.WebhookAttempt, error) {
	var a portal.WebhookAttempt
	if !portal.ValidID("wat", attemptID) {
		return a, portal.Fail(portal.NotFound, nil)
	}
	if err := s.exists(ctx, tenant, id); err != nil {
		return a, err
	}
	row := s.db.Read.DB.QueryRowContext(ctx, "SELECT "+attemptColumns+
		", a.request_headers, a.response_headers, a.response_body, a.response_cut, d.payload"+attemptTables+"AND a.id = $2", id, attemptID)
	var request, response string
	var payload sql.NullString
	if err := scanAttempt(row.Scan, &a, &request, &response, &a.ResponseBody, &a.ResponseCut, &payload); err != nil {
		return a, database.Map(err)
	}
	a.RequestHeaders, a.ResponseHeaders, a.RequestBody = readHeaders(request), readHeaders(response), payload.String
	return a, nil
}

// writeHeaders and readHeaders keep headers as JSON, "" for none.
func writeHeaders(h map[string]string) string {
	if len(h) == 0 {
		return ""
	}
	b, err := json.Marshal(h)
	if err != nil {
		return "" // strings always have a JSON form
	}
	return string(b)
}

func readHeaders(s string) map[string]string {
	var h map[string]string
	if s == "" || json.Unmarshal([]byte(s), &h) != nil {
		return nil
	}
	return h
}
