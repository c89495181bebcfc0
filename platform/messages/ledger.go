package messages

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

// Kabul is 4½ hours ahead of UTC and has no summer time.
const (
	kabulOffset  = int64(4*time.Hour+30*time.Minute) / int64(time.Microsecond)
	dayMicros    = int64(24*time.Hour) / int64(time.Microsecond)
	bucketMicros = int64(30*time.Minute) / int64(time.Microsecond)
)

// bucketOf returns the start of the half hour that a time falls into, dayOf that of its day in Kabul.
func bucketOf(micros int64) int64 { return micros - floorMod(micros, bucketMicros) }
func dayOf(micros int64) int64    { return micros - floorMod(micros+kabulOffset, dayMicros) }

func floorMod(a, b int64) int64 { return (a%b + b) % b }

// ledger gathers what a transaction changes in the counts, so that each row is written once and in a fixed order: two
// transactions that touch the same rows cannot block each other crosswise.
type ledger struct {
	rollups  map[rollupKey]rollup
	totals   map[totalKey]int64
	failures map[failureKey]int64
	days     map[dayKey]dayCount
}

type (
	rollupKey struct {
		tenant string
		bucket int64
	}
	rollup struct{ submitted, delivered, failed, segments, spend int64 }

	totalKey struct {
		tenant string
		status portal.MessageStatus
	}
	failureKey struct {
		tenant string
		day    int64
		code   string
	}
)

// add counts a message that is new to the table.
func (l *ledger) add(r *Record) {
	l.change(r, func(u *rollup) {
		u.submitted++
		u.segments += int64(r.Segments)
		u.spend += r.PriceMicros
	})
	l.enter(r)
	l.enterDays(r, true)
}

// move counts a message that has left the state before for the one it is in.
func (l *ledger) move(r *Record, before portal.MessageStatus) {
	l.enter(r)
	l.enterDays(r, false)
	l.totals[totalKey{r.TenantID, before}]--
}

func (l *ledger) enter(r *Record) {
	l.change(r, func(u *rollup) {
		if r.Status == portal.StatusDelivered {
			u.delivered++
		} else if r.Status.Final() {
			u.failed++
		}
	})
	l.totals[totalKey{r.TenantID, r.Status}]++
	if r.ErrorCode != "" {
		l.failures[failureKey{r.TenantID, dayOf(r.SubmittedAt), r.ErrorCode}]++
	}
}

func (l *ledger) change(r *Record, fn func(*rollup)) {
	if l.rollups == nil {
		l.rollups, l.totals, l.failures = map[rollupKey]rollup{}, map[totalKey]int64{}, map[failureKey]int64{}
	}
	k := rollupKey{r.TenantID, bucketOf(r.SubmittedAt)}
	u := l.rollups[k]
	fn(&u)
	l.rollups[k] = u
}

// write adds the gathered changes to the tables.
func (l *ledger) write(ctx context.Context, tx bun.Tx) error {
	var rows [][]any
	for _, k := range slices.SortedFunc(maps.Keys(l.rollups), func(a, b rollupKey) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.bucket, b.bucket))
	}) {
		if u := l.rollups[k]; u != (rollup{}) {
			rows = append(rows, []any{k.tenant, k.bucket, u.submitted, u.delivered, u.failed, u.segments, u.spend})
		}
	}
	err := addRows(ctx, tx, "message_rollups", []string{"tenant_id", "bucket"},
		[]string{"submitted", "delivered", "failed", "segments", "spend_micros"}, rows)
	if err != nil {
		return err
	}
	rows = nil
	for _, k := range slices.SortedFunc(maps.Keys(l.totals), func(a, b totalKey) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.status, b.status))
	}) {
		if n := l.totals[k]; n != 0 {
			rows = append(rows, []any{k.tenant, string(k.status), n})
		}
	}
	if err := addRows(ctx, tx, "message_totals", []string{"tenant_id", "status"}, []string{"messages"}, rows); err != nil {
		return err
	}
	rows = nil
	for _, k := range slices.SortedFunc(maps.Keys(l.failures), func(a, b failureKey) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.day, b.day), cmp.Compare(a.code, b.code))
	}) {
		rows = append(rows, []any{k.tenant, k.day, k.code, l.failures[k]})
	}
	if err := addRows(ctx, tx, "message_failures", []string{"tenant_id", "day", "error_code"}, []string{"messages"}, rows); err != nil {
		return err
	}
	return l.writeDays(ctx, tx)
}

// addBatch keeps a statement of [addRows] short; 100 rows are as fast as more.
const addBatch = 100

// addRows adds each row's values to what the table has under the row's key. A row is the key's columns, then the
// values'.
func addRows(ctx context.Context, tx bun.Tx, table string, key, values []string, rows [][]any) error {
	sums := make([]string, len(values))
	for i, v := range values {
		sums[i] = v + " = " + table + "." + v + " + excluded." + v
	}
	tail := " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(sums, ", ")
	head := "INSERT INTO " + table + " (" + strings.Join(slices.Concat(key, values), ", ") + ") VALUES "
	width := len(key) + len(values)
	var full *sql.Stmt // of a whole batch: demo data has dozens of them, a send none
	for batch := range slices.Chunk(rows, addBatch) {
		args := slices.Concat(batch...)
		if len(batch) < addBatch {
			_, err := tx.Tx.ExecContext(ctx, head+placeholders(len(batch), width)+tail, args...)
			return err
		}
		if full == nil {
			var err error
			if full, err = tx.PrepareContext(ctx, head+placeholders(addBatch, width)+tail); err != nil { //nolint:sqlclosecheck // two lines on
				return err
			}
			defer full.Close() //nolint:errcheck // the transaction tells
		}
		if _, err := full.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// placeholders is "($1, $2), ($3, $4)" for two rows of two.
func placeholders(rows, width int) string {
	var b strings.Builder
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%width == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}
