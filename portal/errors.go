package portal

import (
	"errors"
	"time"
)

// Code says what kind of failure an [Error] is. The set is closed: every code has one HTTP status in handlers/web.
type Code string

// The codes, from the caller's fault to ours.
const (
	Invalid         Code = "invalid"             // the input is wrong; Fields say where
	Unauthenticated Code = "unauthenticated"     // nobody is signed in, or the token has ended
	Forbidden       Code = "forbidden"           // signed in, but not allowed
	NotFound        Code = "not_found"           // absent, or another tenant's
	Conflict        Code = "conflict"            // someone else changed it first, or it exists already
	TooLarge        Code = "too_large"           // more bytes than we read
	RateLimited     Code = "rate_limited"        // slow down; RetryAfter says how long
	PaymentRequired Code = "insufficient_credit" // the account's credit does not cover it
	Unavailable     Code = "unavailable"         // an upstream is down, slow or broken
	Internal        Code = "internal"            // our own fault
)

// Error is the one error type that crosses rooms. Code decides the HTTP status, Key and Args the words the user reads
// (a key of the locale catalogue), Err is the cause for the log alone: it never reaches a page.
type Error struct {
	Code       Code
	Key        string        // catalogue key; empty means the code's own "error.<code>"
	Args       []any         // name, value pairs for Key
	Fields     []FieldError  // which inputs are wrong, when Code is Invalid
	Detail     string        // an upstream's own words for the user, shown escaped and quoted; may be empty
	RetryAfter time.Duration // when to try again, for RateLimited and Unavailable; 0 = unknown
	Err        error
}

// FieldError names one wrong input. Field is the wire name ("to"), Key the catalogue key of what is wrong with it.
type FieldError struct {
	Field string
	Key   string
	Args  []any
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Key != "" {
		s += " (" + e.Key + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Fail builds an [Error] of a code around its cause (which may be nil).
func Fail(code Code, err error) *Error { return &Error{Code: code, Err: err} }

// InvalidField builds an Invalid [Error] for one input.
func InvalidField(field, key string, args ...any) *Error {
	return &Error{Code: Invalid, Fields: []FieldError{{Field: field, Key: key, Args: args}}}
}

// CodeOf returns the code of err: that of the nearest [Error] in its chain, Internal for any other error, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
