-- Orders as the shop lists them: by sales unit, by state, by time.
ALTER TABLE checkouts ADD COLUMN sales_unit TEXT NOT NULL DEFAULT '';
UPDATE checkouts SET sales_unit = state #>> '{order,cart,sales_unit}';
CREATE INDEX checkouts_newest ON checkouts (created_at, id);
CREATE INDEX checkouts_newest_of_phase ON checkouts (phase, created_at, id);
CREATE INDEX checkouts_newest_of_unit ON checkouts (sales_unit, created_at, id);
DROP INDEX checkouts_phase;
-- Byte by byte, whatever the database's language: references are found by what they begin with.
CREATE INDEX attempts_beginning ON attempts (reference text_pattern_ops);

-- A key of one sales unit knows nothing of the others.
ALTER TABLE shop_keys ADD COLUMN sales_unit TEXT;

-- What has happened, whether anybody is told or not: a row is written in the transaction of what it tells of. `payload` is what endpoints
-- are sent. Transactions end in another order than they begin, so an event gets its `place` when it is first looked for, after its
-- commit: whoever has read up to a place has missed nothing before it.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    place BIGINT UNIQUE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    checkout_id UUID,
    sales_unit TEXT,
    at BIGINT NOT NULL
);
CREATE SEQUENCE event_places OWNED BY events.place;
CREATE INDEX events_new ON events (at, id) WHERE place IS NULL;
CREATE INDEX events_checkout ON events (checkout_id) WHERE checkout_id IS NOT NULL;
CREATE INDEX events_unit ON events (sales_unit, place);
