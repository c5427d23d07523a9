-- Facts about the register itself. `required` is the time since which the server requires a login or key. If
-- a user exists, access was set up.

CREATE TABLE fact (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO fact (name, value) SELECT 'required', min(created) FROM user HAVING count(*) > 0;
