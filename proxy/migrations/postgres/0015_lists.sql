-- What only pages have offered is in no list, and need not be walked past.
DROP INDEX checkouts_newest;
DROP INDEX checkouts_newest_of_phase;
DROP INDEX checkouts_newest_of_unit;
CREATE INDEX checkouts_newest ON checkouts (created_at, id) WHERE idle_until IS NULL;
CREATE INDEX checkouts_newest_of_phase ON checkouts (phase, created_at, id) WHERE idle_until IS NULL;
CREATE INDEX checkouts_newest_of_unit ON checkouts (sales_unit, created_at, id) WHERE idle_until IS NULL;
CREATE INDEX checkouts_phase ON checkouts (phase);
CREATE INDEX idempotency_keys_checkout ON idempotency_keys (checkout_id);
