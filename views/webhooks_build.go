package views

import (
	"embed"
	"strings"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// The samples as files, so that each can be read and run as what it is.
//
//go:embed snippets
var snippets embed.FS

// webhookLanguages are the tabs of the guide, the first being shown when none is asked for. Their labels are proper names.
var webhookLanguages = []struct{ id, label, lang, file, install string }{
	{"go", "Go", "go", "webhook.go.txt", "go get github.com/standard-webhooks/standard-webhooks/libraries"},
	{"node", "Node", "js", "webhook.mjs", "npm install standardwebhooks"},
	{"python", "Python", "python", "webhook.py", "pip install standardwebhooks"},
	{"php", "PHP", "php", "webhook.php", "composer require standard-webhooks/standard-webhooks"},
}

// NewWebhookGuide is code that verifies deliveries, in one language; an unknown one is the first.
func NewWebhookGuide(p *locales.Printer, language string) WebhookGuide {
	chosen := webhookLanguages[0]
	for _, l := range webhookLanguages {
		if l.id == language {
			chosen = l
		}
	}
	guide := WebhookGuide{
		Install: Code{ID: "code-verify-install", Label: p.T("webhooks.verify.install"), Lang: "sh", Text: chosen.install},
		Sample: Code{
			ID: "code-verify", Label: p.T("webhooks.verify.sample", "language", chosen.label), Lang: chosen.lang, Text: snippet(chosen.file),
		},
	}
	for _, l := range webhookLanguages {
		guide.Tabs = append(guide.Tabs, QuickstartTab{Label: l.label, URL: "/webhooks/verify?lang=" + l.id, Current: l.id == chosen.id})
	}
	return guide
}

// WebhookPayload is a sample of what a delivery holds.
func WebhookPayload() string { return snippet("webhook.json") }

// snippet returns a sample. The names are those of the files embedded above; a test reads each.
func snippet(file string) string {
	b, err := snippets.ReadFile("snippets/" + file)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(b), "\n")
}

// NewDeliveryBadge words the state of a delivery. One that this portal does not know is shown as the platform calls it.
func NewDeliveryBadge(l *locales.Locale, state string) Badge {
	switch state {
	case "delivered", "failed":
		return Badge{Kind: state, Label: l.T("status." + state)}
	case "waiting":
		return Badge{Kind: "queued", Label: l.T("status.waiting")}
	}
	return Badge{Kind: "neutral", Label: locales.Verbatim(state)}
}

// EventNames are events as they are named everywhere.
func EventNames(events []portal.WebhookEvent) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = string(e)
	}
	return out
}
