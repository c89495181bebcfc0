package messages

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// The names of the filters in an address.
const (
	inputTo       = "to"
	inputFrom     = "from"
	inputAfter    = "after"
	inputBefore   = "before"
	inputStatus   = "status"
	inputOperator = "operator"
	inputCursor   = "cursor"
	inputShown    = "shown"
	inputTotal    = "total"
	inputCapped   = "capped"
	inputSearch   = "q"
	maxTyped      = 100 // bytes of a field that are kept to show again
	maxCursor     = 512
	maxNumber     = 15 // digits of E.164
	maxSender     = 16
	maxCount      = 10_000_000
	dayLayout     = time.DateOnly
	earliestYear  = 2000
	latestYear    = 2100
)

// operators are the codes that the log can be narrowed to.
var operators = append(slices.Clone(sms.Operators), sms.OtherOperator)

// filter is what an address of the log says. The zero value is the whole log from the newest message on.
type filter struct {
	statuses      []portal.MessageStatus // in the order of portal.MessageStatuses, each once
	to, from      string                 // beginnings; to starts with "+"
	after, before string                 // days in Kabul, YYYY-MM-DD, both included
	operator      string                 // code, or ""
	place
}

// place is where in the log a page begins: the platform's cursor, and what the pages before it told for the count.
type place struct {
	cursor string
	shown  int // rows on the pages before
	total  int // 0 when unknown
	capped bool
}

// parseFilter reads a query string. What it can't make sense of is reported field by field, and left out of the filter.
func parseFilter(q url.Values) (filter, []portal.FieldError) {
	p := parser{q: q}
	f := filter{statuses: p.statuses(), to: p.number(), from: p.sender(), after: p.day(inputAfter), before: p.day(inputBefore), operator: p.operator()}
	if f.after != "" && f.before != "" && f.before < f.after {
		p.wrong(inputBefore, "messages.filter.error.order")
	}
	if f.cursor = q.Get(inputCursor); f.cursor != "" {
		f.shown, f.total = count(q.Get(inputShown)), count(q.Get(inputTotal))
		f.capped = f.total > 0 && q.Get(inputCapped) == "1"
		if len(f.cursor) > maxCursor || strings.ContainsFunc(f.cursor, func(r rune) bool { return r <= ' ' || r > '~' }) {
			f.place = place{}
			p.wrong(inputCursor, "field.invalid_cursor")
		}
	}
	return f, p.errs
}

// parser reads the fields of one query.
type parser struct {
	q    url.Values
	errs []portal.FieldError
}

func (p *parser) wrong(field, key string) {
	p.errs = append(p.errs, portal.FieldError{Field: field, Key: key})
}

func (p *parser) statuses() []portal.MessageStatus {
	var chosen []portal.MessageStatus
	given := p.q[inputStatus]
	for _, s := range portal.MessageStatuses {
		if slices.Contains(given, string(s)) {
			chosen = append(chosen, s)
		}
	}
	for _, s := range given {
		if s != "" && !portal.MessageStatus(s).Valid() {
			p.wrong(inputStatus, "messages.filter.error.status")
			break
		}
	}
	return chosen
}

func (p *parser) number() string {
	typed := strings.TrimSpace(p.q.Get(inputTo))
	if typed == "" {
		return ""
	}
	number, ok := numberPrefix(typed)
	if !ok {
		p.wrong(inputTo, "messages.filter.error.to")
	}
	return number
}

func (p *parser) sender() string {
	typed := strings.TrimSpace(p.q.Get(inputFrom))
	if typed != "" && !senderPrefix(typed) {
		p.wrong(inputFrom, "messages.filter.error.from")
		return ""
	}
	return typed
}

func (p *parser) operator() string {
	code := p.q.Get(inputOperator)
	if code != "" && !slices.Contains(operators, code) {
		p.wrong(inputOperator, "messages.filter.error.operator")
		return ""
	}
	return code
}

func (p *parser) day(name string) string {
	typed := strings.TrimSpace(p.q.Get(name))
	if typed == "" {
		return ""
	}
	day, ok := locales.ParseDay(typed) // in either calendar: the form has the person's, an address ours
	if !ok || day.Year() < earliestYear || day.Year() > latestYear {
		p.wrong(name, "messages.filter.error.date")
		return ""
	}
	return day.Format(dayLayout)
}

// numberPrefix reads a phone number, or how one begins, as people type it: 0093 79, 079, +9379, ۰۷۹.
func numberPrefix(typed string) (string, bool) {
	if e164, ok := sms.Normalise(typed); ok {
		return e164, true
	}
	if len(typed) > maxTyped {
		return "", false
	}
	s := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "\u00a0", "").Replace(locales.ASCIIDigits(typed))
	digits := strings.TrimPrefix(s, "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	switch {
	case digits != s: // international already
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	case digits[0] == '0':
		digits = "93" + digits[1:]
	case digits[0] == '7':
		digits = "93" + digits
	}
	if digits == "" || digits[0] == '0' || len(digits) > maxNumber {
		return "", false
	}
	return "+" + digits, true
}

// senderPrefix reports whether s can be the beginning of a sender ID, which may be a number.
func senderPrefix(s string) bool {
	return len(s) <= maxSender && strings.Trim(s,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-_+") == ""
}

// count reads a figure that only the page's own links carry; anything else counts as unknown.
func count(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxCount {
		return 0
	}
	return n
}

// narrowed reports whether f leaves anything out.
func (f filter) narrowed() bool {
	return len(f.statuses) > 0 || f.to != "" || f.from != "" || f.after != "" || f.before != "" || f.operator != ""
}

// query is f as a query string, "" for the zero filter. parseFilter reads it back to the same filter.
func (f filter) query() string {
	q := url.Values{}
	for _, s := range f.statuses {
		q.Add(inputStatus, string(s))
	}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set(inputTo, f.to)
	set(inputFrom, f.from)
	set(inputAfter, f.after)
	set(inputBefore, f.before)
	set(inputOperator, f.operator)
	if f.cursor != "" {
		q.Set(inputCursor, f.cursor)
		if f.shown > 0 {
			q.Set(inputShown, strconv.Itoa(f.shown))
		}
		if f.total > 0 {
			q.Set(inputTotal, strconv.Itoa(f.total))
		}
		if f.capped {
			q.Set(inputCapped, "1")
		}
	}
	return q.Encode()
}

// url is the address of the log under f.
func (f filter) url() string {
	if q := f.query(); q != "" {
		return home + "?" + q
	}
	return home
}

// first is f from the newest message on.
func (f filter) first() filter {
	f.place = place{}
	return f
}

// api is f as the platform takes it: days become instants, the last one up to its end.
func (f filter) api() portal.MessageFilter {
	out := portal.MessageFilter{Statuses: f.statuses, To: f.to, From: f.from, Operator: f.operator, Limit: pageSize, Cursor: f.cursor}
	if start, ok := f.day(f.after); ok {
		out.SubmittedAfter = &start
	}
	if start, ok := f.day(f.before); ok {
		end := start.AddDate(0, 0, 1)
		out.SubmittedBefore = &end
	}
	return out
}

// day is the instant at which a day of the filter begins.
func (filter) day(s string) (time.Time, bool) {
	t, err := time.ParseInLocation(dayLayout, s, locales.Kabul)
	return t, err == nil
}
