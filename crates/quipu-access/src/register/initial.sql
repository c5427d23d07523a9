-- When somebody else than the user chose the password; null: the user did, or has none. Older builds do not know of it and would let
-- such users in, so it is a version of its own.

ALTER TABLE user ADD COLUMN initial INTEGER;
