package webhooks

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// failingFor is how long a webhook must have failed before its card says so: a restart of the receiver is no news.
const failingFor = time.Hour

// pattern is what a URL looks like to the browser.
const pattern = `\s*[hH][tT][tT][pP][sS]://\S+\s*`

func newList(p *locales.Printer, all []portal.Webhook) views.WebhookList {
	if len(all) == 0 {
		return views.WebhookList{Empty: &views.Empty{
			Icon: "webhook", Title: p.T("webhooks.list.empty.title"), Text: p.T("webhooks.list.empty.text"),
		}}
	}
	var list views.WebhookList
	for _, w := range all {
		list.Cards = append(list.Cards, newCard(p, w))
	}
	return list
}

func newCard(p *locales.Printer, w portal.Webhook) views.WebhookCard {
	card := views.WebhookCard{
		ID: w.WebhookID, URL: w.URL, Version: w.Version, Status: statusBadge(p, w.Status), Paused: w.Status != portal.WebhookActive,
		Events: views.EventNames(w.Events), Health: health(p, w.Last24h), Rotating: w.Rotation != nil, Trouble: trouble(p, w),
	}
	if a := w.LastAttempt; a != nil {
		card.Last = &views.WebhookLast{Outcome: outcome(p, *a), Code: code(*a), At: views.NewTime(p, a.At)}
	}
	return card
}

func statusBadge(p *locales.Printer, s portal.WebhookStatus) views.Badge {
	switch s {
	case portal.WebhookActive, portal.WebhookPaused, portal.WebhookDisabled:
		return views.Badge{Kind: string(s), Label: p.T("status." + string(s))}
	}
	return views.Badge{Kind: "neutral", Label: locales.Verbatim(string(s))}
}

func health(p *locales.Printer, n portal.WebhookHealth) views.WebhookHealth {
	return views.WebhookHealth{
		None: n.Delivered+n.Failed+n.Waiting == 0, Bad: n.Failed > 0,
		Delivered: p.T("webhooks.health.delivered", "n", n.Delivered), Failed: p.T("webhooks.health.failed", "n", n.Failed),
		Waiting: p.T("webhooks.health.waiting", "n", n.Waiting),
	}
}

// trouble says why nothing is delivered, or that soon nothing may be; nil when all is well.
func trouble(p *locales.Printer, w portal.Webhook) *views.WebhookTrouble {
	switch {
	case w.Status == portal.WebhookDisabled:
		t := &views.WebhookTrouble{Tone: "error", Title: p.T("webhooks.disabled.title"), Text: p.T("webhooks.disabled.text")}
		if w.DisabledAt != nil {
			t.Title = p.T("webhooks.disabled.since", "date", p.DateTime(*w.DisabledAt))
		}
		if a := w.LastAttempt; a != nil && a.StatusCode == 410 {
			t.Text = p.T("webhooks.disabled.gone")
		}
		return t
	case w.Status == portal.WebhookActive && w.FailingSince != nil && p.Now.Sub(*w.FailingSince) >= failingFor:
		return &views.WebhookTrouble{
			Tone: "warning", Title: p.T("webhooks.failing.since", "duration", p.Duration(p.Now.Sub(*w.FailingSince))), Text: p.T("webhooks.failing.text"),
		}
	}
	return nil
}

// verdict words what a look at a URL found; nil when nobody looked.
func verdict(p *locales.Printer, c *portal.WebhookCheck) *views.WebhookVerdict {
	if c == nil {
		return nil
	}
	v := &views.WebhookVerdict{Tone: "warning", Addresses: c.Addresses}
	switch c.Verdict {
	case "ok":
		v.Tone, v.Title, v.Text = "success", p.T("webhooks.check.ok.title"), p.T("webhooks.check.ok")
	case "unresolved", "no_tls", "unreachable":
		v.Title, v.Text = p.T("webhooks.check."+c.Verdict+".title"), p.T("webhooks.check."+c.Verdict)
	case "refused":
		v.Tone, v.Title, v.Text = "error", p.T("webhooks.check.refused.title"), p.T("webhooks.check.refused")
	default:
		return nil
	}
	if c.CertificateExpiresAt != nil {
		v.Certificate = p.T("webhooks.check.certificate", "date", p.Date(*c.CertificateExpiresAt))
		if c.CertificateExpiresAt.Sub(p.Now) < 14*24*time.Hour {
			v.Tone, v.Certificate = "warning", p.T("webhooks.check.certificate_soon", "date", p.Date(*c.CertificateExpiresAt))
		}
	}
	return v
}

