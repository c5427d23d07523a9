-- The signal that told of a span (0: it was sent as one), and where the signals of its session meet. In the marks of a
-- ledger row the signal is counted from 32 on.
ALTER TABLE spans ADD COLUMN signal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spans ADD COLUMN meeting INTEGER;
CREATE TABLE meetings(meeting INTEGER NOT NULL, tr INTEGER NOT NULL, PRIMARY KEY(meeting, tr)) WITHOUT ROWID;
-- Spans of a trace that were made from another signal. A trace's spans and errors leave out those that do not count.
ALTER TABLE traces ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
-- Traces whose spans are none then: no list has them.
CREATE TABLE hidden(tr INTEGER PRIMARY KEY);
