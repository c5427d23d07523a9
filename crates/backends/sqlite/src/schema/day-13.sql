-- arrived: arrival of the span, in whole milliseconds after the millisecond of its start. Two senders of one
-- second have an order. Layout 11 counted seconds.
UPDATE spans SET arrived = (arrived + start / 1000000000) * 1000 - start / 1000000 WHERE arrived IS NOT NULL;
