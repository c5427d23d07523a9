-- ttft: nanoseconds until the first token. verdict: whether a guardrail was triggered.
ALTER TABLE spans ADD COLUMN ttft INTEGER;
ALTER TABLE spans ADD COLUMN verdict INTEGER;
-- Finds spans outside the ledger by kind, and failures by time, without a scan of the day.
CREATE INDEX spans_work ON spans(kind, start) WHERE kind NOT IN (0, 3, 4, 5, 7, 8);
CREATE INDEX spans_failed ON spans(start) WHERE status = 2;
CREATE INDEX calls_failed ON calls(time) WHERE (marks & 24) = 24;
-- Few spans have a time to first token. If none has, sums of calls need not read the spans.
CREATE INDEX spans_more ON spans(kind) WHERE kind IN (4, 5, 7, 8) AND (ttft IS NOT NULL OR verdict IS NOT NULL);
