-- For calls only. moment: the meeting, by time, with other records of the same call; it is also in
-- `meetings`. scope: the instrumentation.
ALTER TABLE spans ADD COLUMN moment INTEGER;
ALTER TABLE spans ADD COLUMN scope INTEGER;
