-- Spans that were removed with their trace, and the greatest number that was ever given to a span: full text must not take a new
-- one for an old one.
CREATE TABLE removed(id INTEGER PRIMARY KEY CHECK (id = 1), spans INTEGER NOT NULL, last INTEGER NOT NULL);
INSERT INTO removed VALUES (1, 0, 0);
