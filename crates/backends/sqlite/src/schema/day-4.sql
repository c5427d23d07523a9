-- Exemplars: observations that name their span. They connect metric points with traces. time: time of the
-- point; observed: time of the observation.
CREATE TABLE exemplars(
    trace BLOB NOT NULL, span INTEGER NOT NULL, series INTEGER NOT NULL, observed INTEGER NOT NULL,
    time INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY(trace, span, series, observed)) WITHOUT ROWID;
