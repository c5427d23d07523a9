-- Sessions and users are looked up on their own.
CREATE INDEX traces_session ON traces(session) WHERE session IS NOT NULL;
CREATE INDEX traces_user ON traces(user) WHERE user IS NOT NULL;
-- Counts of the values of these need not read the traces' rows.
CREATE INDEX traces_facets ON traces(status, service, framework, convention);
