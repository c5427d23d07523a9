-- Keys, users and sessions. Times are nanoseconds since the epoch, UTC.

CREATE TABLE key (
    id TEXT PRIMARY KEY,          -- the public part of the key's text
    hash BLOB NOT NULL,           -- SHA-256 of the whole text
    name TEXT NOT NULL,
    project TEXT,                 -- null: every project
    scopes TEXT NOT NULL,         -- comma list
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires INTEGER,
    revoked INTEGER,
    used INTEGER                  -- to the hour
) STRICT;

CREATE TABLE user (
    name TEXT PRIMARY KEY,        -- in small letters
    password TEXT,                -- argon2id as a PHC string; null: cannot log in by password
    issuer TEXT,                  -- of identities that come by OpenID Connect
    subject TEXT,
    roles TEXT NOT NULL,          -- JSON: a role by project, * for every project
    disabled INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    seen INTEGER,                 -- last login
    UNIQUE (issuer, subject)
) STRICT;

CREATE TABLE session (
    hash BLOB PRIMARY KEY,        -- SHA-256 of the cookie's value
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL         -- to five minutes
) STRICT;

CREATE INDEX session_user ON session (user, seen);
