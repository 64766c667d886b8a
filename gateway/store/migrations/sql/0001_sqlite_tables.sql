-- The first tables. Statements are separated by empty lines.

CREATE TABLE message (
  cursor INTEGER NOT NULL,
  direction TEXT NOT NULL,
  authority TEXT NOT NULL,
  message_id TEXT NOT NULL,
  manifest_digest TEXT NOT NULL,
  kind TEXT NOT NULL,
  case_id TEXT NOT NULL,
  in_reply_to TEXT,
  agreement TEXT NOT NULL,
  pack TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  level TEXT NOT NULL,
  purpose TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  accepted_ms INTEGER NOT NULL,
  client TEXT NOT NULL,
  decision BLOB NOT NULL,
  PRIMARY KEY (cursor),
  CONSTRAINT message_identity UNIQUE (message_id, direction, authority)
) STRICT

CREATE INDEX message_sent ON message (cursor) WHERE (direction || '') = 'out'

CREATE INDEX message_sent_by ON message (client, cursor) WHERE (direction || '') = 'out'

CREATE TABLE envelope (
  cursor INTEGER NOT NULL,
  envelope_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  authority TEXT NOT NULL,
  message_id TEXT NOT NULL,
  peer TEXT NOT NULL,
  header BLOB NOT NULL,
  wrap BLOB,
  state TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  PRIMARY KEY (cursor),
  CONSTRAINT envelope_identity UNIQUE (envelope_id)
) STRICT

CREATE INDEX envelope_queued ON envelope (peer, cursor) WHERE (direction || '') = 'out' AND (state || '') = 'queued'

CREATE INDEX envelope_inbox ON envelope (cursor) WHERE (direction || '') = 'in'

CREATE INDEX envelope_message ON envelope (message_id, direction, authority)

CREATE TABLE part (
  envelope_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  size INTEGER NOT NULL,
  ciphertext BLOB,
  blob TEXT,
  CONSTRAINT part_identity PRIMARY KEY (envelope_id, position)
) STRICT

CREATE INDEX part_blob ON part (blob) WHERE blob IS NOT NULL

CREATE TABLE case_file (
  case_id TEXT NOT NULL,
  counterpart TEXT NOT NULL,
  agreement TEXT NOT NULL,
  requester TEXT NOT NULL,
  executor TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  opened_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  CONSTRAINT case_identity PRIMARY KEY (case_id, counterpart)
) WITHOUT ROWID, STRICT

CREATE TABLE case_event (
  case_id TEXT NOT NULL,
  counterpart TEXT NOT NULL,
  version INTEGER NOT NULL,
  authority TEXT NOT NULL,
  message_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT case_event_identity PRIMARY KEY (case_id, counterpart, version)
) WITHOUT ROWID, STRICT

CREATE TABLE evidence (
  cursor INTEGER NOT NULL,
  authority TEXT NOT NULL,
  message_id TEXT NOT NULL,
  manifest_digest TEXT NOT NULL,
  event TEXT NOT NULL,
  giver TEXT NOT NULL,
  receiver TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  bundle BLOB,
  pushed INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY (cursor),
  CONSTRAINT evidence_identity UNIQUE (message_id, authority, manifest_digest, event, giver, receiver)
) STRICT

CREATE INDEX evidence_unpushed ON evidence (receiver, cursor) WHERE pushed = 0

CREATE TABLE idempotency (
  client TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_digest TEXT NOT NULL,
  message_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT idempotency_identity PRIMARY KEY (client, idempotency_key)
) WITHOUT ROWID, STRICT

CREATE TABLE assertion (
  client TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  CONSTRAINT assertion_identity PRIMARY KEY (client, jti)
) WITHOUT ROWID, STRICT

CREATE INDEX assertion_expiry ON assertion (expires_ms)

CREATE TABLE disclosure (
  client TEXT NOT NULL,
  envelope_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT disclosure_identity PRIMARY KEY (client, envelope_id)
) WITHOUT ROWID, STRICT

CREATE TABLE upload (
  upload_id TEXT NOT NULL,
  client TEXT NOT NULL,
  size INTEGER NOT NULL,
  digest TEXT NOT NULL,
  blob TEXT NOT NULL,
  wrapped_key BLOB NOT NULL,
  message_id TEXT,
  created_ms INTEGER NOT NULL,
  CONSTRAINT upload_identity PRIMARY KEY (upload_id)
) WITHOUT ROWID, STRICT

CREATE TABLE activation (
  agreement TEXT NOT NULL,
  from_date TEXT NOT NULL,
  reference TEXT NOT NULL,
  statement_digest TEXT NOT NULL,
  admin TEXT NOT NULL,
  statement TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT activation_identity PRIMARY KEY (agreement, statement_digest, admin)
) WITHOUT ROWID, STRICT

CREATE TABLE peer (
  origin TEXT NOT NULL,
  size INTEGER NOT NULL,
  checkpoint BLOB NOT NULL,
  frozen TEXT,
  CONSTRAINT peer_identity PRIMARY KEY (origin)
) STRICT

CREATE TABLE audit_outbox (
  id INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT

CREATE TABLE audit_leaf (
  seq INTEGER NOT NULL,
  outbox_id INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  hash BLOB NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (seq),
  CONSTRAINT audit_leaf_outbox UNIQUE (outbox_id)
) STRICT

CREATE INDEX audit_leaf_about ON audit_leaf (about, seq) WHERE about != ''

CREATE TABLE audit_node (
  level INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT audit_node_identity PRIMARY KEY (level, idx)
) WITHOUT ROWID, STRICT

CREATE TABLE audit_checkpoint (
  size INTEGER NOT NULL,
  frontier BLOB NOT NULL,
  note BLOB NOT NULL,
  PRIMARY KEY (size)
) STRICT
