-- Append-only triggers. Statements are separated by empty lines.
-- INSERT OR REPLACE deletes without asking a DELETE trigger, so the INSERT triggers refuse every key that is there.

CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf
BEGIN SELECT RAISE(ABORT, 'audit_leaf is append-only'); END

CREATE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf
BEGIN SELECT RAISE(ABORT, 'audit_leaf is append-only'); END

CREATE TRIGGER audit_leaf_in_order BEFORE INSERT ON audit_leaf
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), -1) + 1 FROM audit_leaf)
  OR EXISTS (SELECT 1 FROM audit_leaf WHERE outbox_id = NEW.outbox_id)
BEGIN SELECT RAISE(ABORT, 'audit_leaf takes the next leaf only, and each entry once'); END

CREATE TRIGGER audit_node_no_update BEFORE UPDATE ON audit_node
BEGIN SELECT RAISE(ABORT, 'audit_node is append-only'); END

CREATE TRIGGER audit_node_no_delete BEFORE DELETE ON audit_node
BEGIN SELECT RAISE(ABORT, 'audit_node is append-only'); END

CREATE TRIGGER audit_node_in_order BEFORE INSERT ON audit_node
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx), -1) + 1 FROM audit_node WHERE level = NEW.level)
BEGIN SELECT RAISE(ABORT, 'audit_node takes the next node of a level only'); END

CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END

CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END

CREATE TRIGGER audit_checkpoint_in_order BEFORE INSERT ON audit_checkpoint
WHEN NEW.size <= (SELECT coalesce(max(size), -1) FROM audit_checkpoint)
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint takes larger sizes only'); END

CREATE TRIGGER audit_outbox_no_update BEFORE UPDATE ON audit_outbox
BEGIN SELECT RAISE(ABORT, 'audit_outbox rows do not change'); END

CREATE TRIGGER audit_outbox_only_sequenced_goes BEFORE DELETE ON audit_outbox
WHEN NOT EXISTS (SELECT 1 FROM audit_leaf WHERE outbox_id = OLD.id AND leaf = OLD.leaf)
BEGIN SELECT RAISE(ABORT, 'this audit_outbox row is not in the log yet'); END

CREATE TRIGGER audit_outbox_no_replace BEFORE INSERT ON audit_outbox
WHEN EXISTS (SELECT 1 FROM audit_outbox WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit_outbox rows do not change'); END

CREATE TRIGGER evidence_bundle_stays BEFORE UPDATE OF bundle ON evidence
WHEN OLD.bundle IS NOT NULL AND NEW.bundle IS NOT OLD.bundle
BEGIN SELECT RAISE(ABORT, 'evidence keeps its bundle'); END

CREATE TRIGGER evidence_no_replace BEFORE INSERT ON evidence
WHEN EXISTS (
  SELECT 1 FROM evidence
  WHERE message_id = NEW.message_id AND authority = NEW.authority AND manifest_digest = NEW.manifest_digest
    AND event = NEW.event AND giver = NEW.giver AND receiver = NEW.receiver
)
  OR EXISTS (SELECT 1 FROM evidence WHERE cursor = NEW.cursor)
BEGIN SELECT RAISE(ABORT, 'evidence keeps its bundle'); END
