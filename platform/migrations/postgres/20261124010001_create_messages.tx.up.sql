-- Times are unix microseconds; 0 means "not yet". done_at is when the message reached its last state.
CREATE TABLE messages (
  id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  tenant_id    TEXT COLLATE "C" NOT NULL,
  submitted_at BIGINT           NOT NULL,
  status       TEXT COLLATE "C" NOT NULL,
  to_addr      TEXT COLLATE "C" NOT NULL,
  from_addr    TEXT COLLATE "C" NOT NULL,
  body         TEXT             NOT NULL,
  encoding     TEXT             NOT NULL,
  segments     INTEGER          NOT NULL,
  operator     TEXT             NOT NULL,
  price_micros BIGINT           NOT NULL,
  error_code   TEXT COLLATE "C" NOT NULL DEFAULT '',
  held_at      BIGINT           NOT NULL DEFAULT 0,
  sent_at      BIGINT           NOT NULL DEFAULT 0,
  done_at      BIGINT           NOT NULL DEFAULT 0,
  source_kind  TEXT             NOT NULL,
  source_name  TEXT             NOT NULL,
  due_at       BIGINT           NOT NULL DEFAULT 0
);
CREATE INDEX messages_page ON messages (tenant_id, submitted_at DESC, id DESC);
CREATE INDEX messages_status ON messages (tenant_id, status, submitted_at DESC, id DESC);
CREATE INDEX messages_to ON messages (tenant_id, to_addr, submitted_at DESC, id DESC);

-- Sender IDs are searched without regard to case.
CREATE INDEX messages_from ON messages (tenant_id, upper(from_addr), submitted_at DESC, id DESC);
CREATE INDEX messages_due ON messages (due_at) WHERE due_at > 0;

-- Messages by half an hour of submission, as they stand now. Half hours, because a day in Kabul begins at 19:30 UTC.
CREATE TABLE message_rollups (
  tenant_id    TEXT COLLATE "C" NOT NULL,
  bucket       BIGINT           NOT NULL,
  submitted    BIGINT           NOT NULL,
  delivered    BIGINT           NOT NULL,
  failed       BIGINT           NOT NULL,
  segments     BIGINT           NOT NULL,
  spend_micros BIGINT           NOT NULL,
  PRIMARY KEY (tenant_id, bucket)
);

-- Causes of failure by the day (Asia/Kabul) of submission.
CREATE TABLE message_failures (
  tenant_id  TEXT COLLATE "C" NOT NULL,
  day        BIGINT           NOT NULL,
  error_code TEXT COLLATE "C" NOT NULL,
  messages   BIGINT           NOT NULL,
  PRIMARY KEY (tenant_id, day, error_code)
);

-- All messages by state, so that a list can say how many there are without counting.
CREATE TABLE message_totals (
  tenant_id TEXT COLLATE "C" NOT NULL,
  status    TEXT COLLATE "C" NOT NULL,
  messages  BIGINT           NOT NULL,
  PRIMARY KEY (tenant_id, status)
);

-- The first answer to each Idempotency-Key, and what it was the answer to.
CREATE TABLE message_idempotency (
  tenant_id       TEXT COLLATE "C" NOT NULL,
  idempotency_key TEXT COLLATE "C" NOT NULL,
  payload_hash    BYTEA            NOT NULL,
  message_id      TEXT             NOT NULL,
  encoding        TEXT             NOT NULL,
  segments        INTEGER          NOT NULL,
  created_at      BIGINT           NOT NULL,
  PRIMARY KEY (tenant_id, idempotency_key)
);
CREATE INDEX message_idempotency_age ON message_idempotency (created_at);
