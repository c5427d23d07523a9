-- Traces that retention rules never remove. since: nanoseconds since the epoch.
CREATE TABLE holds(trace BLOB PRIMARY KEY, since INTEGER NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
