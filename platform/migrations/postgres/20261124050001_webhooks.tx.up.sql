-- Times are unix microseconds; 0 means "not yet". Secrets are sealed. A deleted webhook stays until its deliveries are
-- cleaned up.
CREATE TABLE webhooks (
  id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  tenant_id     TEXT COLLATE "C" NOT NULL,
  url           TEXT COLLATE "C" NOT NULL,
  events        TEXT COLLATE "C" NOT NULL,
  status        TEXT COLLATE "C" NOT NULL,
  version       BIGINT NOT NULL DEFAULT 1,
  created_by    TEXT COLLATE "C" NOT NULL,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  deleted_at    BIGINT NOT NULL DEFAULT 0,
  failing_since BIGINT NOT NULL DEFAULT 0,
  disabled_at   BIGINT NOT NULL DEFAULT 0,
  secret        BYTEA NOT NULL,
  -- A rotation under way: the secret before, and what is known of who still needs it.
  old_secret    BYTEA,
  rotated_at    BIGINT NOT NULL DEFAULT 0,
  old_ends_at   BIGINT NOT NULL DEFAULT 0,
  old_verified  BIGINT NOT NULL DEFAULT 0,
  check_due_at  BIGINT NOT NULL DEFAULT 0,
  checked_at    BIGINT NOT NULL DEFAULT 0,
  new_accepted  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX webhooks_url ON webhooks (tenant_id, url) WHERE deleted_at = 0;

-- What is to be told, and the queue of it. due_at is when it is tried next: 0 when it is done, 1 for at once, even
-- where the webhook is paused. While a holder has it in hand, due_at is when the holder's lease ends.
CREATE TABLE webhook_deliveries (
  id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  tenant_id  TEXT COLLATE "C" NOT NULL,
  webhook_id TEXT COLLATE "C" NOT NULL,
  message_id TEXT COLLATE "C" NOT NULL DEFAULT '',
  event      TEXT COLLATE "C" NOT NULL,
  payload    TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  attempts   BIGINT NOT NULL DEFAULT 0,
  by_hand    BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  holder     TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, id) WHERE due_at > 0;
CREATE INDEX webhook_deliveries_message ON webhook_deliveries (message_id) WHERE message_id <> '';
CREATE INDEX webhook_deliveries_holder ON webhook_deliveries (holder) WHERE holder <> '';

-- Every try, for people to read.
CREATE TABLE webhook_attempts (
  webhook_id       TEXT COLLATE "C" NOT NULL,
  id               TEXT COLLATE "C" NOT NULL,
  delivery_id      TEXT COLLATE "C" NOT NULL,
  message_id       TEXT COLLATE "C" NOT NULL,
  event            TEXT COLLATE "C" NOT NULL,
  at               BIGINT NOT NULL,
  number           BIGINT NOT NULL,
  by_hand          BIGINT NOT NULL,
  delivered        BIGINT NOT NULL,
  status_code      BIGINT NOT NULL,
  error            TEXT COLLATE "C" NOT NULL,
  duration_millis  BIGINT NOT NULL,
  request_headers  TEXT COLLATE "C" NOT NULL,
  response_headers TEXT COLLATE "C" NOT NULL,
  response_body    TEXT COLLATE "C" NOT NULL,
  response_cut     BIGINT NOT NULL,
  PRIMARY KEY (webhook_id, id)
);
CREATE INDEX webhook_attempts_outcome ON webhook_attempts (webhook_id, delivered, id);

-- Deliveries by ten minutes of their making, as they stand now.
CREATE TABLE webhook_rollups (
  webhook_id TEXT COLLATE "C" NOT NULL,
  bucket     BIGINT NOT NULL,
  waiting    BIGINT NOT NULL,
  delivered  BIGINT NOT NULL,
  failed     BIGINT NOT NULL,
  PRIMARY KEY (webhook_id, bucket)
);
