package database

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/migrate"
)

// Migrate brings the schema up to date. fsys holds sqlite/ and postgres/ with YYYYMMDDhhmmss_name.tx.up.sql and
// .tx.down.sql, the same names in both; each file runs in a transaction. Replicas that start together wait for one
// another.
func (db *DB) Migrate(ctx context.Context, fsys fs.FS) error {
	return db.withMigrator(ctx, fsys, func(m *migrate.Migrator) error {
		_, err := m.Migrate(ctx)
		return err
	})
}

// Rollback undoes what the last [DB.Migrate] that changed something did. Tests use it; an operator would restore.
func (db *DB) Rollback(ctx context.Context, fsys fs.FS) error {
	return db.withMigrator(ctx, fsys, func(m *migrate.Migrator) error {
		_, err := m.Rollback(ctx)
		return err
	})
}

// withMigrator gives fn a migrator on a bun.DB of its own: bun remembers every model that a handle has seen, and
// migrations must not depend on today's models.
func (db *DB) withMigrator(ctx context.Context, fsys fs.FS, fn func(*migrate.Migrator) error) error {
	folder := "sqlite"
	if db.IsPostgres() {
		folder = "postgres"
	}
	sub, err := fs.Sub(fsys, folder)
	if err != nil {
		return err
	}
	migrations := migrate.NewMigrations()
	if err := migrations.Discover(sub); err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	run := func(handle *bun.DB) error {
		m := migrate.NewMigrator(handle, migrations, migrate.WithMarkAppliedOnSuccess(true))
		if err := m.Init(ctx); err != nil {
			return fmt.Errorf("prepare migrations: %w", err)
		}
		if err := fn(m); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	}
	if !db.IsPostgres() {
		return Map(run(bun.NewDB(db.Write.DB, sqlitedialect.New())))
	}
	return Map(locked(ctx, db.Write.DB, "migrations of "+db.schema, func(*sql.Conn) error {
		return run(bun.NewDB(db.Write.DB, pgdialect.New()))
	}))
}
