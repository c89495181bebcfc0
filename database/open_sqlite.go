package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteReaders is how many queries may read at once. More gain nothing on the few cores we run on, and each has its
// own page cache.
const sqliteReaders = 4

// pragmas of every connection: WAL so that readers never wait for the writer; 5 s for another process's lock; 8 MB of
// page cache (the system's own cache holds the rest).
const pragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)" +
	"&_pragma=cache_size(-8192)&_pragma=temp_store(MEMORY)"

// openSQLite opens file by two handles. One connection writes: with several, SQLite makes writers wait in steps of its
// busy handler and starves some for half a second. It begins IMMEDIATE, so that a transaction that reads first and
// writes later cannot fail halfway.
func openSQLite(ctx context.Context, file string) (*DB, error) {
	if err := createPrivate(file); err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	dsn := (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String() + "?" + pragmas

	write, err := sql.Open("sqlite", dsn+"&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil { // first, because it makes the WAL
		return nil, errors.Join(fmt.Errorf("open %s: %w", file, err), write.Close())
	}
	read, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	if err := read.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", file, err), read.Close(), write.Close())
	}
	return &DB{
		Read:  bun.NewDB(read, sqlitedialect.New()),
		Write: bun.NewDB(write, sqlitedialect.New()),
	}, nil
}

// createPrivate makes file readable by its owner alone. SQLite gives the -wal and -shm files beside it the same mode.
func createPrivate(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}
