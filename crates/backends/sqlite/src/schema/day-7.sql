-- spans: number of spans removed with their trace. last: the highest number ever given to a span, so full
-- text does not take a new span for an old one.
CREATE TABLE removed(id INTEGER PRIMARY KEY CHECK (id = 1), spans INTEGER NOT NULL, last INTEGER NOT NULL);
INSERT INTO removed VALUES (1, 0, 0);
