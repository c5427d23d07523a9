-- Sender (a name) and arrival of a span, the latter in seconds after the second of its start; none where no receiver saw it.
ALTER TABLE spans ADD COLUMN sender INTEGER;
ALTER TABLE spans ADD COLUMN arrived INTEGER;
-- Refused versions of spans that had ended, in the order of their arrival.
CREATE TABLE conflicts(pk INTEGER NOT NULL, n INTEGER NOT NULL, z BLOB NOT NULL, PRIMARY KEY(pk, n)) WITHOUT ROWID;
