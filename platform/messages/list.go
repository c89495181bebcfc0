package messages

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// list answers GET /v1/messages.
func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	who, _ := access.From(r.Context())
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		problem.Write(w, r, &portal.Error{Code: portal.Invalid, Detail: "The query cannot be read.", Err: err})
		return
	}
	f, err := parseFilter(who.TenantID, query)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	buf := pageBuffers.Get().(*[]byte)
	defer pageBuffers.Put(buf)
	body, err := s.appendPage(r.Context(), (*buf)[:0], f)
	if err != nil {
		problem.Write(w, r, database.Map(err))
		return
	}
	*buf = body
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) //nolint:gosec // JSON, with its type said; an error is a client that has gone
}

// pageBuffers hold bodies of lists, 15 KB for 50 messages.
var pageBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}

// appendPage appends the JSON of a portal.MessagePage to b.
func (s *Service) appendPage(ctx context.Context, b []byte, f filter) ([]byte, error) {
	kind, by, err := s.plan(ctx, &f)
	if err != nil {
		return nil, err
	}
	stmt := s.statement(f, kind, by)
	rows, err := s.reader.query(ctx, stmt.page(f.limit+1), stmt.args)
	if err != nil {
		return nil, err
	}
	b = append(b, `{"items":[`...)
	b, n, last, err := appendRows(b, rows, f.limit)
	if err != nil {
		return nil, err
	}
	b = append(b, ']')
	more := n > f.limit
	if !more && kind == scan {
		if last, more, err = s.searchedTo(ctx, f); err != nil {
			return nil, err
		}
		if more {
			b = append(b, `,"searchedTo":`...)
			b = appendTime(b, last.at)
		}
	}
	if more {
		b = append(b, `,"nextCursor":"`...)
		b = append(b, encodeCursor(last, f)...)
		b = append(b, '"')
	}
	if f.first {
		if b, err = s.appendTotal(ctx, b, f, kind, by, min(n, f.limit), more); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// plan chooses how to read the list.
func (s *Service) plan(ctx context.Context, f *filter) (kind route, by string, err error) {
	kind, probe := f.choose()
	if !probe {
		return kind, "", nil
	}
	for _, p := range []struct{ column, prefix string }{{numberCol, f.to}, {senderCol, f.from}} {
		if p.prefix == "" {
			continue
		}
		stmt := s.statement(*f, kind, "")
		text := stmt.probe(p.column, p.prefix)
		var n int
		if err := s.reader.queryRow(ctx, text, stmt.args, &n); err != nil {
			return 0, "", err
		}
		if n <= s.bounds.narrow {
			return narrow, p.column, nil
		}
	}
	return kind, "", nil
}

// searchedTo returns the last row that a scan from f's cursor may read; false when the list ends before.
func (s *Service) searchedTo(ctx context.Context, f filter) (position, bool, error) {
	stmt := s.statement(f, scan, "")
	var p position
	err := s.reader.queryRow(ctx, stmt.boundary(), stmt.args, &p.at, &p.id)
	if errors.Is(err, sql.ErrNoRows) {
		return position{}, false, nil
	}
	return p, err == nil, err
}

// appendTotal appends how many messages match, where that is known or cheap to find out: not when more lie beyond what
// a scan may read.
func (s *Service) appendTotal(ctx context.Context, b []byte, f filter, kind route, by string, shown int, more bool) ([]byte, error) {
	total := shown
	if more {
		var err error
		switch {
		case f.after == minTime && f.before == maxTime && (kind == byTime || kind == byStatus):
			total, err = s.total(ctx, f)
		case kind == scan:
			_, beyond, berr := s.searchedTo(ctx, f)
			if berr != nil || beyond {
				return b, berr
			}
			fallthrough
		default:
			stmt := s.statement(f, kind, by)
			err = s.reader.queryRow(ctx, stmt.count(), stmt.args, &total)
		}
		if err != nil {
			return nil, err
		}
	}
	b = append(b, `,"total":`...)
	b = strconv.AppendInt(b, int64(min(total, countCap)), 10)
	if total > countCap {
		b = append(b, `,"totalCapped":true`...)
	}
	return b, nil
}

// total adds up the kept totals of the filter's states.
func (s *Service) total(ctx context.Context, f filter) (int, error) {
	stmt := &statement{args: []any{f.tenant}}
	text := "SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT) FROM message_totals WHERE tenant_id = $1"
	if len(f.statuses) > 0 {
		text += " AND status IN (" + stmt.list(f.statuses) + ")"
	}
	var n int
	err := s.reader.queryRow(ctx, text, stmt.args, &n)
	return n, err
}

// appendTime appends a time as a JSON string.
func appendTime(b []byte, micros int64) []byte {
	b = append(b, '"')
	b = time.UnixMicro(micros).UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}
