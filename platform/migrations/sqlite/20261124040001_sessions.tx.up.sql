-- What a person recognises their sessions by.
ALTER TABLE token_families ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE token_families ADD COLUMN ip TEXT NOT NULL DEFAULT '';
ALTER TABLE token_families ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
UPDATE token_families SET last_used_at = created_at;
CREATE INDEX token_families_user ON token_families (user_id, last_used_at);
