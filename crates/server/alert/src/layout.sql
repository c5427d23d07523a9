CREATE TABLE rules (
    name TEXT PRIMARY KEY,
    config TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Groups outside their resting state, as JSON.
CREATE TABLE states (
    rule TEXT NOT NULL,
    grp TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (rule, grp)
) STRICT, WITHOUT ROWID;

CREATE TABLE episodes (
    id TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    grp TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    peak REAL,
    body TEXT NOT NULL,
    ack_by TEXT,
    ack_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX episodes_by_start ON episodes (started_at);
CREATE INDEX episodes_open ON episodes (rule) WHERE ended_at IS NULL;

-- The outbox: a row is written with the change of state that causes it.
CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    episode TEXT NOT NULL,
    rule TEXT NOT NULL,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting',
    sent_at INTEGER,
    note TEXT
) STRICT;
CREATE INDEX notices_waiting ON notices (next_at) WHERE state = 'waiting';
CREATE INDEX notices_of_episode ON notices (episode);

CREATE TABLE silences (
    id TEXT PRIMARY KEY,
    matchers TEXT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Last message of each channel and rule.
CREATE TABLE sends (
    channel TEXT NOT NULL,
    rule TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (channel, rule)
) STRICT, WITHOUT ROWID;
