DROP INDEX token_families_user;
ALTER TABLE token_families DROP COLUMN last_used_at;
ALTER TABLE token_families DROP COLUMN ip;
ALTER TABLE token_families DROP COLUMN user_agent;
