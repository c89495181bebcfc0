-- Times are unix microseconds; 0 means "not yet". done_at is when the message reached its last state.
CREATE TABLE messages (
  id           TEXT    NOT NULL PRIMARY KEY,
  tenant_id    TEXT    NOT NULL,
  submitted_at INTEGER NOT NULL,
  status       TEXT    NOT NULL,
  to_addr      TEXT    NOT NULL,
  from_addr    TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  encoding     TEXT    NOT NULL,
  segments     INTEGER NOT NULL,
  operator     TEXT    NOT NULL,
  price_micros INTEGER NOT NULL,
  error_code   TEXT    NOT NULL DEFAULT '',
  held_at      INTEGER NOT NULL DEFAULT 0,
  sent_at      INTEGER NOT NULL DEFAULT 0,
  done_at      INTEGER NOT NULL DEFAULT 0,
  source_kind  TEXT    NOT NULL,
  source_name  TEXT    NOT NULL,
  due_at       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX messages_page ON messages (tenant_id, submitted_at DESC, id DESC);
CREATE INDEX messages_status ON messages (tenant_id, status, submitted_at DESC, id DESC);
CREATE INDEX messages_to ON messages (tenant_id, to_addr, submitted_at DESC, id DESC);

-- Sender IDs are searched without regard to case.
CREATE INDEX messages_from ON messages (tenant_id, upper(from_addr), submitted_at DESC, id DESC);
CREATE INDEX messages_due ON messages (due_at) WHERE due_at > 0;

-- Messages by half an hour of submission, as they stand now. Half hours, because a day in Kabul begins at 19:30 UTC.
CREATE TABLE message_rollups (
  tenant_id    TEXT    NOT NULL,
  bucket       INTEGER NOT NULL,
  submitted    INTEGER NOT NULL,
  delivered    INTEGER NOT NULL,
  failed       INTEGER NOT NULL,
  segments     INTEGER NOT NULL,
  spend_micros INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, bucket)
) STRICT, WITHOUT ROWID;

-- Causes of failure by the day (Asia/Kabul) of submission.
CREATE TABLE message_failures (
  tenant_id  TEXT    NOT NULL,
  day        INTEGER NOT NULL,
  error_code TEXT    NOT NULL,
  messages   INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, day, error_code)
) STRICT, WITHOUT ROWID;

-- All messages by state, so that a list can say how many there are without counting.
CREATE TABLE message_totals (
  tenant_id TEXT    NOT NULL,
  status    TEXT    NOT NULL,
  messages  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, status)
) STRICT, WITHOUT ROWID;

-- The first answer to each Idempotency-Key, and what it was the answer to.
CREATE TABLE message_idempotency (
  tenant_id       TEXT    NOT NULL,
  idempotency_key TEXT    NOT NULL,
  payload_hash    BLOB    NOT NULL,
  message_id      TEXT    NOT NULL,
  encoding        TEXT    NOT NULL,
  segments        INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_idempotency_age ON message_idempotency (created_at);
