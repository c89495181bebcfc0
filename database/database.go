// Package database opens SQLite or PostgreSQL by bun, migrates it, and maps driver errors to the portal's codes. It is
// shared by store and platform, and the only room that knows which database is underneath.
package database

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

// Options say which database to open. URL is postgres://… or empty for SQLite in File. Schema is the PostgreSQL schema
// that holds the tables ("cust", "platform"); SQLite has one file a schema.
type Options struct {
	URL    string
	File   string
	Schema string
}

// DB is one open database. Read may run many queries at once; Write is one connection on SQLite. On PostgreSQL both
// are the same pool.
type DB struct {
	Read, Write *bun.DB

	schema string // PostgreSQL's; empty on SQLite
}

// Open opens the database and checks that it answers. It creates the SQLite file (mode 0600) or the PostgreSQL schema
// when absent, but no tables: see [DB.Migrate]. Errors: Unavailable when the server does not answer.
func Open(ctx context.Context, o Options) (*DB, error) {
	var db *DB
	var err error
	switch {
	case o.URL != "":
		db, err = openPostgres(ctx, o.URL, o.Schema)
	case o.File != "":
		db, err = openSQLite(ctx, o.File)
	default:
		return nil, errors.New("database: neither URL nor File is given")
	}
	if err != nil {
		return nil, Map(err)
	}
	return db, nil
}

// Ping checks that the database answers. Errors: Unavailable.
func (db *DB) Ping(ctx context.Context) error { return Map(db.Read.PingContext(ctx)) }

// Close closes both handles.
func (db *DB) Close() error {
	if db.Read == db.Write {
		return db.Write.Close()
	}
	return errors.Join(db.Read.Close(), db.Write.Close())
}
