CREATE TABLE tenant_notes (
  note_id     TEXT    NOT NULL PRIMARY KEY,
  tenant_id   TEXT    NOT NULL,
  author_id   TEXT    NOT NULL,
  author_name TEXT    NOT NULL,
  author_role TEXT    NOT NULL,
  body        TEXT    NOT NULL, -- Markdown
  version     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL, -- unix microseconds
  updated_at  INTEGER NOT NULL,
  deleted_at  INTEGER           -- NULL: it stands
) STRICT, WITHOUT ROWID;
--bun:split
CREATE INDEX tenant_notes_page ON tenant_notes (tenant_id, note_id) WHERE deleted_at IS NULL;
--bun:split
CREATE TABLE tenant_note_versions (
  note_id   TEXT    NOT NULL REFERENCES tenant_notes (note_id),
  version   INTEGER NOT NULL,
  tenant_id TEXT    NOT NULL,
  by_id     TEXT    NOT NULL,
  by_name   TEXT    NOT NULL,
  by_role   TEXT    NOT NULL,
  at        INTEGER NOT NULL, -- unix microseconds
  body      TEXT    NOT NULL,
  deleted   INTEGER NOT NULL CHECK (deleted IN (0, 1)),
  PRIMARY KEY (note_id, version)
) STRICT, WITHOUT ROWID;
