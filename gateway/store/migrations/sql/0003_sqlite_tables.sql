-- Clocks of cases, notices, webhooks, notices of leaving. Statements are separated by empty lines.

CREATE TABLE case_clock (
  case_id TEXT NOT NULL,
  counterpart TEXT NOT NULL,
  clock TEXT NOT NULL,
  run INTEGER NOT NULL,
  agreement TEXT NOT NULL,
  provision TEXT NOT NULL,
  duty TEXT NOT NULL,
  owner TEXT NOT NULL,
  on_overdue TEXT NOT NULL,
  notices TEXT NOT NULL,
  state TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  started_by TEXT NOT NULL,
  due_ms INTEGER,
  remind_ms INTEGER,
  wake_ms INTEGER,
  grace_ms INTEGER NOT NULL,
  fired_ms INTEGER,
  paused_ms INTEGER,
  paused_by TEXT,
  resumed_ms INTEGER,
  resumed_by TEXT,
  waited_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  ended_by TEXT,
  version INTEGER NOT NULL,
  CONSTRAINT case_clock_identity PRIMARY KEY (case_id, counterpart, clock, run)
) WITHOUT ROWID, STRICT

CREATE INDEX case_clock_due ON case_clock (wake_ms) WHERE wake_ms IS NOT NULL

CREATE TABLE notice (
  cursor INTEGER NOT NULL,
  notice_id TEXT NOT NULL,
  event TEXT NOT NULL,
  case_id TEXT NOT NULL,
  counterpart TEXT NOT NULL,
  clock TEXT NOT NULL,
  run INTEGER NOT NULL,
  agreement TEXT NOT NULL,
  provision TEXT NOT NULL,
  duty TEXT NOT NULL,
  owner TEXT NOT NULL,
  flag TEXT NOT NULL,
  due_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (cursor),
  CONSTRAINT notice_identity UNIQUE (notice_id),
  CONSTRAINT notice_once UNIQUE (case_id, counterpart, clock, run, event)
) STRICT

CREATE INDEX notice_waiting ON notice (cursor) WHERE (state || '') = 'waiting'

CREATE TABLE webhook (
  cursor INTEGER NOT NULL,
  webhook_id TEXT NOT NULL,
  client TEXT NOT NULL,
  event TEXT NOT NULL,
  case_id TEXT NOT NULL,
  payload BLOB NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  updated_ms INTEGER NOT NULL,
  PRIMARY KEY (cursor),
  CONSTRAINT webhook_identity UNIQUE (webhook_id)
) STRICT

CREATE INDEX webhook_settled ON webhook (state, updated_ms)

CREATE INDEX webhook_waiting ON webhook (client, cursor) WHERE (state || '') = 'waiting'

CREATE TABLE withdrawal (
  agreement TEXT NOT NULL,
  party TEXT NOT NULL,
  received TEXT NOT NULL,
  reference TEXT NOT NULL,
  statement_digest TEXT NOT NULL,
  admin TEXT NOT NULL,
  statement TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT withdrawal_identity PRIMARY KEY (agreement, statement_digest, admin)
) WITHOUT ROWID, STRICT

CREATE INDEX case_file_agreement ON case_file (agreement, case_id, counterpart)
