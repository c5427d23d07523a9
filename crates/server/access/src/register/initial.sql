-- Time at which another user chose the password. Null: the user chose it, or has none. Older builds ignore
-- the column and would accept such logins, so it has a version of its own.

ALTER TABLE user ADD COLUMN initial INTEGER;
