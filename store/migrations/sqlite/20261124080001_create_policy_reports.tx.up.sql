CREATE TABLE policy_reports (
  report_id     TEXT    NOT NULL PRIMARY KEY, -- digest of tenant, directive, source, route and disposition
  tenant_id     TEXT    NOT NULL,             -- '' = reported by a visitor who was not signed in
  directive     TEXT    NOT NULL,
  source        TEXT    NOT NULL,
  route         TEXT    NOT NULL,
  disposition   TEXT    NOT NULL,
  seen          INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL, -- unix microseconds
  last_seen_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX policy_reports_by_tenant ON policy_reports (tenant_id, last_seen_at);
