-- Numbers of meetings are hashes, so in a large table each row changes a page of its own. The latest rows are
-- in a small table. Once it is full, all of them move at once, in the order of the keys.
CREATE TABLE latest_meetings(meeting INTEGER NOT NULL, tr INTEGER NOT NULL, PRIMARY KEY(meeting, tr)) WITHOUT ROWID;
