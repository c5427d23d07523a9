-- Nanoseconds until the first token, and whether a guardrail was triggered.
ALTER TABLE spans ADD COLUMN ttft INTEGER;
ALTER TABLE spans ADD COLUMN verdict INTEGER;
-- Work that the ledger does not count is found by its kind, and what failed by its time, without reading a day.
CREATE INDEX spans_work ON spans(kind, start) WHERE kind NOT IN (0, 3, 4, 5, 7, 8);
CREATE INDEX spans_failed ON spans(start) WHERE status = 2;
CREATE INDEX calls_failed ON calls(time) WHERE (marks & 24) = 24;
-- Few spans say when their first token came: where none does, calls are summed without a look at their spans.
CREATE INDEX spans_more ON spans(kind) WHERE kind IN (4, 5, 7, 8) AND (ttft IS NOT NULL OR verdict IS NOT NULL);
