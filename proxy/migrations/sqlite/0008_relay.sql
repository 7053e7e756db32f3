-- The shop's own backend, told of what happens. All times are milliseconds since 1970, UTC.

-- Where to. `events` is a JSON array of the kinds it wants, NULL for all; the secrets are sealed, see vault.rs. While `previous_until`
-- lies ahead, both sign. `failing_since` is the first of the failures that no success has followed.
CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT CHECK (events IS NULL OR json_valid(events)),
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until INTEGER,
    created_at INTEGER NOT NULL,
    failing_since INTEGER,
    disabled_at INTEGER,
    disabled_reason TEXT
) STRICT;

-- What is told to whom: the queue, and the log of it. A row waits until it is delivered or given up; who claims one moves its due time
-- to the end of the claim. `payload` is what is sent, byte for byte. `endpoint` is no foreign key, so that a payment never waits for, or
-- fails with, what is done to endpoints meanwhile.
CREATE TABLE deliveries (
    id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    tries_before INTEGER NOT NULL DEFAULT 0,
    tried_at INTEGER,
    latency_ms INTEGER,
    last_status INTEGER,
    last_error TEXT,
    delivered_at INTEGER,
    given_up_at INTEGER,
    PRIMARY KEY (id, endpoint)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX deliveries_log ON deliveries (endpoint, created_at);
CREATE INDEX deliveries_age ON deliveries (created_at) WHERE delivered_at IS NOT NULL OR given_up_at IS NOT NULL;
