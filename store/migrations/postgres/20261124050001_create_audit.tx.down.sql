DROP TABLE outbox;
--bun:split
DROP TABLE audit_events;
--bun:split
DROP TABLE audit_chains;
--bun:split
DROP FUNCTION audit_events_are_kept();
