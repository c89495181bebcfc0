CREATE TABLE audit_chains (
  chain TEXT    NOT NULL PRIMARY KEY, -- a tenant's id, or 'staff'
  seq   INTEGER NOT NULL,             -- of the last event
  hash  TEXT    NOT NULL              -- and its hash
) STRICT, WITHOUT ROWID;
--bun:split
CREATE TABLE audit_events (
  chain    TEXT    NOT NULL,
  seq      INTEGER NOT NULL, -- 1, 2, … without a gap
  event_id TEXT    NOT NULL UNIQUE,
  type     TEXT    NOT NULL,
  at       INTEGER NOT NULL, -- unix microseconds
  body     TEXT    NOT NULL, -- the whole event as JSON: exactly the bytes that are hashed
  hash     TEXT    NOT NULL, -- SHA-256, hex, of the hash before and body
  PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;
--bun:split
CREATE INDEX audit_events_by_type ON audit_events (chain, type, seq);
--bun:split
CREATE TRIGGER audit_events_are_kept BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never deleted'); END;
--bun:split
CREATE TRIGGER audit_events_stand BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
--bun:split
CREATE TABLE outbox (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id     TEXT    NOT NULL UNIQUE,
  subject      TEXT    NOT NULL,
  payload      TEXT    NOT NULL, -- CloudEvents 1.0, JSON
  created_at   INTEGER NOT NULL, -- unix microseconds
  published_at INTEGER           -- NULL: not yet
) STRICT;
--bun:split
CREATE INDEX outbox_due ON outbox (seq) WHERE published_at IS NULL;
--bun:split
CREATE INDEX outbox_done ON outbox (published_at) WHERE published_at IS NOT NULL;
