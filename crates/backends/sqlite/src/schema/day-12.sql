-- below: whether a descendant span failed. A failure counts once, at the span where it began, so the errors
-- of a trace exclude failed spans with below = 1.
ALTER TABLE spans ADD COLUMN below INTEGER NOT NULL DEFAULT 0;
-- echoes: number of failed spans of a trace that have a failed descendant.
ALTER TABLE traces ADD COLUMN echoes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX spans_below ON spans(tr, parent) WHERE below = 1 OR (status = 2 AND signal = 0);
WITH RECURSIVE up(tr, id) AS (
    SELECT tr, parent FROM spans WHERE status = 2 AND signal = 0 AND parent IS NOT NULL AND parent != id
    UNION SELECT s.tr, s.parent FROM up JOIN spans s ON s.tr = up.tr AND s.id = up.id
    WHERE s.parent IS NOT NULL AND s.parent != s.id)
UPDATE spans SET below = 1 WHERE (tr, id) IN (SELECT tr, id FROM up);
UPDATE traces SET echoes = (
    SELECT COUNT(*) FROM spans s WHERE s.tr = traces.pk AND s.status = 2 AND s.below = 1 AND (s.signal = 0 OR (s.signal < 8
    AND EXISTS (SELECT 1 FROM calls c WHERE c.pk = s.pk AND c.marks & 16 != 0)))) WHERE errors > 0;
UPDATE traces SET errors = errors - echoes WHERE echoes > 0;
