-- Exports of quarterly reviews. Times are unix microseconds, 0 for what has not happened.
CREATE TABLE qbr_exports (
  id           TEXT    NOT NULL PRIMARY KEY,
  tenant_id    TEXT    NOT NULL,
  period       TEXT    NOT NULL,
  locale       TEXT    NOT NULL,
  by_id        TEXT    NOT NULL,
  by_name      TEXT    NOT NULL,
  by_role      TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  progress     INTEGER NOT NULL,
  object_key   TEXT    NOT NULL,
  size         INTEGER NOT NULL,
  sha256       TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX qbr_exports_tenant ON qbr_exports (tenant_id, id DESC);

-- One export of a kind at a time.
CREATE UNIQUE INDEX qbr_exports_under_way ON qbr_exports (tenant_id, period, locale) WHERE ended_at = 0;
