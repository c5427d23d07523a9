CREATE TABLE IF NOT EXISTS incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL,
    -- A rule opened it, so it closes when its episodes have ended.
    by_rule INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by TEXT,
    owner TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS incidents_by_time ON incidents (opened_at);

-- An episode belongs to one incident at most.
CREATE TABLE IF NOT EXISTS incident_episodes (
    episode TEXT PRIMARY KEY,
    incident INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS incident_episodes_of ON incident_episodes (incident);

CREATE TABLE IF NOT EXISTS incident_traces (
    id INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL,
    trace TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS incident_traces_of ON incident_traces (incident);

-- What happened to the incident: openings, owners, notes, links and closings.
CREATE TABLE IF NOT EXISTS incident_log (
    id INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL,
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS incident_log_of ON incident_log (incident, at);
