-- Keys, users and sessions. Times are nanoseconds since the epoch, UTC.

CREATE TABLE key (
    id TEXT PRIMARY KEY,          -- the public part of the key
    hash BLOB NOT NULL,           -- SHA-256 of the whole key
    name TEXT NOT NULL,
    project TEXT,                 -- null: every project
    scopes TEXT NOT NULL,         -- comma list
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires INTEGER,
    revoked INTEGER,
    used INTEGER                  -- last use, rounded to the hour
) STRICT;

CREATE TABLE user (
    name TEXT PRIMARY KEY,        -- lower case
    password TEXT,                -- argon2id as a PHC string; null: no password login
    issuer TEXT,                  -- OpenID Connect identities only
    subject TEXT,
    roles TEXT NOT NULL,          -- JSON: a role for each project, * for every project
    disabled INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    seen INTEGER,                 -- last login
    UNIQUE (issuer, subject)
) STRICT;

CREATE TABLE session (
    hash BLOB PRIMARY KEY,        -- SHA-256 of the cookie's value
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL         -- last request, rounded to five minutes
) STRICT;

CREATE INDEX session_user ON session (user, seen);
