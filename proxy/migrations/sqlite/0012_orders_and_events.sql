-- Orders as the shop lists them: by sales unit, by state, by time.
ALTER TABLE checkouts ADD COLUMN sales_unit TEXT NOT NULL DEFAULT '';
UPDATE checkouts SET sales_unit = state ->> '$.order.cart.sales_unit';
CREATE INDEX checkouts_newest ON checkouts (created_at, id);
CREATE INDEX checkouts_newest_of_phase ON checkouts (phase, created_at, id);
CREATE INDEX checkouts_newest_of_unit ON checkouts (sales_unit, created_at, id);
DROP INDEX checkouts_phase;

-- A key of one sales unit knows nothing of the others.
ALTER TABLE shop_keys ADD COLUMN sales_unit TEXT;

-- What has happened, whether anybody is told or not: a row is written in the transaction of what it tells of. `payload` is what endpoints
-- are sent. `place` follows the order of the commits, since one is made after the other.
CREATE TABLE events (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload)),
    checkout_id TEXT,
    sales_unit TEXT,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_checkout ON events (checkout_id) WHERE checkout_id IS NOT NULL;
CREATE INDEX events_unit ON events (sales_unit, place);
