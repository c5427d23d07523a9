-- Tables that an older version of the same layout does not have.

-- Groups of notices by channel. Times of messages are counted from base_at: the first message of the group,
-- or, if is_over, the earliest time of the first message of its next episodes.
CREATE TABLE IF NOT EXISTS notice_groups (
    channel TEXT NOT NULL,
    grp TEXT NOT NULL,
    base_at INTEGER NOT NULL,
    is_over INTEGER NOT NULL,
    PRIMARY KEY (channel, grp)
) STRICT, WITHOUT ROWID;
-- An earlier form of the table above. A group without a row waits for its group_wait once more.
DROP TABLE IF EXISTS flushes;

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
