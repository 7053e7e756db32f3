-- The shop's own backend, told of what happens. All times are milliseconds since 1970, UTC.

-- Where to. `events` is a JSON array of the kinds it wants, NULL for all; the secrets are sealed, see vault.rs. While `previous_until`
-- lies ahead, both sign. `failing_since` is the first of the failures that no success has followed.
CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events JSON,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until BIGINT,
    created_at BIGINT NOT NULL,
    failing_since BIGINT,
    disabled_at BIGINT,
    disabled_reason TEXT
);

-- What is told to whom: the queue, and the log of it. A row waits until it is delivered or given up; who claims one moves its due time
-- to the end of the claim. `payload` is what is sent, byte for byte. `endpoint` is no foreign key, so that a payment never waits for, or
-- fails with, what is done to endpoints meanwhile.
CREATE TABLE deliveries (
    id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    tries_before BIGINT NOT NULL DEFAULT 0,
    tried_at BIGINT,
    latency_ms BIGINT,
    last_status BIGINT,
    last_error TEXT,
    delivered_at BIGINT,
    given_up_at BIGINT,
    PRIMARY KEY (id, endpoint)
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX deliveries_log ON deliveries (endpoint, created_at);
CREATE INDEX deliveries_age ON deliveries (created_at) WHERE delivered_at IS NOT NULL OR given_up_at IS NOT NULL;
