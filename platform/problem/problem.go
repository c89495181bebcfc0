// Package problem is how the platform answers: errors as application/problem+json (RFC 9457), JSON bodies read strictly
// and within bounds, panics, unknown paths and wrong methods in the same form.
package problem

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ghasi.io/portal/portal"
)

// typeBase and a code make the problem's type.
const typeBase = "https://ghasi.io/problems/"

// document is the body of an error.
type document struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail,omitempty"`
	Code      string  `json:"code"`
	RequestID string  `json:"requestId"`
	Errors    []field `json:"errors,omitempty"`
}

// field says what is wrong with one input.
type field struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// kinds gives each portal code its status, title and the sentence used when the error brings none.
var kinds = map[portal.Code]struct {
	status        int
	title, detail string
}{
	portal.Invalid:         {http.StatusBadRequest, "The request is not valid", "The request cannot be read."},
	portal.Unauthenticated: {http.StatusUnauthorized, "Authentication is needed", "Send a valid access token or API key as Authorization: Bearer."},
	portal.Forbidden:       {http.StatusForbidden, "Not allowed", "This token or key may not do this."},
	portal.NotFound:        {http.StatusNotFound, "Not found", "There is nothing at this address."},
	portal.Conflict:        {http.StatusConflict, "Conflict", "This collides with what is there already."},
	portal.TooLarge:        {http.StatusRequestEntityTooLarge, "Too large", "The body is larger than we read."},
	portal.RateLimited:     {http.StatusTooManyRequests, "Too many requests", "Wait as long as Retry-After says, then repeat the request."},
	portal.PaymentRequired: {http.StatusPaymentRequired, "Not enough credit", "The account's credit does not cover this. Pay an open invoice or add credit, then repeat the request."},
	portal.Unavailable:     {http.StatusServiceUnavailable, "Unavailable for the moment", "Something we need does not answer. Repeat the request later."},
	portal.Internal:        {http.StatusInternalServerError, "Something failed on our side", "It has been recorded. Quote requestId when you write to support."},
}

// StatusError is put into portal.Error.Err where the code alone does not give the HTTP status (405, 415).
type StatusError int

func (s StatusError) Error() string { return http.StatusText(int(s)) }

// CodeError is put into portal.Error.Err where a caller must be able to tell one cause from others of the same portal
// code. It takes the code's place in the document; the status stays.
type CodeError string

func (c CodeError) Error() string { return string(c) }

// Write answers with err as a problem document. An err that is no [portal.Error] is Internal. Err's own text goes to
// the log, never to the answer.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	var e *portal.Error
	if !errors.As(err, &e) {
		e = portal.Fail(portal.Internal, err)
	}
	kind, known := kinds[e.Code]
	if !known {
		e, kind = portal.Fail(portal.Internal, err), kinds[portal.Internal]
	}
	d := document{
		Type: typeBase + string(e.Code), Title: kind.title, Status: kind.status, Detail: kind.detail,
		Code: string(e.Code), RequestID: RequestID(w),
	}
	var status StatusError
	switch {
	case errors.As(err, &status):
		d.Status = int(status)
	case e.Code == portal.Invalid && len(e.Fields) > 0:
		d.Status, d.Detail = http.StatusUnprocessableEntity, "Some values are not right: see errors."
	}
	var code CodeError
	if errors.As(err, &code) {
		d.Type, d.Code = typeBase+string(code), string(code)
	}
	if e.Detail != "" {
		d.Detail = e.Detail
	}
	for _, f := range e.Fields {
		d.Errors = append(d.Errors, describe(f))
	}
	report(r, d, err)

	h := w.Header()
	if e.RetryAfter > 0 || e.Code == portal.RateLimited {
		h.Set("Retry-After", strconv.Itoa(max(1, Seconds(e.RetryAfter))))
	}
	if d.Status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Bearer")
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	write(w, r, d.Status, d)
}

// Seconds rounds a wait up to whole seconds.
func Seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// JSON answers with v as application/json.
func JSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	write(w, r, status, v)
}

func write(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a type that JSON cannot hold: a fault in our code
		logger(r.Context()).ErrorContext(r.Context(), "answer cannot be written as JSON", "error", err)
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone
}

// report logs our own faults once; a caller's fault is in the request's log line.
func report(r *http.Request, d document, err error) {
	if d.Status < http.StatusInternalServerError || r.Context().Err() != nil {
		return
	}
	level := slog.LevelError
	if d.Code == string(portal.Unavailable) {
		level = slog.LevelWarn
	}
	logger(r.Context()).Log(r.Context(), level, "platform request failed", "code", d.Code, "error", err,
		"method", r.Method, "path", r.URL.Path, "request_id", d.RequestID)
}

// details words the closed set of field codes.
var details = map[string]string{
	"required":       "is required",
	"too_long":       "is too long",
	"too_short":      "is too short",
	"not_e164":       "is not a phone number in E.164, such as +93701234567",
	"invalid_sender": "is not a sender ID: 3 to 11 letters, digits or spaces with at least one letter, or a number in E.164",
	"unknown_scope":  "has a scope that does not exist",
	"no_scope":       "needs at least one scope",
	"not_a_time":     "is not a time by RFC 3339, such as 2026-01-31T08:00:00Z",
	"in_past":        "must be in the future",
	"out_of_range":   "is out of range",
	"invalid_cursor": "is not a cursor of this list",
	"unknown_status": "is not a state of a message",
	"invalid":        "is not valid",

	"not_https":       "must begin with https://",
	"url_credentials": "must not contain a user name or password",
	"invalid_url":     "is not a URL that we can post to",
	"refused_address": "points to an address that is not public",
	"no_event":        "needs at least one event",
	"unknown_event":   "has an event that does not exist",
}

func describe(f portal.FieldError) field {
	code := strings.TrimPrefix(f.Key, "field.")
	detail, ok := details[code]
	if !ok {
		code, detail = "invalid", details["invalid"]
	}
	if len(f.Args) == 2 { // "max", 80
		name, isText := f.Args[0].(string)
		n, isNumber := f.Args[1].(int)
		if isText && isNumber {
			detail += " (" + name + " " + strconv.Itoa(n) + ")"
		}
	}
	return field{Field: f.Field, Code: code, Detail: detail}
}
