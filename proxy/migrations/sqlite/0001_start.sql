-- All times are milliseconds since 1970, UTC.

-- One row a checkout. `state` is the checkout without its customer, as checkout::Checkout serializes; `customer` is what the customer
-- shared, apart from the rest so that it can be erased without touching the books.
CREATE TABLE checkouts (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    version INTEGER NOT NULL,
    phase TEXT NOT NULL,
    state TEXT NOT NULL CHECK (json_valid(state)),
    customer TEXT CHECK (customer IS NULL OR json_valid(customer)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX checkouts_phase ON checkouts (phase);

-- Which checkout a payment belongs to.
CREATE TABLE attempts (
    reference TEXT PRIMARY KEY,
    checkout_id TEXT NOT NULL REFERENCES checkouts (id)
) STRICT;

-- Webhooks that were verified. The customer's data that they carry is left out: a webhook only makes us look.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dedupe_key TEXT NOT NULL UNIQUE,
    sales_unit TEXT NOT NULL,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    done_at INTEGER,
    note TEXT
) STRICT;
CREATE INDEX inbox_waiting ON inbox (id) WHERE done_at IS NULL;

-- What is to be done in the world. A row is claimed by taking its lease and deleted with the commit of its outcome.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    checkout_id TEXT NOT NULL REFERENCES checkouts (id),
    sales_unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    effect TEXT NOT NULL CHECK (json_valid(effect)),
    due_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    parked_reason TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at) WHERE parked_reason IS NULL;
