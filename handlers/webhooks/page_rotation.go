package webhooks

import (
	"net/url"
	"strconv"
	"strings"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// rotationForm asks how long the old secret goes on signing.
func rotationForm(p *locales.Printer, id string, chosen int) views.RotationForm {
	view := views.RotationForm{
		URL: home + "/" + id + "/rotate", Back: home + "/" + id, Title: p.T("webhooks.rotate.title"), Text: p.T("webhooks.rotate.text"),
		Overlap: views.Choices{Name: inputOverlap, Label: p.T("rotation.form.overlap"), Single: true},
	}
	for _, seconds := range overlaps {
		value := strconv.Itoa(seconds)
		view.Overlap.Items = append(view.Overlap.Items, views.Choice{
			Value: value, Label: p.T("rotation.overlap." + value), Help: p.T("webhooks.rotate.overlap." + value), Checked: seconds == chosen,
		})
	}
	return view
}

func rotatedView(p *locales.Printer, id string, overlap int, made portal.RotatedWebhookSecret) views.Rotated {
	view := views.Rotated{
		Title: p.T("webhooks.rotate.made.title"), Text: p.T("webhooks.rotate.made.now"), Back: home + "/" + id,
		Secret: views.Secret{Value: made.SigningSecret, Label: p.T("webhooks.secret.title"), Warning: p.T("webhooks.secret.once")},
	}
	if overlap > 0 {
		view.Text = p.T("webhooks.rotate.made.until", "date", p.DateTime(made.OldEndsAt))
	}
	return view
}

// seenOf is a rotation as a page shows it.
func seenOf(r *portal.WebhookRotation) string {
	at := int64(0)
	if r.CheckedAt != nil {
		at = 1
	}
	return strings.Join([]string{strconv.Itoa(r.OldVerified), strconv.FormatInt(at, 10), strconv.FormatBool(r.NewAccepted)}, ".")
}

// rotationStatus is a change of secret under way, for a page that shows seen; empty when there is none.
func rotationStatus(p *locales.Printer, w portal.Webhook, seen string) views.RotationStatus {
	r := w.Rotation
	if r == nil {
		if seen == "" {
			return views.RotationStatus{}
		}
		return views.RotationStatus{Announce: p.T("rotation.status.over")}
	}
	path := home + "/" + w.WebhookID
	view := views.RotationStatus{
		PollURL: path + "/rotation?seen=" + url.QueryEscape(seenOf(r)), RetireURL: path + "/retire",
		Title: p.T("webhooks.rotation.title"), Text: p.T("webhooks.rotation.text", "date", p.DateTime(r.EndsAt)),
		Ready: r.NewAccepted,
	}
	if r.CheckedAt != nil { // before that, 0 would look like a safe figure
		view.Figure, view.Label = p.Number(int64(r.OldVerified)), p.T("webhooks.rotation.label", "n", r.OldVerified)
	}
	switch {
	case r.CheckedAt == nil && w.Status == portal.WebhookPaused:
		view.Verdict = p.T("webhooks.rotation.paused")
	case r.CheckedAt == nil:
		view.Verdict = p.T("webhooks.rotation.unchecked")
	case r.NewAccepted:
		view.Verdict = p.T("webhooks.rotation.ready")
	default:
		view.Verdict = p.T("webhooks.rotation.needed")
	}
	if seen != "" && strings.HasSuffix(seen, ".true") != r.NewAccepted {
		view.Announce = view.Verdict
	}
	return view
}

func retireView(p *locales.Printer, w portal.Webhook) views.RotationRetire {
	view := views.RotationRetire{
		URL: home + "/" + w.WebhookID + "/retire", Back: home + "/" + w.WebhookID, Title: p.T("webhooks.retire.title"), Text: p.T("webhooks.retire.text"),
	}
	if r := w.Rotation; r != nil && !r.NewAccepted {
		view.Warn = &views.Alert{Tone: "warning", Title: p.T("webhooks.retire.warn.title"), Text: p.T("webhooks.retire.warn")}
	}
	return view
}
