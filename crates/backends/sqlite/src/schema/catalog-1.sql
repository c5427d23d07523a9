CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE dicts(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL, trained INTEGER NOT NULL);
-- Home days of traces that have spans of other days.
CREATE TABLE strays(trace BLOB PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX strays_day ON strays(day);
