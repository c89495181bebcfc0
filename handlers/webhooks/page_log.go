package webhooks

import (
	"maps"
	"slices"
	"strings"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// newLog is a page of the log.
func newLog(p *locales.Printer, id string, f logFilter, page portal.WebhookAttemptPage) views.WebhookAttempts {
	log := views.WebhookAttempts{WebhookID: id, Tabs: tabs(p, id, f), Outcome: f.outcome, Rows: rows(p, id, f, page.Items), MoreURL: f.next(id, page)}
	if f.cursor != "" {
		log.NewestURL = f.first().url(id)
	}
	if len(log.Rows) > 0 {
		return log
	}
	log.Empty = &views.Empty{Icon: "history", Title: p.T("webhooks.attempts.empty.title"), Text: p.T("webhooks.attempts.empty.text")}
	if f.outcome != "" || f.cursor != "" {
		log.Empty = &views.Empty{Icon: "circle-check", Title: p.T("webhooks.attempts.none_failed.title"), Text: p.T("webhooks.attempts.none_failed.text")}
	}
	return log
}

func tabs(p *locales.Printer, id string, f logFilter) []views.Tab {
	return []views.Tab{
		{Link: views.Link{Label: p.T("webhooks.attempts.all"), URL: logFilter{}.url(id)}, Current: f.outcome == ""},
		{Link: views.Link{Label: p.T("webhooks.attempts.failed"), URL: logFilter{outcome: "failed"}.url(id)}, Current: f.outcome == "failed"},
	}
}

// rows words attempts. A delivery can be tried again from the newest of its attempts alone.
func rows(p *locales.Printer, id string, f logFilter, items []portal.WebhookAttempt) []views.WebhookAttemptRow {
	out := make([]views.WebhookAttemptRow, len(items))
	known := map[string]bool{}
	for i, a := range items {
		out[i] = newRow(p, id, a)
		out[i].RetryState = f.outcome
		if known[a.DeliveryID] {
			out[i].RetryURL = ""
		}
		known[a.DeliveryID] = true
	}
	return out
}

func newRow(p *locales.Printer, id string, a portal.WebhookAttempt) views.WebhookAttemptRow {
	row := views.WebhookAttemptRow{
		ID: a.AttemptID, Path: home + "/" + id + "/attempts/" + a.AttemptID, At: views.NewTime(p, a.At), Event: string(a.Event),
		Number: p.T("webhooks.attempt.nth", "n", a.Number), Outcome: outcome(p, a), Code: code(a), Error: fault(p, a),
		Duration: p.T("webhooks.attempt.latency", "n", a.DurationMillis), Delivery: views.NewDeliveryBadge(p.Locale, a.DeliveryState),
	}
	if a.DeliveryState != "delivered" {
		row.RetryURL = home + "/" + id + "/deliveries/" + a.DeliveryID + "/retry"
	}
	if a.DeliveryState == "waiting" {
		row.Next = p.T("webhooks.attempt.next_now")
		if a.NextAt != nil && a.NextAt.After(p.Now) {
			row.Next = p.T("webhooks.attempt.next", "when", p.Ago(*a.NextAt))
		}
	}
	return row
}

// outcome is how one attempt went.
func outcome(p *locales.Printer, a portal.WebhookAttempt) views.Badge {
	if a.Error == "" {
		return views.Badge{Kind: "delivered", Label: p.T("webhooks.attempt.taken")}
	}
	return views.Badge{Kind: "failed", Label: p.T("status.failed")}
}

// fault is why an attempt failed, in words; "" when it did not.
func fault(p *locales.Printer, a portal.WebhookAttempt) views.Text {
	switch a.Error {
	case "":
		return ""
	case "timeout", "refused_address", "connection", "tls", "redirect", "status", "too_large", "interrupted":
		return p.T("webhooks.fault." + a.Error)
	}
	return locales.Verbatim(a.Error)
}

// attemptView is one attempt whole.
func attemptView(p *locales.Printer, id string, a portal.WebhookAttempt) views.WebhookAttemptView {
	view := views.WebhookAttemptView{
		Back: home + "/" + id, Row: newRow(p, id, a), Exact: p.DateTime(a.At), DeliveryID: a.DeliveryID, MessageID: a.MessageID, ByHand: a.ByHand,
		RequestHeaders: views.Code{ID: "code-request-headers", Label: p.T("webhooks.attempt.headers"), Lang: "http", Text: headers(a.RequestHeaders)},
		ResponseCut:    a.ResponseCut, Answered: a.StatusCode != 0,
	}
	if a.RequestBody != "" {
		view.RequestBody = &views.Code{ID: "code-request-body", Label: p.T("webhooks.attempt.body"), Lang: "json", Text: a.RequestBody}
	}
	if len(a.ResponseHeaders) > 0 {
		view.ResponseHeaders = &views.Code{ID: "code-response-headers", Label: p.T("webhooks.attempt.headers"), Lang: "http", Text: headers(a.ResponseHeaders)}
	}
	if a.ResponseBody != "" {
		view.ResponseBody = &views.Code{ID: "code-response-body", Label: p.T("webhooks.attempt.body"), Lang: "text", Text: a.ResponseBody}
	}
	return view
}

// headers writes headers one a line, in a fixed order.
func headers(h map[string]string) string {
	lines := make([]string, 0, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		lines = append(lines, name+": "+h[name])
	}
	return strings.Join(lines, "\n")
}

// guidePage is the guide for whoever writes a receiver, without its frame.
func guidePage(p *locales.Printer, guide views.WebhookGuide) views.WebhookGuidePage {
	page := views.WebhookGuidePage{
		Guide:   guide,
		Payload: views.Code{ID: "code-payload", Label: p.T("webhooks.guide.payload"), Lang: "json", Text: views.WebhookPayload()},
		Headers: []views.WebhookHeader{
			{Name: "webhook-id", Text: p.T("webhooks.guide.header.id")},
			{Name: "webhook-timestamp", Text: p.T("webhooks.guide.header.timestamp")},
			{Name: "webhook-signature", Text: p.T("webhooks.guide.header.signature")},
		},
	}
	for _, e := range portal.WebhookEvents {
		page.Events = append(page.Events, views.WebhookEventRow{Name: string(e), Text: p.T("webhooks.event." + eventKey(e))})
	}
	for _, pause := range pauses {
		page.Retries = append(page.Retries, p.Duration(pause))
	}
	return page
}

// pauses are those after each failed attempt, as the platform promises them.
var pauses = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}
