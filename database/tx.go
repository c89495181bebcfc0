package database

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

const (
	txAttempts = 5
	// txTimeout ends a transaction that hangs, above all one that called the database beside tx on SQLite.
	txTimeout = time.Minute
)

// ErrNested is returned by [DB.InTx] inside a transaction of the same database.
var ErrNested = errors.New("database: InTx inside InTx")

// txOf marks a context that belongs to a transaction of db.
type txOf struct{ db *DB }

// InTx runs fn in a transaction on Write, retrying serialization failures a bounded number of times: fn may run more
// than once, so it must not change anything outside tx before it is sure. Inside fn use tx alone: on SQLite any other
// call waits until the transaction's time is over. It refuses nesting. Errors are those of [Map].
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	if ctx.Value(txOf{db}) != nil {
		return ErrNested
	}
	var err error
	for attempt := range txAttempts {
		if attempt > 0 {
			if werr := backOff(ctx, attempt); werr != nil {
				return werr
			}
		}
		if err = db.try(ctx, fn); !isRetryable(err) {
			break
		}
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return portal.Fail(portal.Unavailable, err) // our own limit, not the caller's
	}
	return Map(err)
}

// try is one attempt. A panic of fn rolls back and goes on.
func (db *DB) try(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, txOf{db}, true), txTimeout)
	defer cancel()
	tx, err := db.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback() // the first error is the one to tell
		}
	}()
	if err := fn(ctx, tx); err != nil {
		if cerr := ctx.Err(); cerr != nil && !errors.Is(err, cerr) {
			err = errors.Join(cerr, err) // drivers word an interruption in their own ways
		}
		return err
	}
	done = true
	return tx.Commit()
}

// backOff waits 1–2, 2–4, 4–8 … times 5 ms, or until ctx ends.
func backOff(ctx context.Context, attempt int) error {
	step := 5 * time.Millisecond << (attempt - 1)
	t := time.NewTimer(step + rand.N(step)) //nolint:gosec // jitter needs no secret
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// SetTx sets a value that PostgreSQL's row policies read, until the transaction ends. SQLite has no policies.
func (db *DB) SetTx(ctx context.Context, tx bun.Tx, name, value string) error {
	if !db.IsPostgres() {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT set_config(?, ?, true)", name, value) // SET LOCAL takes no parameters
	return Map(err)
}

// BypassesPolicies reports whether row policies do not hold for the role that we are signed in as: a superuser, or one
// with BYPASSRLS. SQLite has no policies, so nothing bypasses them.
func (db *DB) BypassesPolicies(ctx context.Context) (bool, error) {
	if !db.IsPostgres() {
		return false, nil
	}
	var bypasses bool
	err := db.Read.QueryRowContext(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&bypasses)
	return bypasses, Map(err)
}
