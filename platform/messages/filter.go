package messages

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

const (
	defaultLimit = 50
	maxLimit     = 200
	maxSender    = 16 // a number in E.164
)

// filter is a list's query, read and checked. Its times are unix microseconds.
type filter struct {
	tenant   string
	after    int64                  // inclusive
	before   int64                  // exclusive
	statuses []portal.MessageStatus // sorted, each once; empty means all
	to       string                 // prefix in E.164, or ""
	from     string                 // prefix in upper case, or ""
	operator string                 // code, or ""
	limit    int
	cursor   position // where the page begins: everything before it is older
	first    bool     // no cursor was given
}

// position is a place in a list: the key that rows are ordered by, newest first.
type position struct {
	at int64
	id string
}

// The bounds of a list without dates. An upper bound is a position after which the page begins, and ids are not empty,
// so (before, "") is exclusive.
const (
	minTime = math.MinInt64
	maxTime = math.MaxInt64
)

// parseFilter reads a query. All that is wrong with it comes back at once as an Invalid error.
func parseFilter(tenant string, query url.Values) (filter, error) {
	f := filter{tenant: tenant, after: minTime, before: maxTime, limit: defaultLimit, first: true}
	var wrong []portal.FieldError
	bad := func(field, code string) {
		wrong = append(wrong, portal.FieldError{Field: field, Key: "field." + code})
	}
	for name, values := range query {
		if !slices.Contains(filterNames, name) {
			return filter{}, &portal.Error{Code: portal.Invalid, Detail: "There is no such parameter: " + printable(name)}
		}
		if len(values) > 1 && name != "status" {
			bad(name, "invalid")
		}
	}
	f.readTimes(query, bad)
	f.readStatuses(query["status"], bad)
	if s := query.Get("to"); query.Has("to") {
		var ok bool
		if f.to, ok = sms.NormalisePrefix(s); !ok {
			bad("to", "not_e164")
		}
	}
	if s := query.Get("from"); query.Has("from") {
		if f.from = strings.ToUpper(s); !senderPrefix(s) {
			bad("from", "invalid_sender")
		}
	}
	if s := query.Get("operator"); query.Has("operator") {
		if f.operator = s; s != sms.OtherOperator && !slices.Contains(sms.Operators, s) {
			bad("operator", "invalid")
		}
	}
	if query.Has("limit") {
		n, err := strconv.Atoi(query.Get("limit"))
		if err != nil || n < 1 || n > maxLimit {
			bad("limit", "out_of_range")
		} else {
			f.limit = n
		}
	}
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b portal.FieldError) int { return strings.Compare(a.Field, b.Field) })
		return filter{}, &portal.Error{Code: portal.Invalid, Fields: wrong}
	}
	f.cursor = position{at: f.before}
	if query.Has("cursor") {
		at, ok := decodeCursor(query.Get("cursor"), f)
		if !ok {
			return filter{}, portal.InvalidField("cursor", "field.invalid_cursor")
		}
		f.cursor, f.first = at, false
	}
	return f, nil
}

var filterNames = []string{"submittedAfter", "submittedBefore", "status", "to", "from", "operator", "limit", "cursor"}

func (f *filter) readTimes(query url.Values, bad func(field, code string)) {
	for _, p := range []struct {
		name string
		dst  *int64
	}{{"submittedAfter", &f.after}, {"submittedBefore", &f.before}} {
		if !query.Has(p.name) {
			continue
		}
		t, err := time.Parse(time.RFC3339, query.Get(p.name))
		if err != nil {
			bad(p.name, "not_a_time")
			continue
		}
		*p.dst = ceilMicros(t)
	}
	if f.after > f.before {
		bad("submittedBefore", "out_of_range")
	}
}

// ceilMicros rounds up, so that both an inclusive start and an exclusive end mean the same set of microseconds.
func ceilMicros(t time.Time) int64 {
	micros := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		micros++
	}
	return micros
}

func (f *filter) readStatuses(values []string, bad func(field, code string)) {
	for _, v := range values {
		status := portal.MessageStatus(v)
		if !status.Valid() {
			bad("status", "unknown_status")
			return
		}
		if !slices.Contains(f.statuses, status) {
			f.statuses = append(f.statuses, status)
		}
	}
	slices.Sort(f.statuses)
	if len(f.statuses) == len(portal.MessageStatuses) {
		f.statuses = nil
	}
}

// senderPrefix reports whether a sender ID can begin with s.
func senderPrefix(s string) bool {
	if s == "" || len(s) > maxSender {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == ' ', c == '.', c == '-', c == '_', c == '+':
		default:
			return false
		}
	}
	return true
}

// printable bounds and cleans what we repeat of a query.
func printable(s string) string {
	if len(s) > 40 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return "its name is too long or not text."
	}
	return strconv.Quote(s) + "."
}
