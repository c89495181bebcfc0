package webhooks

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ghasi.io/portal/portal"
)

// Names of the inputs. The form of a webhook that is there adds its id, since several can be open on one page.
const (
	inputURL     = "hook_url"
	inputEvent   = "event"
	inputAttempt = "attempt"
	inputVersion = "version"
	inputFrom    = "from"
	inputOverlap = "overlap"
	inputOutcome = "outcome"
)

const (
	maxURL   = 2048 // bytes, as the API has it
	maxTyped = 8192 // bytes of a hostile value that are shown again
)

// fromPage says that a form stands on the webhook's own page, and not in the list.
const fromPage = "page"

// form is what a person gave for a webhook.
type form struct {
	attempt string // of a new one
	id      string // of one that is there
	version int
	url     string
	events  []string
}

// suffix tells the inputs of one webhook's form from another's.
func (f form) suffix() string {
	if f.id == "" {
		return ""
	}
	return "-" + f.id
}

func bind(v url.Values, id string) form {
	f := form{id: id}
	f.attempt = v.Get(inputAttempt)
	f.url = strings.TrimSpace(v.Get(inputURL + f.suffix()))
	f.events = v[inputEvent+f.suffix()]
	f.version, _ = strconv.Atoi(v.Get(inputVersion)) // what is no number is no version there ever was
	return f
}

// formOf is the form of a webhook as it is.
func formOf(w portal.Webhook) form {
	f := form{id: w.WebhookID, version: w.Version, url: w.URL}
	for _, e := range w.Events {
		f.events = append(f.events, string(e))
	}
	return f
}

// validate names what is wrong by the API's field names, as the platform would. What needs a look at the address itself is
// left to the platform.
func (f form) validate() []portal.FieldError {
	var wrong []portal.FieldError
	add := func(field, key string) { wrong = append(wrong, portal.FieldError{Field: field, Key: key}) }
	switch {
	case f.url == "":
		add("url", "field.required")
	case len(f.url) > maxURL:
		add("url", "field.too_long")
	case !isHTTPS(f.url):
		add("url", "field.not_https")
	}
	switch {
	case len(f.events) == 0:
		add("events", "field.no_event")
	case slices.ContainsFunc(f.events, func(e string) bool { return !portal.WebhookEvent(e).Valid() }):
		add("events", "field.unknown_event")
	}
	return wrong
}

func isHTTPS(raw string) bool {
	const scheme = "https://"
	return len(raw) >= len(scheme) && strings.EqualFold(raw[:len(scheme)], scheme)
}

// chosen are the events of a valid form: their order, each once.
func (f form) chosen() []portal.WebhookEvent {
	var events []portal.WebhookEvent
	for _, e := range portal.WebhookEvents {
		if slices.Contains(f.events, string(e)) {
			events = append(events, e)
		}
	}
	return events
}

// create is the call that a valid form of a new webhook stands for, change that of one that is there.
func (f form) create() portal.NewWebhook { return portal.NewWebhook{URL: f.url, Events: f.chosen()} }

func (f form) change() portal.WebhookChange {
	return portal.WebhookChange{URL: &f.url, Events: f.chosen(), Version: f.version}
}

// cut bounds what is shown again of a hostile value.
func cut(s string) string {
	if len(s) <= maxTyped {
		return s
	}
	return strings.ToValidUTF8(s[:maxTyped], "")
}
