package webhooks

import (
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
)

const (
	pageSize = 25
	patience = 30 * time.Second // how long a page waits for an attempt: a request may take half of that
)

// logFilter is the log as the address has it.
type logFilter struct {
	outcome string // "" or "failed"
	cursor  string
	await   string // the delivery whose next attempt the page waits for
	after   int    // how many it had
	until   int64  // Unix seconds; no later
}

func parseLog(c *gin.Context) (logFilter, error) {
	query, err := web.Query(c)
	if err != nil {
		return logFilter{}, err
	}
	f := logFilter{outcome: outcomeOf(query.Get(inputOutcome)), cursor: query.Get("cursor")}
	if id := query.Get("await"); portal.ValidID("dlv", id) {
		f.await = id
		f.after, _ = strconv.Atoi(query.Get("after")) // anything odd is over at once
		f.until, _ = strconv.ParseInt(query.Get("until"), 10, 64)
	}
	return f, nil
}

// outcomeOf is the one filter there is; anything else is all.
func outcomeOf(s string) string {
	if s == "failed" {
		return s
	}
	return ""
}

func (f logFilter) api() portal.WebhookAttemptFilter {
	return portal.WebhookAttemptFilter{Outcome: f.outcome, Cursor: f.cursor, Limit: pageSize}
}

func (f logFilter) first() logFilter { return logFilter{outcome: f.outcome} }

func (f logFilter) query() string {
	q := url.Values{}
	if f.outcome != "" {
		q.Set(inputOutcome, f.outcome)
	}
	if f.cursor != "" {
		q.Set("cursor", f.cursor)
	}
	if f.await != "" {
		q.Set("await", f.await)
		q.Set("after", strconv.Itoa(f.after))
		q.Set("until", strconv.FormatInt(f.until, 10))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// url is the log alone, for htmx; without it, it leads to pageURL.
func (f logFilter) url(id string) string { return home + "/" + id + "/attempts" + f.query() }

// pageURL is the webhook's page with the log like this.
func (f logFilter) pageURL(id string) string {
	f.await = ""
	return home + "/" + id + f.query()
}

// next is the log after page, "" at its end.
func (f logFilter) next(id string, page portal.WebhookAttemptPage) string {
	if page.NextCursor == "" {
		return ""
	}
	f.await, f.cursor = "", page.NextCursor
	return f.url(id)
}

// arrived reports whether the awaited attempt is on page.
func (f logFilter) arrived(page portal.WebhookAttemptPage) bool {
	for _, a := range page.Items {
		if a.DeliveryID == f.await && a.Number > f.after {
			return true
		}
	}
	return false
}

// over reports whether there is no use in waiting any longer.
func (f logFilter) over(now time.Time) bool { return now.Unix() >= f.until }
