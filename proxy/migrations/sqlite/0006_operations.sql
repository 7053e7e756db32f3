-- For those who operate it. All times are milliseconds since 1970, UTC.

-- How many tries an effect had used up when it was last released from being parked. `tries` itself only grows, since it says whose claim
-- is the latest.
ALTER TABLE outbox ADD COLUMN tries_before INTEGER NOT NULL DEFAULT 0;

-- Comparisons of our books with the vendor's, one row a run.
CREATE TABLE reconciliations (
    begun_at INTEGER PRIMARY KEY,
    drift INTEGER NOT NULL,
    report TEXT NOT NULL CHECK (json_valid(report))
) STRICT;

-- What chores have found out, for /metrics: the latest value of each.
CREATE TABLE readings (
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    value INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    PRIMARY KEY (name, label)
) STRICT;

-- Secrets of webhook registrations that the proxy made itself. `secret` is sealed; see vault.rs.
CREATE TABLE webhook_secrets (
    registration TEXT PRIMARY KEY,
    sales_unit TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
