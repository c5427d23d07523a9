-- Days that have a file. A row is added after its file is created, and deleted before its file is removed.
-- lost: time at which the file of a listed day was found missing, in seconds since the epoch. A repair of the
-- store clears it.
CREATE TABLE days(day INTEGER PRIMARY KEY, lost INTEGER);
