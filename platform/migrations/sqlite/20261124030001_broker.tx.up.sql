-- People who sign in at an OpenID provider. Times are unix microseconds.

CREATE TABLE user_identities (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX user_identities_user ON user_identities (user_id);

-- What a provider calls a tenant.
CREATE TABLE tenant_identity_providers (
  issuer     TEXT NOT NULL,
  tenant_key TEXT NOT NULL,                   -- value of the tenant claim
  tenant_id  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, tenant_key)
) STRICT;
CREATE INDEX tenant_identity_providers_tenant ON tenant_identity_providers (tenant_id);

-- The provider's session behind one of our sign-ins. It belongs to a code until that is redeemed, then to a family.
CREATE TABLE upstream_sessions (
  id         TEXT PRIMARY KEY,
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  code_hash  TEXT NOT NULL UNIQUE,
  family_id  TEXT UNIQUE,
  sealed     TEXT NOT NULL,                   -- the provider's refresh token, AES-256-GCM
  checked_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX upstream_sessions_expiry ON upstream_sessions (expires_at);
