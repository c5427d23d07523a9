-- The events of a trace are read in the order of time, so a trace of many events is not sorted in memory.
DROP INDEX events_trace;
CREATE INDEX events_trace ON events(trace, time) WHERE trace IS NOT NULL;
