package dashboard

import (
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// notices are what needs somebody, the most urgent first.
func notices(p *locales.Printer, f facts) []views.Alert {
	var out []views.Alert
	if a := creditNotice(p, f); a != nil {
		out = append(out, *a)
	}
	return append(out, webhookNotices(p, f.hooks)...)
}

// failingFor is how long a webhook must have failed before anybody is told: a restart of the receiver is no news.
const failingFor = time.Hour

// webhookNotices tell of webhooks that deliver nothing: those that the platform has disabled, and those on their way there.
func webhookNotices(p *locales.Printer, hooks []portal.Webhook) []views.Alert {
	var disabled, failing []views.Link
	for _, w := range hooks {
		link := views.Link{Label: p.T("dashboard.notice.webhook", "url", w.URL), URL: "/webhooks/" + w.WebhookID}
		switch {
		case w.Status == portal.WebhookDisabled:
			disabled = append(disabled, link)
		case w.Status == portal.WebhookActive && w.FailingSince != nil && p.Now.Sub(*w.FailingSince) >= failingFor:
			failing = append(failing, link)
		}
	}
	var out []views.Alert
	if n := len(disabled); n > 0 {
		out = append(out, views.Alert{
			Tone: "error", Items: disabled, Title: p.T("dashboard.notice.disabled.title", "n", n), Text: p.T("dashboard.notice.disabled.text"),
		})
	}
	if n := len(failing); n > 0 {
		out = append(out, views.Alert{
			Tone: "warning", Items: failing, Title: p.T("dashboard.notice.failing.title", "n", n), Text: p.T("dashboard.notice.failing.text"),
		})
	}
	return out
}

// creditNotice warns of an account that can soon send no more, or can't any more; nil when there is no need.
func creditNotice(p *locales.Printer, f facts) *views.Alert {
	if f.usageErr != nil {
		return nil // the tile that shows the balance is missing too
	}
	u := f.usage
	a := views.Alert{Items: []views.Link{{Label: p.T("dashboard.notice.billing"), URL: billingURL}}}
	switch {
	case usedUp(u):
		a.Tone, a.Title, a.Text = "error", p.T("dashboard.notice.used_up.title"), p.T("dashboard.notice.used_up.text")
	case isLow(u):
		a.Tone, a.Title = "warning", p.T("dashboard.notice.low.title")
		a.Text = p.T("dashboard.notice.low.text", "balance", p.Amount(string(u.Currency), u.BalanceMicros),
			"threshold", p.Amount(string(u.Currency), u.LowBalanceMicros))
	default:
		return nil
	}
	return &a
}
