-- sender: a name. arrived: arrival of the span, in whole seconds after the second of its start. Both are null
-- if no receiver saw the span.
ALTER TABLE spans ADD COLUMN sender INTEGER;
ALTER TABLE spans ADD COLUMN arrived INTEGER;
-- Rejected versions of spans that had already ended, in order of arrival.
CREATE TABLE conflicts(pk INTEGER NOT NULL, n INTEGER NOT NULL, z BLOB NOT NULL, PRIMARY KEY(pk, n)) WITHOUT ROWID;
