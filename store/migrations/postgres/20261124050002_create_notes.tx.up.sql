CREATE TABLE tenant_notes (
  note_id     text   NOT NULL PRIMARY KEY,
  tenant_id   text   NOT NULL,
  author_id   text   NOT NULL,
  author_name text   NOT NULL,
  author_role text   NOT NULL,
  body        text   NOT NULL, -- Markdown
  version     bigint NOT NULL,
  created_at  bigint NOT NULL, -- unix microseconds
  updated_at  bigint NOT NULL,
  deleted_at  bigint           -- NULL: it stands
);
--bun:split
CREATE INDEX tenant_notes_page ON tenant_notes (tenant_id, note_id) WHERE deleted_at IS NULL;
--bun:split
CREATE TABLE tenant_note_versions (
  note_id   text    NOT NULL REFERENCES tenant_notes (note_id),
  version   bigint  NOT NULL,
  tenant_id text    NOT NULL,
  by_id     text    NOT NULL,
  by_name   text    NOT NULL,
  by_role   text    NOT NULL,
  at        bigint  NOT NULL, -- unix microseconds
  body      text    NOT NULL,
  deleted   boolean NOT NULL,
  PRIMARY KEY (note_id, version)
);
--bun:split
-- A row is there for staff who say which tenant they look at, and for nobody else: not for a tenant, and, because it is
-- FORCEd, not for the tables' owner. After a transaction its settings are '', not NULL: hence NULLIF.
ALTER TABLE tenant_notes ENABLE ROW LEVEL SECURITY;
--bun:split
ALTER TABLE tenant_notes FORCE ROW LEVEL SECURITY;
--bun:split
CREATE POLICY staff_of_one_tenant ON tenant_notes
  USING (current_setting('app.staff', true) = 'on' AND tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
  WITH CHECK (current_setting('app.staff', true) = 'on' AND tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
--bun:split
ALTER TABLE tenant_note_versions ENABLE ROW LEVEL SECURITY;
--bun:split
ALTER TABLE tenant_note_versions FORCE ROW LEVEL SECURITY;
--bun:split
CREATE POLICY staff_of_one_tenant ON tenant_note_versions
  USING (current_setting('app.staff', true) = 'on' AND tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))
  WITH CHECK (current_setting('app.staff', true) = 'on' AND tenant_id = NULLIF(current_setting('app.tenant_id', true), ''));
