package messages

import (
	"database/sql"
	"encoding/json"
	"strconv"

	"ghasi.io/portal/portal"
)

// rowColumns are what an item of a list needs, in the order that [row.scan] reads them.
const rowColumns = "id, submitted_at, to_addr, from_addr, status, encoding, segments, operator, price_micros, currency, error_code, sent_at, done_at"

// row is an item of a list. Its texts are the driver's own memory, good until the next row.
type row struct {
	id, to, from, status, encoding, operator, currency, errorCode sql.RawBytes
	submittedAt, price, sentAt, doneAt                            int64
	segments                                                      int64
}

func (r *row) fields() []any {
	return []any{
		&r.id, &r.submittedAt, &r.to, &r.from, &r.status, &r.encoding, &r.segments, &r.operator, &r.price, &r.currency, &r.errorCode,
		&r.sentAt, &r.doneAt,
	}
}

// appendRows appends up to limit rows as JSON objects, and closes rows. n counts one more when there is one; last is
// where the rows appended end.
func appendRows(b []byte, rows *sql.Rows, limit int) (out []byte, n int, last position, err error) {
	defer rows.Close() //nolint:errcheck // Err tells
	var r row
	fields := r.fields()
	for rows.Next() {
		if n++; n > limit {
			break
		}
		if err := rows.Scan(fields...); err != nil {
			return nil, 0, position{}, err
		}
		if n > 1 {
			b = append(b, ',')
		}
		b = r.append(b)
		last.at = r.submittedAt
		if n == limit {
			last.id = string(r.id)
		}
	}
	return b, n, last, rows.Err()
}

// append writes the row as a portal.Message of a list. A test holds it to encoding/json's reading.
func (r *row) append(b []byte) []byte {
	b = append(b, `{"messageId":`...)
	b = appendText(b, r.id)
	b = append(b, `,"to":`...)
	b = appendText(b, r.to)
	b = append(b, `,"from":`...)
	b = appendText(b, r.from)
	b = append(b, `,"status":`...)
	b = appendText(b, r.status)
	b = append(b, `,"encoding":`...)
	b = appendText(b, r.encoding)
	b = append(b, `,"segments":`...)
	b = strconv.AppendInt(b, r.segments, 10)
	b = append(b, `,"operator":`...)
	b = appendText(b, r.operator)
	b = append(b, `,"priceMicros":`...)
	b = strconv.AppendInt(b, r.price, 10)
	if string(r.currency) != string(portal.AFN) {
		b = append(b, `,"currency":`...)
		b = appendText(b, r.currency)
	}
	if len(r.errorCode) > 0 {
		b = append(b, `,"errorCode":`...)
		b = appendText(b, r.errorCode)
	}
	b = append(b, `,"submittedAt":`...)
	b = appendTime(b, r.submittedAt)
	if r.sentAt > 0 {
		b = append(b, `,"sentAt":`...)
		b = appendTime(b, r.sentAt)
	}
	if r.doneAt > 0 && string(r.status) == string(portal.StatusDelivered) {
		b = append(b, `,"deliveredAt":`...)
		b = appendTime(b, r.doneAt)
	}
	return append(b, '}')
}

// appendText appends s as a JSON string. Nearly all we write is plain ASCII and goes in as it is.
func appendText(b []byte, s []byte) []byte {
	for _, c := range s {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(string(s))
			if err != nil { // a string always has a JSON form
				return append(b, `""`...)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
