DROP TABLE tenant_note_versions;
--bun:split
DROP TABLE tenant_notes;
