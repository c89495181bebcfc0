package developers

import (
	"net/http"
	"strconv"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// sampleFrom is the sender of the samples for those who have never sent.
const sampleFrom = "Ghasi"

// placeholderKey stands where a key goes.
const placeholderKey = "ghasi_…"

// calls are what a key can do, in the order of the guide.
var calls = []struct {
	method, path, scope, key string
}{
	{http.MethodPost, "/v1/messages", string(portal.ScopeSMSSend), "send"},
	{http.MethodGet, "/v1/messages", string(portal.ScopeSMSRead), "list"},
	{http.MethodGet, "/v1/messages/{messageId}", string(portal.ScopeSMSRead), "show"},
	{http.MethodGet, "/v1/messages/stats", string(portal.ScopeSMSRead), "stats"},
}

// problems are the codes of an application/problem+json answer, each with its HTTP status.
var problems = []struct {
	code   portal.Code
	status string
}{
	{portal.Invalid, "400, 422"},
	{portal.Unauthenticated, strconv.Itoa(http.StatusUnauthorized)},
	{portal.PaymentRequired, strconv.Itoa(http.StatusPaymentRequired)},
	{portal.Forbidden, strconv.Itoa(http.StatusForbidden)},
	{portal.NotFound, strconv.Itoa(http.StatusNotFound)},
	{portal.Conflict, strconv.Itoa(http.StatusConflict)},
	{portal.TooLarge, strconv.Itoa(http.StatusRequestEntityTooLarge)},
	{portal.RateLimited, strconv.Itoa(http.StatusTooManyRequests)},
	{portal.Unavailable, strconv.Itoa(http.StatusServiceUnavailable)},
	{portal.Internal, strconv.Itoa(http.StatusInternalServerError)},
}

// magic are the numbers of the simulated carrier and how a message to each ends.
var magic = []struct {
	number  string
	outcome portal.MessageStatus
}{
	{"+93700000001", portal.StatusDelivered},
	{"+93700000002", portal.StatusFailed},
	{"+93700000003", portal.StatusFailed},
	{"+93700000004", portal.StatusExpired},
	{"+93700000005", portal.StatusDelivered},
	{"+93700000006", portal.StatusRejected},
	{"+93700000007", portal.StatusDelivered},
}

// newPage is the guide without its frame.
func newPage(p *locales.Printer, start views.Quickstart, mine own, apiURL string) views.DevelopersPage {
	page := views.DevelopersPage{
		Quickstart: start,
		OpenAPIURL: openAPI,
		BaseURL:    views.Code{ID: "code-base", Label: p.T("developers.base.label"), Lang: "text", Text: apiURL},
		Auth:       code(p, "auth", "auth.sh", "sh", mine, apiURL),
		Idempotent: code(p, "idempotency", "idempotency.sh", "sh", mine, apiURL),
		Problem:    code(p, "problems", "problem.json", "http", mine, apiURL),
		Webhooks:   views.NewWebhookGuide(p, ""),
	}
	for _, id := range []string{"quickstart", "auth", "calls", "idempotency", "limits", "problems", "states", "errors", "magic", "webhooks"} {
		page.Contents = append(page.Contents, views.Link{Label: p.T("developers." + id + ".title"), URL: "#" + id})
	}
	for _, call := range calls {
		page.Calls = append(page.Calls, views.APICall{
			Method: call.method, Path: call.path, Scope: call.scope, What: p.T("developers.calls." + call.key),
		})
	}
	for _, pr := range problems {
		page.Problems = append(page.Problems, views.ProblemRow{
			Code: string(pr.code), Status: pr.status, Text: p.T("developers.problems." + string(pr.code)),
		})
	}
	for _, s := range portal.MessageStatuses {
		row := views.StateRow{Code: string(s), Badge: views.NewMessageBadge(p.Locale, s), Text: p.T("developers.states." + string(s))}
		row.Final = p.T("developers.states.moving")
		if s.Final() {
			row.Final = p.T("developers.states.final")
		}
		page.States = append(page.States, row)
	}
	for _, e := range portal.ErrorCodes {
		key := "messages.error." + e.Code
		page.Errors = append(page.Errors, views.ErrorCodeRow{
			Code: e.Code, Raw: e.Raw, Title: p.T(key + ".title"), Cause: p.T(key + ".cause"), Fix: p.T(key + ".fix"),
			FixedBy: p.T("messages.fixed_by." + e.FixedBy),
		})
	}
	for _, m := range magic {
		page.Magic = append(page.Magic, views.MagicRow{
			Number: m.number, Outcome: views.NewMessageBadge(p.Locale, m.outcome), Text: p.T("developers.magic." + m.number[len(m.number)-1:]),
		})
	}
	return page
}

// newQuickstart is the first call in one language.
func newQuickstart(p *locales.Printer, chosen language, mine own, apiURL string) views.Quickstart {
	view := views.Quickstart{HasKey: mine.key != ""}
	for _, l := range languages {
		view.Tabs = append(view.Tabs, views.QuickstartTab{
			Label: l.label, URL: home + "?lang=" + l.id, Current: l.id == chosen.id,
		})
	}
	key := placeholderKey
	if mine.key != "" {
		key = mine.key
	}
	view.Setup = views.Code{
		ID: "code-setup", Label: p.T("developers.quickstart.setup"), Lang: "sh", Text: `export GHASI_API_KEY="` + key + `"`,
	}
	view.Sample = views.Code{
		ID: "code-sample", Label: p.T("developers.quickstart.sample", "language", chosen.label), Lang: chosen.lang,
		Text: snippet(chosen.file, apiURL, mine.from),
	}
	return view
}

func code(p *locales.Printer, section, file, lang string, mine own, apiURL string) views.Code {
	return views.Code{
		ID: "code-" + section, Label: p.T("developers." + section + ".sample"), Lang: lang, Text: snippet(file, apiURL, mine.from),
	}
}
