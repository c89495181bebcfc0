DROP TABLE tenant_contacts;
