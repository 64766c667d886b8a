-- What a case remembers beside its state, and the step that each of its messages was.

ALTER TABLE case_file ADD COLUMN memory TEXT NOT NULL DEFAULT '{}'

ALTER TABLE case_event ADD COLUMN step TEXT NOT NULL DEFAULT ''

ALTER TABLE case_event ADD COLUMN move TEXT NOT NULL DEFAULT ''

UPDATE case_event SET step = kind
