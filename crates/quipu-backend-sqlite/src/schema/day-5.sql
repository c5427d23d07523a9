-- Tags, project, revision and branch that a span says, packed; most say nothing. Their names are in trace_dims with the number
-- of spans, and a trace shows the first in order of those three of which it shows one.
ALTER TABLE spans ADD COLUMN labels BLOB;
ALTER TABLE traces ADD COLUMN project INTEGER;
ALTER TABLE traces ADD COLUMN revision INTEGER;
ALTER TABLE traces ADD COLUMN branch INTEGER;
