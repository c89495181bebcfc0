DROP TABLE upstream_sessions;
DROP TABLE tenant_identity_providers;
DROP TABLE user_identities;
