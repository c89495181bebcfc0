package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sony/gobreaker/v2"

	"ghasi.io/portal/portal"
)

// Bounds on what an upstream may put in front of a person.
const (
	maxDetail = 200 // runes
	maxFields = 32
	maxWait   = 24 * time.Hour
)

// problem is the part of an RFC 9457 document that we read.
type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Errors []struct {
		Field string `json:"field"`
		Code  string `json:"code"`
	} `json:"errors"`
}

// problemCodes are the codes that we know; any other is taken by its status.
var problemCodes = map[string]portal.Code{
	"invalid": portal.Invalid, "unauthenticated": portal.Unauthenticated, "forbidden": portal.Forbidden,
	"not_found": portal.NotFound, "conflict": portal.Conflict, "too_large": portal.TooLarge,
	"rate_limited": portal.RateLimited, "insufficient_credit": portal.PaymentRequired,
}

// fieldCodes are the field codes that the catalogue has words for ("field.<code>").
var fieldCodes = map[string]bool{
	"required": true, "too_long": true, "too_short": true, "not_e164": true, "invalid_sender": true,
	"unknown_scope": true, "no_scope": true, "not_a_time": true, "in_past": true, "out_of_range": true,
	"invalid_cursor": true, "unknown_status": true, "invalid": true, "not_https": true,
	"url_credentials": true, "invalid_url": true, "refused_address": true, "no_event": true, "unknown_event": true,
}

// refusal turns an answer that is not the wanted one into a [portal.Error].
func refusal(k call, res *http.Response, body []byte) *portal.Error {
	if k.refused != nil {
		if e := k.refused(res, body); e != nil {
			return e
		}
	}
	e := portal.Fail(statusCode(res.StatusCode), statusError(k.op, res))
	e.RetryAfter = retryAfter(res.Header.Get("Retry-After"), time.Now())
	if e.Code == portal.Unavailable || !isMedia(res.Header.Get("Content-Type"), "application/problem+json") {
		return e // what a broken upstream says is for nobody's eyes
	}
	var p problem
	if json.Unmarshal(body, &p) != nil {
		return e
	}
	if code, ok := problemCodes[p.Code]; ok {
		e.Code = code
	}
	if e.Code != portal.PaymentRequired { // there is one cause, which our own words say in the person's language
		e.Detail = clean(p.Detail, maxDetail)
	}
	for i, f := range p.Errors {
		if i == maxFields {
			break
		}
		code := f.Code
		if !fieldCodes[code] {
			code = "invalid"
		}
		e.Fields = append(e.Fields, portal.FieldError{Field: clean(f.Field, 64), Key: "field." + code})
	}
	return e
}

// statusCode maps a status that is not the wanted one. A redirect or an unexpected success means that something else
// answers than the platform.
func statusCode(status int) portal.Code {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return portal.Invalid
	case http.StatusUnauthorized:
		return portal.Unauthenticated
	case http.StatusPaymentRequired:
		return portal.PaymentRequired
	case http.StatusForbidden:
		return portal.Forbidden
	case http.StatusNotFound, http.StatusGone:
		return portal.NotFound
	case http.StatusConflict:
		return portal.Conflict
	case http.StatusRequestEntityTooLarge:
		return portal.TooLarge
	case http.StatusTooManyRequests:
		return portal.RateLimited
	}
	if status >= 400 && status < 500 {
		return portal.Internal // 405, 415 and the like: our request was wrong, not the person's
	}
	return portal.Unavailable
}

// statusError is the cause for the log: the status and the platform's own id of the exchange.
func statusError(op string, res *http.Response) error {
	status := strings.TrimSpace(strconv.Itoa(res.StatusCode) + " " + http.StatusText(res.StatusCode))
	if id := clean(res.Header.Get("X-Request-Id"), 64); id != "" {
		return fmt.Errorf("%s: platform answered %s (request %s)", op, status, id)
	}
	return fmt.Errorf("%s: platform answered %s", op, status)
}

// unreachable turns a call without an answer into a [portal.Error]. Only when the caller itself gave up is the error a
// context's: our own time limits mean that the platform is slow, which the caller can show.
func unreachable(parent context.Context, op string, err error) *portal.Error {
	if cause := parent.Err(); cause != nil {
		return portal.Fail(portal.Unavailable, fmt.Errorf("%s: %w", op, cause))
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = fmt.Errorf("no answer in time: %v", err) //nolint:errorlint // hidden on purpose: not the caller's deadline
	}
	e := portal.Fail(portal.Unavailable, fmt.Errorf("%s: %w", op, err))
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		e.RetryAfter = breakerOpen
	}
	return e
}

// retryAfter reads a Retry-After header: seconds or a date. 0 means unknown.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	var d time.Duration
	if s, err := strconv.ParseUint(value, 10, 31); err == nil {
		d = time.Duration(s) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxWait)
}

// clean drops what cannot be shown (controls, invalid bytes, marks that change the direction of text) and cuts s at
// limit runes.
func clean(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limit {
			b.WriteRune('…')
			break
		}
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
