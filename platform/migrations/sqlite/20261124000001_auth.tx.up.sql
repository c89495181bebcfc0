-- Times are unix microseconds. Secrets are kept as hexadecimal SHA-256, except signing keys, which must be read again.

CREATE TABLE tenants (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  tenant_id     TEXT REFERENCES tenants (id), -- NULL for staff
  email         TEXT NOT NULL UNIQUE,         -- case-folded
  name          TEXT NOT NULL,
  locale        TEXT NOT NULL,
  roles         TEXT NOT NULL,                -- space-separated
  password_hash TEXT NOT NULL,                -- argon2id, PHC string
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
  id         TEXT PRIMARY KEY,                -- kid
  pem        TEXT NOT NULL,                   -- PKCS #8
  created_at INTEGER NOT NULL,
  retired_at INTEGER                          -- NULL while it signs
) STRICT;

CREATE TABLE auth_secrets (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL                         -- hexadecimal
) STRICT;

-- A family is one sign-in: every refresh token that came of it. Its id is the tokens' sid.
CREATE TABLE token_families (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id),
  client_id  TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,                -- of its newest refresh token
  revoked_at INTEGER
) STRICT;
CREATE INDEX token_families_expiry ON token_families (expires_at);

CREATE TABLE refresh_tokens (
  hash           TEXT PRIMARY KEY,
  family_id      TEXT NOT NULL REFERENCES token_families (id) ON DELETE CASCADE,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  used_at        INTEGER,
  successor_hash TEXT
) STRICT;
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE auth_codes (
  hash           TEXT PRIMARY KEY,
  client_id      TEXT NOT NULL,
  redirect_uri   TEXT NOT NULL,
  user_id        TEXT NOT NULL REFERENCES users (id),
  nonce          TEXT NOT NULL,
  code_challenge TEXT NOT NULL,
  expires_at     INTEGER NOT NULL,
  used_at        INTEGER,
  family_id      TEXT                         -- what the code gave
) STRICT;
CREATE INDEX auth_codes_expiry ON auth_codes (expires_at);

CREATE TABLE sign_in_failures (
  id      TEXT PRIMARY KEY,
  account TEXT NOT NULL,                      -- SHA-256 of the address: people type passwords there
  ip      TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_ip ON sign_in_failures (ip, at);
CREATE INDEX sign_in_failures_at ON sign_in_failures (at);

CREATE TABLE api_keys (
  id           TEXT PRIMARY KEY,
  tenant_id    TEXT NOT NULL REFERENCES tenants (id),
  created_by   TEXT NOT NULL REFERENCES users (id),
  name         TEXT NOT NULL,
  prefix       TEXT NOT NULL,
  last4        TEXT NOT NULL,
  hash         TEXT NOT NULL UNIQUE,
  scopes       TEXT NOT NULL,                 -- space-separated
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER,
  last_used_ip TEXT
) STRICT;
CREATE INDEX api_keys_tenant ON api_keys (tenant_id, created_at DESC, id DESC);
