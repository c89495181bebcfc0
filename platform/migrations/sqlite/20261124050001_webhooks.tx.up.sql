-- Times are unix microseconds; 0 means "not yet". Secrets are sealed. A deleted webhook stays until its deliveries are
-- cleaned up.
CREATE TABLE webhooks (
  id            TEXT    NOT NULL PRIMARY KEY,
  tenant_id     TEXT    NOT NULL,
  url           TEXT    NOT NULL,
  events        TEXT    NOT NULL,
  status        TEXT    NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1,
  created_by    TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  deleted_at    INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER NOT NULL DEFAULT 0,
  disabled_at   INTEGER NOT NULL DEFAULT 0,
  secret        BLOB    NOT NULL,
  -- A rotation under way: the secret before, and what is known of who still needs it.
  old_secret    BLOB,
  rotated_at    INTEGER NOT NULL DEFAULT 0,
  old_ends_at   INTEGER NOT NULL DEFAULT 0,
  old_verified  INTEGER NOT NULL DEFAULT 0,
  check_due_at  INTEGER NOT NULL DEFAULT 0,
  checked_at    INTEGER NOT NULL DEFAULT 0,
  new_accepted  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX webhooks_url ON webhooks (tenant_id, url) WHERE deleted_at = 0;

-- What is to be told, and the queue of it. due_at is when it is tried next: 0 when it is done, 1 for at once, even
-- where the webhook is paused. While a holder has it in hand, due_at is when the holder's lease ends.
CREATE TABLE webhook_deliveries (
  id         TEXT    NOT NULL PRIMARY KEY,
  tenant_id  TEXT    NOT NULL,
  webhook_id TEXT    NOT NULL,
  message_id TEXT    NOT NULL DEFAULT '',
  event      TEXT    NOT NULL,
  payload    TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0,
  by_hand    INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  due_at     INTEGER NOT NULL,
  holder     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, id) WHERE due_at > 0;
CREATE INDEX webhook_deliveries_message ON webhook_deliveries (message_id) WHERE message_id <> '';
CREATE INDEX webhook_deliveries_holder ON webhook_deliveries (holder) WHERE holder <> '';

-- Every try, for people to read.
CREATE TABLE webhook_attempts (
  webhook_id       TEXT    NOT NULL,
  id               TEXT    NOT NULL,
  delivery_id      TEXT    NOT NULL,
  message_id       TEXT    NOT NULL,
  event            TEXT    NOT NULL,
  at               INTEGER NOT NULL,
  number           INTEGER NOT NULL,
  by_hand          INTEGER NOT NULL,
  delivered        INTEGER NOT NULL,
  status_code      INTEGER NOT NULL,
  error            TEXT    NOT NULL,
  duration_millis  INTEGER NOT NULL,
  request_headers  TEXT    NOT NULL,
  response_headers TEXT    NOT NULL,
  response_body    TEXT    NOT NULL,
  response_cut     INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, id)
) STRICT;
CREATE INDEX webhook_attempts_outcome ON webhook_attempts (webhook_id, delivered, id);

-- Deliveries by ten minutes of their making, as they stand now.
CREATE TABLE webhook_rollups (
  webhook_id TEXT    NOT NULL,
  bucket     INTEGER NOT NULL,
  waiting    INTEGER NOT NULL,
  delivered  INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, bucket)
) STRICT, WITHOUT ROWID;
