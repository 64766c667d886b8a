-- Append-only triggers. Statements are separated by empty lines; a per cent sign would be taken for a parameter.

CREATE FUNCTION kelisim_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = TG_TABLE_NAME || ' refuses ' || TG_OP;
END $$

CREATE FUNCTION kelisim_leaf_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), -1) + 1 FROM audit_leaf) THEN
    RAISE EXCEPTION USING MESSAGE = 'audit_leaf takes the next leaf only';
  END IF;
  RETURN NEW;
END $$

CREATE FUNCTION kelisim_node_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.idx IS DISTINCT FROM (SELECT coalesce(max(idx), -1) + 1 FROM audit_node WHERE level = NEW.level) THEN
    RAISE EXCEPTION USING MESSAGE = 'audit_node takes the next node of a level only';
  END IF;
  RETURN NEW;
END $$

CREATE FUNCTION kelisim_checkpoint_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size <= (SELECT coalesce(max(size), -1) FROM audit_checkpoint) THEN
    RAISE EXCEPTION USING MESSAGE = 'audit_checkpoint takes larger sizes only';
  END IF;
  RETURN NEW;
END $$

CREATE FUNCTION kelisim_outbox_sequenced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_leaf WHERE outbox_id = OLD.id AND leaf = OLD.leaf) THEN
    RAISE EXCEPTION USING MESSAGE = 'this audit_outbox row is not in the log yet';
  END IF;
  RETURN OLD;
END $$

CREATE TRIGGER audit_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf
FOR EACH STATEMENT EXECUTE FUNCTION kelisim_refuse()

CREATE TRIGGER audit_leaf_in_order BEFORE INSERT ON audit_leaf
FOR EACH ROW EXECUTE FUNCTION kelisim_leaf_in_order()

CREATE TRIGGER audit_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_node
FOR EACH STATEMENT EXECUTE FUNCTION kelisim_refuse()

CREATE TRIGGER audit_node_in_order BEFORE INSERT ON audit_node
FOR EACH ROW EXECUTE FUNCTION kelisim_node_in_order()

CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION kelisim_refuse()

CREATE TRIGGER audit_checkpoint_in_order BEFORE INSERT ON audit_checkpoint
FOR EACH ROW EXECUTE FUNCTION kelisim_checkpoint_in_order()

CREATE TRIGGER audit_outbox_no_update BEFORE UPDATE OR TRUNCATE ON audit_outbox
FOR EACH STATEMENT EXECUTE FUNCTION kelisim_refuse()

CREATE TRIGGER audit_outbox_only_sequenced_goes BEFORE DELETE ON audit_outbox
FOR EACH ROW EXECUTE FUNCTION kelisim_outbox_sequenced()

CREATE TRIGGER evidence_bundle_stays BEFORE UPDATE ON evidence
FOR EACH ROW WHEN (OLD.bundle IS NOT NULL AND NEW.bundle IS DISTINCT FROM OLD.bundle)
EXECUTE FUNCTION kelisim_refuse()

ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_append_only

ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_in_order

ALTER TABLE audit_node ENABLE ALWAYS TRIGGER audit_node_append_only

ALTER TABLE audit_node ENABLE ALWAYS TRIGGER audit_node_in_order

ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_append_only

ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_in_order

ALTER TABLE audit_outbox ENABLE ALWAYS TRIGGER audit_outbox_no_update

ALTER TABLE audit_outbox ENABLE ALWAYS TRIGGER audit_outbox_only_sequenced_goes

ALTER TABLE evidence ENABLE ALWAYS TRIGGER evidence_bundle_stays
