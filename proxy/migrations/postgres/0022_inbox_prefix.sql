-- The webhooks of one payment are found by the beginning of this key, which takes an order by bytes, whatever the language of the database.
ALTER TABLE inbox ALTER COLUMN dedupe_key TYPE TEXT COLLATE "C";
