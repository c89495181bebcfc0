-- A tenant's health score of each day (Asia/Kabul), with what it was made of. score is NULL when too little was known.
-- Times are unix microseconds.
CREATE TABLE health_scores (
  tenant_id   TEXT NOT NULL,
  day         TEXT COLLATE "C" NOT NULL, -- YYYY-MM-DD
  score       INTEGER,
  formula     INTEGER NOT NULL,
  components  TEXT NOT NULL, -- JSON
  computed_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, day)
);
CREATE INDEX health_scores_day ON health_scores (day);

-- One row a person and quarter. score is NULL when the survey was put aside.
CREATE TABLE nps_answers (
  tenant_id   TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  quarter     TEXT COLLATE "C" NOT NULL, -- 2026-Q4
  score       INTEGER,
  comment     TEXT NOT NULL,
  answered_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id, quarter)
);
CREATE INDEX nps_answers_time ON nps_answers (tenant_id, answered_at);

-- The last list of tickets that the support desk gave, for when it does not answer.
CREATE TABLE ticket_lists (
  tenant_id  TEXT NOT NULL PRIMARY KEY,
  list       TEXT NOT NULL, -- JSON
  fetched_at BIGINT NOT NULL
);
