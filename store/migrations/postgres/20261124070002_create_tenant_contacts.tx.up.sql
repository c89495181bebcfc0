-- When staff last wrote about a tenant or reviewed it. Notes themselves can't be asked: they show one tenant's at a time.
CREATE TABLE tenant_contacts (
  tenant_id TEXT   NOT NULL PRIMARY KEY,
  at        BIGINT NOT NULL -- unix microseconds
);
