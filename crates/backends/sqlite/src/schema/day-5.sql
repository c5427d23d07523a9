-- labels: tags, project, revision and branch of a span, packed; null for most spans. trace_dims has their
-- names with the number of spans. A trace shows one project, one revision and one branch: the first in order.
ALTER TABLE spans ADD COLUMN labels BLOB;
ALTER TABLE traces ADD COLUMN project INTEGER;
ALTER TABLE traces ADD COLUMN revision INTEGER;
ALTER TABLE traces ADD COLUMN branch INTEGER;
