package messages

import (
	"strconv"
	"strings"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// How a list is read depends on what it filters by, because a query must cost the same at ten million messages as at
// ten thousand:
//
//	byTime    nothing but dates: the page index
//	byStatus  states: one branch a state on the status index, merged
//	byNumber  one whole number: the number index
//	byCarrier one operator: the operator index
//	narrow    a prefix few messages match (a probe has told): fetch those, filter and sort them
//	scan      the rest: read along an index, at most bounds.scan rows, and filter what comes by
//
// A scan that has used up its budget answers with what it found and how far it looked.
type route int

const (
	byTime route = iota
	byStatus
	byNumber
	byCarrier
	narrow
	scan
)

// bounds are how much of a list may be read: rows by a scan, and matches of a prefix to be called narrow.
type bounds struct{ scan, narrow int }

var defaultBounds = bounds{scan: 20_000, narrow: 2_000}

// countCap is where counting stops.
const countCap = 10_000

const (
	window      = "tenant_id = $1 AND submitted_at >= $2 AND (submitted_at, id) < ($3, $4)"
	newestFirst = " ORDER BY submitted_at DESC, id DESC"
	numberCol   = "to_addr"
	senderCol   = "upper(from_addr)"
)

// statement is SQL under way with its arguments, numbered as both databases number them.
type statement struct {
	db *database.DB
	bounds
	f    filter
	kind route
	by   string // the column of a narrow prefix
	args []any
}

func (s *Service) statement(f filter, kind route, by string) *statement {
	return &statement{
		db: s.db, bounds: s.bounds, f: f, kind: kind, by: by,
		args: []any{f.tenant, f.after, f.cursor.at, f.cursor.id},
	}
}

func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// prefix is the condition that column begins with p, as a range that an index can answer. p is ASCII and its last
// character is never the last of ASCII.
func (s *statement) prefix(column, p string) string {
	end := p[:len(p)-1] + string(rune(p[len(p)-1]+1))
	return column + " >= " + s.arg(p) + " AND " + column + " < " + s.arg(end)
}

// wholeNumber reports whether the filter's number cannot go on: an Afghan mobile with all its digits.
func (f *filter) wholeNumber() bool { return len(f.to) == 12 && strings.HasPrefix(f.to, "+937") }

// choose says how a filter is read before anything is probed; probe is true when a prefix may turn out narrow.
func (f *filter) choose() (kind route, probe bool) {
	switch {
	case f.to == "" && f.from == "" && f.operator == "" && len(f.statuses) == 0:
		return byTime, false
	case f.to == "" && f.from == "" && f.operator == "":
		return byStatus, false
	case f.to == "" && f.from == "" && len(f.statuses) == 0:
		return byCarrier, false
	case f.wholeNumber() && f.from == "" && f.operator == "" && len(f.statuses) == 0:
		return byNumber, false
	}
	return scan, true
}

// probe counts the messages that begin with p in column, up to one more than a narrow prefix has.
func (s *statement) probe(column, p string) string {
	s.args = s.args[:1]
	return "SELECT count(*) FROM (SELECT 1 FROM messages WHERE tenant_id = $1 AND " + s.prefix(column, p) +
		" LIMIT " + strconv.Itoa(s.narrow+1) + ") AS probe"
}

// page selects the first n matches, newest first.
func (s *statement) page(n int) string {
	limit := " LIMIT " + strconv.Itoa(n)
	switch s.kind {
	case byStatus:
		return "SELECT " + rowColumns + " FROM (" + s.branches(rowColumns, newestFirst+limit) + ") AS merged" + newestFirst + limit
	case narrow:
		return "SELECT " + rowColumns + " FROM (" + s.fetch() + ") AS fetched WHERE " + s.window() + s.rest() + newestFirst + limit
	case scan:
		// No ORDER BY outside: the rows come in order already, and SQLite, which does not see that, would read the
		// whole budget to sort it.
		return "SELECT " + rowColumns + " FROM (" + s.along() + ") AS scanned WHERE TRUE" + s.rest() + limit
	}
	return "SELECT " + rowColumns + " FROM messages WHERE " + window + s.key() + newestFirst + limit
}

// count counts the matches, up to one more than countCap.
func (s *statement) count() string {
	limit := " LIMIT " + strconv.Itoa(countCap+1)
	from := "SELECT 1 FROM messages WHERE "
	switch s.kind {
	case byStatus:
		from = s.branches("1", limit)
	case narrow:
		from = "SELECT 1 FROM (" + s.fetch() + ") AS fetched WHERE " + s.window() + s.rest() + limit
	case scan:
		from = "SELECT 1 FROM (" + s.along() + ") AS scanned WHERE TRUE" + s.rest() + limit
	default:
		from += window + s.key() + limit
	}
	return "SELECT count(*) FROM (" + from + ") AS matches"
}

// boundary selects the last row that a scan may read.
func (s *statement) boundary() string {
	return "SELECT submitted_at, id FROM messages WHERE " + window + s.key() + newestFirst +
		" LIMIT 1 OFFSET " + strconv.Itoa(s.scan-1)
}

// branches is one SELECT for each state.
func (s *statement) branches(columns, tail string) string {
	selects := make([]string, len(s.f.statuses))
	for i, status := range s.f.statuses {
		selects[i] = "SELECT " + columns + " FROM messages WHERE " + window + " AND status = " + s.arg(string(status)) + tail
	}
	return s.db.UnionAll(selects...)
}

// along selects what a scan reads.
func (s *statement) along() string {
	return "SELECT " + rowColumns + " FROM messages WHERE " + window + s.key() + newestFirst + " LIMIT " + strconv.Itoa(s.scan)
}

// key is the condition besides the window that the index in use answers: a whole number, an operator, or for a scan one
// state.
func (s *statement) key() string {
	switch {
	case s.kind == byNumber, s.kind == scan && s.f.wholeNumber():
		return " AND to_addr = " + s.arg(s.f.to)
	case s.kind == scan && len(s.f.statuses) == 1: // before the operator: of the states but one there are few
		return " AND status = " + s.arg(string(s.f.statuses[0]))
	case s.kind == byCarrier, s.kind == scan && s.f.operator != "":
		return " AND operator = " + s.arg(s.f.operator)
	}
	return ""
}

// fetch selects every message of a narrow prefix, and leaves room for those that came in since the probe. Its LIMIT
// keeps the planner from moving other conditions in and choosing another index by them.
func (s *statement) fetch() string {
	p := s.f.to
	if s.by == senderCol {
		p = s.f.from
	}
	return "SELECT " + rowColumns + " FROM messages WHERE tenant_id = $1 AND " + s.prefix(s.by, p) +
		" LIMIT " + strconv.Itoa(2*s.narrow)
}

// window is the condition of time for rows that were fetched without it.
func (s *statement) window() string { return "submitted_at >= $2 AND (submitted_at, id) < ($3, $4)" }

// rest are the conditions that no index answered.
func (s *statement) rest() string {
	var b strings.Builder
	fetchedBy := ""
	if s.kind == narrow {
		fetchedBy = s.by
	}
	if s.f.to != "" && fetchedBy != numberCol && (s.kind != scan || !s.f.wholeNumber()) {
		b.WriteString(" AND " + s.prefix(numberCol, s.f.to))
	}
	if s.f.from != "" && fetchedBy != senderCol {
		b.WriteString(" AND " + s.prefix(senderCol, s.f.from))
	}
	n := len(s.f.statuses)
	if s.f.operator != "" && (s.kind == narrow || s.f.wholeNumber() || n == 1) {
		b.WriteString(" AND operator = " + s.arg(s.f.operator))
	}
	if n > 1 || n == 1 && (s.kind == narrow || s.f.wholeNumber()) {
		b.WriteString(" AND status IN (" + s.list(s.f.statuses) + ")")
	}
	return b.String()
}

func (s *statement) list(statuses []portal.MessageStatus) string {
	marks := make([]string, len(statuses))
	for i, status := range statuses {
		marks[i] = s.arg(string(status))
	}
	return strings.Join(marks, ", ")
}
