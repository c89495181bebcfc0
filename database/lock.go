package database

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"ghasi.io/portal/portal"
)

// pulse is how often the holder of a lock looks whether its connection lives.
const pulse = 5 * time.Second

// Exclusive runs fn while no other replica runs an fn of the same name on this database; it waits for its turn. A crash
// leaves no lock behind. On SQLite there are no replicas.
func (db *DB) Exclusive(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	if !db.IsPostgres() {
		return fn(ctx)
	}
	return Map(locked(ctx, db.Write.DB, db.schema+" "+name, func(*sql.Conn) error { return fn(ctx) }))
}

// TryExclusive is [DB.Exclusive] that gives up at once, and reports it, when another replica is at it. It holds one
// connection for as long as fn runs; when that is lost, the lock is too, and fn's context ends.
func (db *DB) TryExclusive(ctx context.Context, name string, fn func(ctx context.Context) error) (ran bool, err error) {
	if !db.IsPostgres() {
		return true, fn(ctx)
	}
	conn, err := db.Write.DB.Conn(ctx)
	if err != nil {
		return false, Map(err)
	}
	defer func() { _ = conn.Close() }() // it fails when the connection has broken, which ended fn already
	key := lockKey(db.schema + " " + name)
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&ran); err != nil || !ran {
		return false, Map(err)
	}
	defer func() { err = errors.Join(err, unlock(ctx, conn, key)) }()

	held, cancel := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		watch(held, conn, cancel)
	}()
	err = fn(held)
	cancel()
	<-watched // database/sql allows one user of a connection at a time
	return true, err
}

// watch ends the holder's context when the connection, and so the lock, is gone.
func watch(ctx context.Context, conn *sql.Conn, lost context.CancelFunc) {
	t := time.NewTicker(pulse)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := conn.PingContext(ctx); err != nil {
				lost()
				return
			}
		}
	}
}

// unlock gives a lock back although ctx may have ended. A connection that broke has given it back already.
func unlock(ctx context.Context, conn *sql.Conn, key int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pgConnectTimeout)
	defer cancel()
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", key)
	if err = Map(err); portal.CodeOf(err) == portal.Unavailable {
		return nil
	}
	return err
}
