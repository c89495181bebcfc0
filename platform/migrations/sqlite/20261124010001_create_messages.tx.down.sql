DROP TABLE message_idempotency;
DROP TABLE message_totals;
DROP TABLE message_failures;
DROP TABLE message_rollups;
DROP TABLE messages;
