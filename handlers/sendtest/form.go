package sendtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// Names of the inputs.
const (
	inputTo      = "to"
	inputFrom    = "from"
	inputBody    = "body"
	inputAttempt = "attempt"
	inputReplace = "replace"
)

// Limits of the API.
const (
	maxBody     = 1530 // characters
	maxSegments = 10
)

// replaceAll is the value of "replace" for every character that has a replacement.
const replaceAll = "all"

// form is a test message as typed.
type form struct {
	attempt string
	to      string
	from    string
	body    string
}

// newForm is the form before anything is typed.
func newForm(now time.Time) form { return form{attempt: portal.NewID("att", now)} }

func bind(v url.Values, now time.Time) form {
	f := form{
		attempt: v.Get(inputAttempt),
		to:      strings.TrimSpace(v.Get(inputTo)),
		from:    strings.TrimSpace(v.Get(inputFrom)),
		body:    strings.ReplaceAll(v.Get(inputBody), "\r\n", "\n"), // forms send both; a message needs one
	}
	if !portal.ValidID("att", f.attempt) {
		f.attempt = newForm(now).attempt
	}
	return f
}

// validate names what is wrong by the API's field names, as the platform would.
func (f form) validate() []portal.FieldError {
	var wrong []portal.FieldError
	add := func(field, key string, args ...any) {
		wrong = append(wrong, portal.FieldError{Field: field, Key: key, Args: args})
	}
	if f.to == "" {
		add(inputTo, "field.required")
	} else if _, ok := sms.Normalise(f.to); !ok {
		add(inputTo, "field.not_e164")
	}
	if f.from == "" {
		add(inputFrom, "field.required")
	} else if !sms.ValidSender(f.from) {
		add(inputFrom, "field.invalid_sender")
	}
	switch {
	case strings.TrimSpace(f.body) == "":
		add(inputBody, "field.required")
	case utf8.RuneCountInString(f.body) > maxBody, sms.Analyse(f.body).Segments > maxSegments:
		add(inputBody, "sendtest.form.too_long", "max", maxBody, "parts", maxSegments)
	}
	return wrong
}

// message is the call that the form stands for: the number in E.164 when it is one.
func (f form) message() portal.NewMessage {
	m := portal.NewMessage{To: f.to, From: f.from, Body: f.body}
	if e164, ok := sms.Normalise(f.to); ok {
		m.To = e164
	}
	return m
}

// idempotencyKey is the same for the same message from the same rendered form, so that a double click, a reload and a
// retry after a time-out send once; and another one once the message is edited.
func (f form) idempotencyKey(m portal.NewMessage) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", m.To, m.From, m.Body))
	return "portal-" + f.attempt + "-" + hex.EncodeToString(sum[:8])
}

// replaced puts GSM-7 characters in the place of those that force UCS-2: all of them, or the one that what names as
// "U+2019". Anything else changes nothing.
func replaced(body, what string) string {
	if what == replaceAll {
		return sms.Simplify(body)
	}
	for _, c := range sms.Analyse(body).Culprits {
		if codePoint(c.Char) == what && c.Replacement != "" {
			return strings.ReplaceAll(body, string(c.Char), c.Replacement)
		}
	}
	return body
}

func codePoint(r rune) string { return fmt.Sprintf("U+%04X", r) }
