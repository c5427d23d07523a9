-- Look-up by session or by user alone.
CREATE INDEX traces_session ON traces(session) WHERE session IS NOT NULL;
CREATE INDEX traces_user ON traces(user) WHERE user IS NOT NULL;
-- A covering index: counts of these values need not read the rows of traces.
CREATE INDEX traces_facets ON traces(status, service, framework, convention);
