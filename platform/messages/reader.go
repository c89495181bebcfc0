package messages

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxPrepared bounds the statements kept. A list has a few dozen shapes, times the page sizes people ask for.
const maxPrepared = 64

// reader runs queries by prepared statements, because parsing one takes SQLite as long as answering it.
type reader struct {
	db *sql.DB

	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

func newReader(db *sql.DB) *reader { return &reader{db: db, stmts: map[string]*sql.Stmt{}} }

func (r *reader) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	stmt, err := r.prepared(ctx, text) //nolint:sqlclosecheck // kept until close
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return r.db.QueryContext(ctx, text, args...) //nolint:gosec // values travel as arguments
	}
	return stmt.QueryContext(ctx, args...)
}

func (r *reader) queryRow(ctx context.Context, text string, args []any, dst ...any) error {
	rows, err := r.query(ctx, text, args)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	if !rows.Next() {
		return errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(dst...); err != nil {
		return err
	}
	return rows.Err()
}

// prepared returns the statement of text, nil when there is no room for another.
func (r *reader) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	r.mu.RLock()
	stmt, ok := r.stmts[text]
	full := len(r.stmts) >= maxPrepared
	r.mu.RUnlock()
	if ok || full {
		return stmt, nil
	}
	made, err := r.db.PrepareContext(ctx, text) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if stmt, ok := r.stmts[text]; ok { // another request was first
		return stmt, made.Close() //nolint:sqlclosecheck // this one alone is given back
	}
	r.stmts[text] = made
	return made, nil
}

func (r *reader) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	for _, stmt := range r.stmts {
		err = errors.Join(err, stmt.Close())
	}
	clear(r.stmts)
	return err
}
