-- What a shop key may do: `read`, `ship`, `refund` or `all`. Keys of earlier releases may do everything.
ALTER TABLE shop_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'all';

-- A login link passes its name, role and sales unit on to the session that it opens. A session that was opened with a key has those of the key.
ALTER TABLE desk_links ADD COLUMN name TEXT NOT NULL DEFAULT 'desk';
ALTER TABLE desk_links ADD COLUMN role TEXT NOT NULL DEFAULT 'all';
ALTER TABLE desk_links ADD COLUMN sales_unit TEXT;
ALTER TABLE desk_sessions ADD COLUMN name TEXT NOT NULL DEFAULT 'desk';
ALTER TABLE desk_sessions ADD COLUMN role TEXT NOT NULL DEFAULT 'all';
ALTER TABLE desk_sessions ADD COLUMN sales_unit TEXT;
