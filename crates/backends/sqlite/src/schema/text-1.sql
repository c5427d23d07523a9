CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1, detail=none, tokenize='unicode61');
-- upto: last indexed span. again: last processed entry of the day's reindex list.
CREATE TABLE state(id INTEGER PRIMARY KEY CHECK (id = 1), upto INTEGER NOT NULL, again INTEGER NOT NULL);
INSERT INTO state VALUES (1, 0, 0);
