CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('version', 0), ('next', 0);
CREATE TABLE definition (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE mark (name TEXT PRIMARY KEY, word TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE spent (
    budget TEXT NOT NULL, scope TEXT NOT NULL, unit INTEGER NOT NULL, bucket INTEGER NOT NULL,
    figure BLOB NOT NULL,
    PRIMARY KEY (budget, scope, unit, bucket)
) WITHOUT ROWID;
-- One row for each budget of a reservation. `share` has the reserved amounts in the accounts of that budget.
CREATE TABLE held (
    id INTEGER NOT NULL, budget TEXT NOT NULL, expires INTEGER NOT NULL, trace BLOB, span BLOB,
    PRIMARY KEY (id, budget)
) WITHOUT ROWID;
CREATE INDEX held_trace ON held (trace) WHERE trace IS NOT NULL;
CREATE INDEX held_expires ON held (expires);
CREATE TABLE share (
    budget TEXT NOT NULL, scope TEXT NOT NULL, unit INTEGER NOT NULL, id INTEGER NOT NULL,
    place INTEGER NOT NULL, figure BLOB NOT NULL,
    PRIMARY KEY (budget, scope, unit, id)
) WITHOUT ROWID;
CREATE INDEX share_id ON share (id, budget);
CREATE TABLE call (
    trace BLOB NOT NULL, span BLOB NOT NULL, keep INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (trace, span)
) WITHOUT ROWID;
CREATE INDEX call_keep ON call (keep);
CREATE TABLE trace (trace BLOB PRIMARY KEY, keep INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX trace_keep ON trace (keep);
CREATE TABLE fired (
    budget TEXT NOT NULL, scope TEXT NOT NULL, unit INTEGER NOT NULL, millionths INTEGER NOT NULL,
    period INTEGER NOT NULL, share_of BLOB NOT NULL,
    PRIMARY KEY (budget, scope, unit, millionths)
) WITHOUT ROWID;
