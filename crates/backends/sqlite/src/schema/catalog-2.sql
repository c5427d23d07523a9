-- Home days of traces that have spans of other days in a meeting. A meeting connects the signals of a
-- session.
CREATE TABLE stray_meetings(meeting INTEGER NOT NULL, day INTEGER NOT NULL, PRIMARY KEY(meeting, day)) WITHOUT ROWID;
CREATE INDEX stray_meetings_day ON stray_meetings(day);
