package database

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// IsPostgres reports whether PostgreSQL is underneath. Outside this package nothing should need to ask: use the
// helpers below.
func (db *DB) IsPostgres() bool { return db.Write.Dialect().Name() == dialect.PG }

// UnionAll joins SELECTs that have their own ORDER BY and LIMIT. PostgreSQL wants them in parentheses, SQLite refuses
// those and wants subqueries. The result may be wrapped in FROM (…) AS x.
func (db *DB) UnionAll(selects ...string) string {
	open, end := "SELECT * FROM (", ")"
	if db.IsPostgres() {
		open = "("
	}
	var b strings.Builder
	for i, s := range selects {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		b.WriteString(open + s + end)
	}
	return b.String()
}

// Unindexed names a column in a condition so that SQLite does not choose an index by it (its planner takes a prefix
// range for selective, always). PostgreSQL counts for itself.
func (db *DB) Unindexed(column string) string {
	if db.IsPostgres() {
		return column
	}
	return "+" + column
}

// ForUpdate is the end of a SELECT that locks its rows until the transaction ends. SQLite has one writer and needs
// none.
func (db *DB) ForUpdate() string {
	if db.IsPostgres() {
		return " FOR UPDATE"
	}
	return ""
}

// SkipLocked is [DB.ForUpdate] that passes over rows another transaction holds, so that replicas share work.
func (db *DB) SkipLocked() string {
	if db.IsPostgres() {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// LockTx makes transactions that name the same thing run one after the other, until this one ends. SQLite has one
// writer and needs nothing.
func (db *DB) LockTx(ctx context.Context, tx bun.Tx, name string) error {
	if !db.IsPostgres() {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", lockKey(db.schema+" "+name))
	return Map(err)
}

// insertBatch is how many rows one statement of [DB.InsertRows] carries: 100 × 20 columns stays far below both
// databases' limits of parameters.
const insertBatch = 100

// InsertRows inserts n rows by prepared statements of many rows, twice as fast as bun's own bulk insert. row fills
// dst, one value a column, for row i. table and columns are names from our code, never input.
func (db *DB) InsertRows(ctx context.Context, tx bun.Tx, table string, columns []string, n int, row func(i int, dst []any)) error {
	var full *sql.Stmt
	args := make([]any, insertBatch*len(columns))
	for done := 0; done < n; {
		batch := min(insertBatch, n-done)
		for i := range batch {
			row(done+i, args[i*len(columns):(i+1)*len(columns)])
		}
		if batch < insertBatch {
			_, err := tx.Tx.ExecContext(ctx, db.insertSQL(table, columns, batch), args[:batch*len(columns)]...)
			return Map(err)
		}
		if full == nil {
			var err error
			if full, err = tx.Tx.PrepareContext(ctx, db.insertSQL(table, columns, batch)); err != nil {
				return Map(err)
			}
			defer full.Close() //nolint:errcheck // the transaction tells
		}
		if _, err := full.ExecContext(ctx, args...); err != nil {
			return Map(err)
		}
		done += batch
	}
	return nil
}

func (db *DB) insertSQL(table string, columns []string, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
	for i := range rows * len(columns) {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%len(columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		if db.IsPostgres() {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(i + 1))
		} else {
			b.WriteByte('?')
		}
	}
	b.WriteByte(')')
	return b.String()
}
