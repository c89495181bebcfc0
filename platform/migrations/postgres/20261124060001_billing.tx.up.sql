-- Times are unix microseconds, 0 for what has not happened; days begin at midnight in Kabul (19:30 UTC). Amounts are
-- millionths of the account's currency.

-- What an account can spend. balance_micros is always the sum of its entries; billed_until is the end of the last month
-- that was billed.
CREATE TABLE billing_accounts (
  tenant_id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  currency            TEXT COLLATE "C" NOT NULL CHECK (currency IN ('AFN', 'USD')),
  balance_micros      BIGINT           NOT NULL DEFAULT 0,
  credit_limit_micros BIGINT           NOT NULL CHECK (credit_limit_micros >= 0),
  low_balance_micros  BIGINT           NOT NULL DEFAULT 0 CHECK (low_balance_micros >= 0),
  terms_days          BIGINT           NOT NULL DEFAULT 15,
  billed_until        BIGINT           NOT NULL DEFAULT 0,
  created_at          BIGINT           NOT NULL
);

-- The ledger. What an entry refers to can have one entry of a kind: no message is charged or refunded twice, no invoice
-- paid twice. balance_micros is the balance after it.
CREATE TABLE billing_entries (
  id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  tenant_id      TEXT COLLATE "C" NOT NULL,
  kind           TEXT COLLATE "C" NOT NULL CHECK (kind IN ('topup', 'charge', 'refund', 'payment', 'adjustment', 'sla_credit')),
  amount_micros  BIGINT           NOT NULL CHECK (amount_micros <> 0),
  balance_micros BIGINT           NOT NULL,
  reference      TEXT COLLATE "C" NOT NULL,
  created_at     BIGINT           NOT NULL
);
CREATE UNIQUE INDEX billing_entries_once ON billing_entries (tenant_id, kind, reference);

-- The entries by the day in Kabul that they were made on, so that a balance of the past is a sum of days.
CREATE TABLE billing_entry_days (
  tenant_id     TEXT COLLATE "C" NOT NULL,
  day           BIGINT           NOT NULL,
  amount_micros BIGINT           NOT NULL,
  PRIMARY KEY (tenant_id, day)
);

-- Charges and refunds by the day of submission and the operator. A price changes at midnight only, so a row has one. The
-- billed_ columns are what invoices have shown of the refunds.
CREATE TABLE billing_days (
  tenant_id                TEXT COLLATE "C" NOT NULL,
  day                      BIGINT           NOT NULL,
  operator                 TEXT COLLATE "C" NOT NULL,
  unit_micros              BIGINT           NOT NULL,
  messages                 BIGINT           NOT NULL,
  segments                 BIGINT           NOT NULL,
  charged_micros           BIGINT           NOT NULL,
  refunded_messages        BIGINT           NOT NULL DEFAULT 0,
  refunded_segments        BIGINT           NOT NULL DEFAULT 0,
  refunded_micros          BIGINT           NOT NULL DEFAULT 0,
  billed_refunded_messages BIGINT           NOT NULL DEFAULT 0,
  billed_refunded_segments BIGINT           NOT NULL DEFAULT 0,
  billed_refunded_micros   BIGINT           NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, day, operator)
);

-- What a segment costs from a midnight on.
CREATE TABLE billing_prices (
  currency    TEXT COLLATE "C" NOT NULL,
  operator    TEXT COLLATE "C" NOT NULL,
  valid_from  BIGINT           NOT NULL CHECK (valid_from = 0 OR (valid_from + 16200000000) % 86400000000 = 0),
  unit_micros BIGINT           NOT NULL CHECK (unit_micros > 0),
  PRIMARY KEY (currency, operator, valid_from)
);
INSERT INTO billing_prices (currency, operator, valid_from, unit_micros) VALUES
  ('AFN', 'awcc', 0, 750000),
  ('AFN', 'roshan', 0, 850000),
  ('AFN', 'etisalat', 0, 900000),
  ('AFN', 'atoma', 0, 800000),
  ('AFN', 'salaam', 0, 500000),
  ('AFN', 'other', 0, 1750000),
  ('USD', 'awcc', 0, 10800),
  ('USD', 'roshan', 0, 12200),
  ('USD', 'etisalat', 0, 12900),
  ('USD', 'atoma', 0, 11500),
  ('USD', 'salaam', 0, 7200),
  ('USD', 'other', 0, 25000);

-- The last number given in each year. It changes in the transaction that stores the invoice: no number is left out.
CREATE TABLE billing_series (
  year BIGINT           NOT NULL PRIMARY KEY,
  last BIGINT           NOT NULL
);

CREATE TABLE billing_invoices (
  id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  tenant_id       TEXT COLLATE "C" NOT NULL,
  number          TEXT COLLATE "C" NOT NULL UNIQUE,
  month           TEXT COLLATE "C" NOT NULL, -- YYYY-MM
  currency        TEXT COLLATE "C" NOT NULL,
  amount_micros   BIGINT           NOT NULL CHECK (amount_micros >= 0),
  rounding_micros BIGINT           NOT NULL,
  issued_at       BIGINT           NOT NULL,
  due_at          BIGINT           NOT NULL,
  paid_at         BIGINT           NOT NULL DEFAULT 0,
  voided_at       BIGINT           NOT NULL DEFAULT 0,
  UNIQUE (tenant_id, month)
);

CREATE TABLE billing_invoice_lines (
  invoice_id       TEXT COLLATE "C" NOT NULL REFERENCES billing_invoices (id),
  nth              BIGINT           NOT NULL,
  operator         TEXT COLLATE "C" NOT NULL,
  credit           BIGINT           NOT NULL, -- 1: gives back what an earlier invoice charged
  messages         BIGINT           NOT NULL,
  segments         BIGINT           NOT NULL,
  refunded         BIGINT           NOT NULL,
  unit_micros      BIGINT           NOT NULL,
  amount_micros    BIGINT           NOT NULL,
  submitted_after  BIGINT           NOT NULL,
  submitted_before BIGINT           NOT NULL,
  PRIMARY KEY (invoice_id, nth)
);

ALTER TABLE messages ADD COLUMN currency TEXT COLLATE "C" NOT NULL DEFAULT 'AFN';
-- The messages behind an invoice's line.
CREATE INDEX messages_operator ON messages (tenant_id, operator, submitted_at DESC, id DESC);
