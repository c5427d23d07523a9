-- Of calls: the moment in which other records of the same call are seen, which stands in meetings too, and the instrumentation.
ALTER TABLE spans ADD COLUMN moment INTEGER;
ALTER TABLE spans ADD COLUMN scope INTEGER;
