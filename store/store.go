// Package store keeps the portal's own records, on SQLite or PostgreSQL. What belongs to the platform (keys, messages,
// invoices) is not here: the portal asks the platform's API for it.
package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"ghasi.io/portal/database"
)

//go:embed migrations
var migrations embed.FS

// Store reads and writes the portal's records. Safe for concurrent use.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// Open brings db's schema up to date and returns the Store on it. The caller keeps ownership of db.
func Open(ctx context.Context, db *database.DB, now func() time.Time) (*Store, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("store migrations: %w", err)
	}
	if err := db.Migrate(ctx, files); err != nil {
		return nil, fmt.Errorf("migrate store: %w", err)
	}
	return &Store{db: db, now: now}, nil
}
