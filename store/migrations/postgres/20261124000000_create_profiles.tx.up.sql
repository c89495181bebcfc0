CREATE TABLE profiles (
  tenant_id  text   NOT NULL,
  user_id    text   NOT NULL,
  locale     text   NOT NULL,
  theme      text   NOT NULL,
  zone       text   NOT NULL,
  calendar   text   NOT NULL,
  updated_at bigint NOT NULL, -- unix microseconds
  PRIMARY KEY (tenant_id, user_id)
);
