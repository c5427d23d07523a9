-- Tables that an older version of the same layout does not have.

-- Groups of notices by channel: the time of the first message, from which the next ones are counted.
CREATE TABLE IF NOT EXISTS flushes (
    channel TEXT NOT NULL,
    grp TEXT NOT NULL,
    base_at INTEGER NOT NULL,
    PRIMARY KEY (channel, grp)
) STRICT, WITHOUT ROWID;

-- The key of acknowledgement links.
CREATE TABLE IF NOT EXISTS secrets (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Links that were used, until they expire.
CREATE TABLE IF NOT EXISTS used_links (
    nonce BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
