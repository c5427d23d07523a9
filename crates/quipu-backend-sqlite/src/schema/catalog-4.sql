-- Days that have a file. A day is listed once its file is made, and struck out before its file is removed.
-- lost: seconds since the epoch at which the file of a listed day was found missing, while nobody was told to repair the store.
CREATE TABLE days(day INTEGER PRIMARY KEY, lost INTEGER);
