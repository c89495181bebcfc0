CREATE TABLE audit_chains (
  chain text   NOT NULL PRIMARY KEY, -- a tenant's id, or 'staff'
  seq   bigint NOT NULL,             -- of the last event
  hash  text   NOT NULL              -- and its hash
);
--bun:split
CREATE TABLE audit_events (
  chain    text   NOT NULL,
  seq      bigint NOT NULL, -- 1, 2, … without a gap
  event_id text   NOT NULL UNIQUE,
  type     text   NOT NULL,
  at       bigint NOT NULL, -- unix microseconds
  body     text   NOT NULL, -- the whole event as JSON: exactly the bytes that are hashed
  hash     text   NOT NULL, -- SHA-256, hex, of the hash before and body
  PRIMARY KEY (chain, seq)
);
--bun:split
CREATE INDEX audit_events_by_type ON audit_events (chain, type, seq);
--bun:split
CREATE FUNCTION audit_events_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit events are never changed or deleted'; END $$;
--bun:split
CREATE TRIGGER audit_events_are_kept BEFORE UPDATE OR DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION audit_events_are_kept();
--bun:split
CREATE TRIGGER audit_events_stand BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_kept();
--bun:split
CREATE TABLE outbox (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id     text   NOT NULL UNIQUE,
  subject      text   NOT NULL,
  payload      text   NOT NULL, -- CloudEvents 1.0, JSON
  created_at   bigint NOT NULL, -- unix microseconds
  published_at bigint           -- NULL: not yet
);
--bun:split
CREATE INDEX outbox_due ON outbox (seq) WHERE published_at IS NULL;
--bun:split
CREATE INDEX outbox_done ON outbox (published_at) WHERE published_at IS NOT NULL;
