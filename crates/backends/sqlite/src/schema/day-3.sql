-- signal: the signal that a span was made from; 0 if it arrived as a span. The marks of a ledger row hold the
-- signal from bit value 32 up. meeting: connects the signals of one session.
ALTER TABLE spans ADD COLUMN signal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spans ADD COLUMN meeting INTEGER;
CREATE TABLE meetings(meeting INTEGER NOT NULL, tr INTEGER NOT NULL, PRIMARY KEY(meeting, tr)) WITHOUT ROWID;
-- made: number of spans made from another signal. The span and error counts of a trace exclude those that do
-- not count.
ALTER TABLE traces ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
-- Traces without any counted span. No list shows them.
CREATE TABLE hidden(tr INTEGER PRIMARY KEY);
