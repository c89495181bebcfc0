CREATE TABLE profiles (
  tenant_id  TEXT    NOT NULL,
  user_id    TEXT    NOT NULL,
  locale     TEXT    NOT NULL,
  theme      TEXT    NOT NULL,
  zone       TEXT    NOT NULL,
  calendar   TEXT    NOT NULL,
  updated_at INTEGER NOT NULL, -- unix microseconds
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
