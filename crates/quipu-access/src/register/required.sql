-- Facts about the register itself. `required`: since when access has been required here. A user means that somebody set access up.

CREATE TABLE fact (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO fact (name, value) SELECT 'required', min(created) FROM user HAVING count(*) > 0;
