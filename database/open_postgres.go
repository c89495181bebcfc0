package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// The pool's bounds: enough for one replica on a few cores, few enough that a dozen replicas fit into PostgreSQL's
// default of 100 connections.
const (
	pgMaxConns       = 8
	pgMaxIdle        = 4
	pgConnLifetime   = 30 * time.Minute
	pgConnectTimeout = 5 * time.Second
)

// schemaName bounds what is spliced into SQL as an identifier.
var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// openPostgres opens one pool whose connections look into schema alone, so that unqualified names mean our tables on
// both databases.
func openPostgres(ctx context.Context, url, schema string) (*DB, error) {
	if !schemaName.MatchString(schema) {
		return nil, fmt.Errorf("database: %q is no schema name", schema)
	}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		// The parser's message may repeat the URL, which holds a password.
		return nil, errors.New("database: DATABASE_URL is not a valid postgres:// URL")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = pgConnectTimeout
	}
	cfg.RuntimeParams["search_path"] = schema
	cfg.RuntimeParams["application_name"] = "ghasi-portal"

	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(pgMaxConns)
	pool.SetMaxIdleConns(pgMaxIdle)
	pool.SetConnMaxLifetime(pgConnLifetime)
	if err := ensureSchema(ctx, pool, schema); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	db := bun.NewDB(pool, pgdialect.New())
	return &DB{Read: db, Write: db, schema: schema}, nil
}

// ensureSchema creates schema when absent. It looks first, because the role may lack the right to create schemas where
// an administrator has made it.
func ensureSchema(ctx context.Context, pool *sql.DB, schema string) error {
	return locked(ctx, pool, "migrations of "+schema, func(conn *sql.Conn) error {
		var exists bool
		const q = "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)"
		if err := conn.QueryRowContext(ctx, q, schema).Scan(&exists); err != nil || exists {
			return err
		}
		_, err := conn.ExecContext(ctx, "CREATE SCHEMA "+schema) // its shape was checked
		return err
	})
}

// locked runs fn while it holds a PostgreSQL advisory lock, so that replicas that start together migrate one after the
// other. The lock belongs to the connection: a crash cannot leave it behind.
func locked(ctx context.Context, pool *sql.DB, name string, fn func(*sql.Conn) error) (err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()

	key := lockKey(name)
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock(ctx, conn, key)) }()
	return fn(conn)
}

// lockKey is the number that PostgreSQL knows a lock of ours by. Two names that collide would only wait for each other.
func lockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("ghasi.io/portal " + name))
	return int64(h.Sum64()) //nolint:gosec // any 64 bits do
}
