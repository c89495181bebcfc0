DROP INDEX messages_held;
DROP TABLE message_days;
DROP TABLE tam_tenant_assignments;
