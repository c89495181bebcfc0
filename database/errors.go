package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ghasi.io/portal/portal"
)

// Map turns what a driver answered into a [portal.Error]: a broken unique constraint is Conflict, no row NotFound, a
// database that is gone, full, locked or out of connections Unavailable; anything else is Internal. A portal.Error and
// the end of a context are kept as they are, nil is nil.
func Map(err error) error {
	var known *portal.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return portal.Fail(portal.NotFound, err)
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, driver.ErrBadConn):
		return portal.Fail(portal.Unavailable, err)
	}
	return portal.Fail(codeOf(err), err)
}

func codeOf(err error) portal.Code {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return codeOfSQLite(lite.Code())
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return codeOfPostgres(pg.Code)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) || pgconn.Timeout(err) {
		return portal.Unavailable
	}
	if strings.Contains(err.Error(), "sql: database is closed") { // database/sql has no value for it
		return portal.Unavailable
	}
	return portal.Internal
}

func codeOfSQLite(code int) portal.Code {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return portal.Conflict
	}
	switch code & 0xff { // the primary code, without its extension
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return portal.Unavailable
	}
	return portal.Internal
}

// codeOfPostgres goes by SQLSTATE: 23505 unique violation; class 08 connection, 53 resources, 57P shutdown, 40
// serialization that outlived every retry.
func codeOfPostgres(state string) portal.Code {
	switch {
	case state == "23505":
		return portal.Conflict
	case state == "57014", state == "55P03": // statement_timeout, lock_timeout
		return portal.Unavailable
	case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "53"), strings.HasPrefix(state, "57P"),
		strings.HasPrefix(state, "40"):
		return portal.Unavailable
	}
	return portal.Internal
}

// isRetryable reports whether the same transaction may succeed when run again: it lost against another one and has
// left nothing behind.
func isRetryable(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
