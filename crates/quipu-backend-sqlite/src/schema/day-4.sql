-- Observations that name their span: by them the points of metrics are found by trace. A point's time, and the observation's own.
CREATE TABLE exemplars(
    trace BLOB NOT NULL, span INTEGER NOT NULL, series INTEGER NOT NULL, observed INTEGER NOT NULL,
    time INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY(trace, span, series, observed)) WITHOUT ROWID;
