package webhooks

import (
	"slices"
	"strings"

	"ghasi.io/portal/portal"
)

// checkEvents says what is wrong with a choice of events ("field.…"); empty is nothing.
func checkEvents(events []portal.WebhookEvent) (key string) {
	if len(events) == 0 {
		return "field.no_event"
	}
	for i, e := range events {
		switch {
		case !e.Valid():
			return "field.unknown_event"
		case slices.Contains(events[:i], e):
			return "field.invalid"
		}
	}
	return ""
}

// joinEvents writes events as they are kept, in the order of [portal.WebhookEvents].
func joinEvents(events []portal.WebhookEvent) string {
	var parts []string
	for _, e := range portal.WebhookEvents {
		if slices.Contains(events, e) {
			parts = append(parts, string(e))
		}
	}
	return strings.Join(parts, " ")
}

func splitEvents(s string) []portal.WebhookEvent {
	events := []portal.WebhookEvent{}
	for _, f := range strings.Fields(s) {
		events = append(events, portal.WebhookEvent(f))
	}
	return events
}

// checked is a [portal.WebhookChange] that may be made. Empty fields stay as they are.
type checked struct {
	url, events string
	status      portal.WebhookStatus
	version     int
}

// validate checks what a person gives. required: neither the URL nor the events may be missing.
func (s *Service) validate(c portal.WebhookChange, required bool) (checked, error) {
	valid := checked{version: c.Version}
	var wrong []portal.FieldError
	bad := func(field, key string, args ...any) {
		wrong = append(wrong, portal.FieldError{Field: field, Key: key, Args: args})
	}
	if c.URL != nil || required {
		raw := ""
		if c.URL != nil {
			raw = *c.URL
		}
		u, key := s.guard.normalize(raw)
		switch key {
		case "":
			valid.url = u.String()
		case "field.too_long":
			bad("url", key, "max", maxURL)
		default:
			bad("url", key)
		}
	}
	if c.Events != nil || required {
		if key := checkEvents(c.Events); key != "" {
			bad("events", key)
		}
		valid.events = joinEvents(c.Events)
	}
	if c.Status != nil {
		if valid.status = *c.Status; valid.status != portal.WebhookActive && valid.status != portal.WebhookPaused {
			bad("status", "field.invalid")
		}
	}
	if !required && c.Version < 1 {
		bad("version", "field.out_of_range")
	}
	if len(wrong) > 0 {
		return checked{}, &portal.Error{Code: portal.Invalid, Fields: wrong}
	}
	return valid, nil
}