// formView is the form filled with what was typed and what is wrong with it.
func formView(p *locales.Printer, f form, wrong []portal.FieldError) views.WebhookForm {
	view := views.WebhookForm{
		Attempt: f.attempt, ID: f.id, Version: f.version,
		URL: views.Field{
			Name: inputURL + f.suffix(), Type: "url", Value: cut(f.url), Label: p.T("webhooks.form.url"), Help: p.T("webhooks.form.url.help"),
			Placeholder: "https://hooks.example.com/ghasi", Autocomplete: "off", MaxLength: maxURL, Required: true, Ltr: true,
			Pattern: pattern, PatternError: p.T("field.not_https"), Autofocus: len(wrong) < 2,
		},
		Events: views.Choices{Name: inputEvent + f.suffix(), Label: p.T("webhooks.form.events"), Help: p.T("webhooks.form.events.help")},
	}
	for _, e := range portal.WebhookEvents {
		view.Events.Items = append(view.Events.Items, views.Choice{
			Value: string(e), Label: locales.Verbatim(string(e)), Help: p.T("webhooks.event." + eventKey(e)), Checked: slices.Contains(f.events, string(e)),
		})
	}
	var summary []views.Link
	for _, w := range wrong {
		text := p.T(w.Key, w.Args...)
		if w.Field == "events" {
			view.Events.Error = text
			summary = append(summary, views.Link{Label: view.Events.Label, URL: "#" + view.Events.ID()})
			continue
		}
		view.URL.Error = text
		summary = append(summary, views.Link{Label: view.URL.Label, URL: "#" + view.URL.ID()})
	}
	if len(summary) > 1 {
		view.Alert = &views.Alert{Tone: "error", Title: p.T("error.invalid.title"), Items: summary, Focus: true}
	}
	return view
}

// eventKey is an event as a part of a catalogue key: "delivered" for message.delivered.
func eventKey(e portal.WebhookEvent) string { return string(e[len("message."):]) }

func createdView(p *locales.Printer, saved portal.SavedWebhook) views.WebhookCreated {
	return views.WebhookCreated{
		URL: saved.URL, Path: home + "/" + saved.WebhookID, Events: views.EventNames(saved.Events), Verdict: verdict(p, saved.Check),
		Secret: views.Secret{Value: saved.SigningSecret, Label: p.T("webhooks.secret.title"), Warning: p.T("webhooks.secret.once")},
	}
}

func deleteView(p *locales.Printer, w portal.Webhook) views.WebhookDelete {
	view := views.WebhookDelete{
		ID: w.WebhookID, From: "list", URL: w.URL,
		Stops: []views.Text{p.T("webhooks.delete.stops.events"), p.T("webhooks.delete.stops.secret"), p.T("webhooks.delete.stops.log")},
	}
	if n := w.Last24h.Waiting; n > 0 {
		view.Waiting = p.T("webhooks.delete.waiting", "n", n)
	}
	return view
}

// showPage is a webhook's page without its frame and its log.
func showPage(p *locales.Printer, w portal.Webhook) views.WebhookPage {
	page := views.WebhookPage{
		Card:  newCard(p, w),
		Facts: views.WebhookFacts{ID: w.WebhookID, Created: p.DateTime(w.CreatedAt), Changed: p.DateTime(w.UpdatedAt)},
		Guide: views.NewWebhookGuide(p, ""), RotateURL: home + "/" + w.WebhookID + "/rotate",
	}
	page.Card.Whole = true
	page.Title = p.T("webhooks.show.heading", "host", host(w.URL))
	status := rotationStatus(p, w, "")
	page.Rotation = &status
	return page
}

// host is where a URL leads, for a heading.
func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	return u.Host
}

func hostText(raw string) views.Text { return locales.Verbatim(host(raw)) }

// code is the HTTP status of an attempt, "" when there was no answer.
func code(a portal.WebhookAttempt) string {
	if a.StatusCode == 0 {
		return ""
	}
	return strconv.Itoa(a.StatusCode)
}
