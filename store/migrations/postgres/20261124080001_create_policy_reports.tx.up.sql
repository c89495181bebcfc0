CREATE TABLE policy_reports (
  report_id     text   NOT NULL PRIMARY KEY, -- digest of tenant, directive, source, route and disposition
  tenant_id     text   NOT NULL,             -- '' = reported by a visitor who was not signed in
  directive     text   NOT NULL,
  source        text   NOT NULL,
  route         text   NOT NULL,
  disposition   text   NOT NULL,
  seen          bigint NOT NULL,
  first_seen_at bigint NOT NULL, -- unix microseconds
  last_seen_at  bigint NOT NULL
);
CREATE INDEX policy_reports_by_tenant ON policy_reports (tenant_id, last_seen_at);
