-- Requests that came with an idempotency key. A row is written in the transaction that does what was asked for; it has hashes, and the
-- checkout that the answer is made from again. Forgotten after a day.
CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    checkout_id UUID NOT NULL REFERENCES checkouts (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- The keys of the shop's own machines. The secret half of a key is random and long, so a plain hash of it tells nothing.
CREATE TABLE shop_keys (
    prefix TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
