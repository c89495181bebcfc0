-- Which tenants a technical account manager looks after. Times are unix microseconds.
CREATE TABLE tam_tenant_assignments (
  user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  tenant_id   TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  assigned_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX tam_tenant_assignments_tenant ON tam_tenant_assignments (tenant_id);

-- Messages by the day (Asia/Kabul) of submission, as they stand now, three times over: by operator, by sender and by
-- the number's prefix. flagged are those held, or rejected without having been held.
CREATE TABLE message_days (
  tenant_id    TEXT COLLATE "C" NOT NULL,
  day          BIGINT           NOT NULL,
  kind         TEXT COLLATE "C" NOT NULL,
  name         TEXT COLLATE "C" NOT NULL,
  submitted    BIGINT           NOT NULL,
  delivered    BIGINT           NOT NULL,
  failed       BIGINT           NOT NULL,
  held         BIGINT           NOT NULL,
  flagged      BIGINT           NOT NULL,
  segments     BIGINT           NOT NULL,
  spend_micros BIGINT           NOT NULL,
  PRIMARY KEY (tenant_id, kind, day, name)
);

INSERT INTO message_days
SELECT tenant_id, submitted_at - (submitted_at + 16200000000) % 86400000000, 'operator', operator, COUNT(*),
  SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END), SUM(CASE WHEN status IN ('failed', 'expired', 'rejected') THEN 1 ELSE 0 END),
  SUM(CASE WHEN held_at > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN held_at > 0 OR status = 'rejected' THEN 1 ELSE 0 END),
  SUM(segments), SUM(price_micros)
FROM messages GROUP BY 1, 2, 4;

INSERT INTO message_days
SELECT tenant_id, submitted_at - (submitted_at + 16200000000) % 86400000000, 'sender', from_addr, COUNT(*),
  SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END), SUM(CASE WHEN status IN ('failed', 'expired', 'rejected') THEN 1 ELSE 0 END),
  SUM(CASE WHEN held_at > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN held_at > 0 OR status = 'rejected' THEN 1 ELSE 0 END),
  SUM(segments), SUM(price_micros)
FROM messages GROUP BY 1, 2, 4;

INSERT INTO message_days
SELECT tenant_id, submitted_at - (submitted_at + 16200000000) % 86400000000, 'prefix', substr(to_addr, 1, 5), COUNT(*),
  SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END), SUM(CASE WHEN status IN ('failed', 'expired', 'rejected') THEN 1 ELSE 0 END),
  SUM(CASE WHEN held_at > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN held_at > 0 OR status = 'rejected' THEN 1 ELSE 0 END),
  SUM(segments), SUM(price_micros)
FROM messages GROUP BY 1, 2, 4;

-- Messages that went through the hold queue, to tell how long they were in it.
CREATE INDEX messages_held ON messages (tenant_id, submitted_at, held_at, sent_at) WHERE held_at > 0;
