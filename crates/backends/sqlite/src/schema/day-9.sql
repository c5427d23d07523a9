-- SQLite builds a table from a list of more than two numbers, for each written row. A bit test needs no
-- table.
DROP INDEX spans_work;
DROP INDEX spans_more;
-- Kinds 0, 3, 4, 5, 7 and 8.
CREATE INDEX spans_work ON spans(kind, start) WHERE (1 << kind) & 441 = 0;
-- Kinds 4, 5, 7 and 8.
CREATE INDEX spans_more ON spans(kind) WHERE (1 << kind) & 432 != 0 AND (ttft IS NOT NULL OR verdict IS NOT NULL);
