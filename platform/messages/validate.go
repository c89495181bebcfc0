package messages

import (
	"strings"

	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// maxSegments is how long a message may be; operators refuse longer ones or lose parts of them.
const maxSegments = 10

// check returns every field of m that is wrong, and how its text travels.
func check(m portal.NewMessage) (sms.Analysis, []portal.FieldError) {
	var wrong []portal.FieldError
	bad := func(field, code string, args ...any) {
		wrong = append(wrong, portal.FieldError{Field: field, Key: "field." + code, Args: args})
	}
	switch {
	case m.To == "":
		bad("to", "required")
	case !sms.ValidNumber(m.To):
		bad("to", "not_e164")
	}
	switch {
	case m.From == "":
		bad("from", "required")
	case !sms.ValidSender(m.From):
		bad("from", "invalid_sender")
	}
	a := sms.Analyse(m.Body)
	switch {
	case strings.TrimSpace(m.Body) == "":
		bad("body", "required")
	case strings.ContainsRune(m.Body, 0): // PostgreSQL cannot store it, and no handset can show it
		bad("body", "invalid")
	case a.Segments > maxSegments:
		bad("body", "too_long", "max", a.Capacity(maxSegments))
	}
	return a, wrong
}
