-- All times are milliseconds since 1970, UTC.
--
-- Documents are JSON and not JSONB: the database checks them and keeps them as they were written, as the file of the embedded store
-- does. Nothing searches in them; an operator who wants to can, with `state::jsonb`.

-- One row a checkout. `state` is the checkout without its customer, as checkout::Checkout serializes; `customer` is what the customer
-- shared, apart from the rest so that it can be erased without touching the books.
CREATE TABLE checkouts (
    id UUID PRIMARY KEY,
    secret TEXT NOT NULL,
    version BIGINT NOT NULL,
    phase TEXT NOT NULL,
    state JSON NOT NULL,
    customer JSON,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX checkouts_phase ON checkouts (phase);

-- Which checkout a payment belongs to.
CREATE TABLE attempts (
    reference TEXT PRIMARY KEY,
    checkout_id UUID NOT NULL REFERENCES checkouts (id)
);

-- Webhooks that were verified. The customer's data that they carry is left out: a webhook only makes us look.
CREATE TABLE inbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedupe_key TEXT NOT NULL UNIQUE,
    sales_unit TEXT NOT NULL,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    done_at BIGINT,
    note TEXT
);
CREATE INDEX inbox_waiting ON inbox (id) WHERE done_at IS NULL;

-- What is to be done in the world. A row is claimed by taking its lease and deleted with the commit of its outcome.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    checkout_id UUID NOT NULL REFERENCES checkouts (id),
    sales_unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    effect JSON NOT NULL,
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    tries BIGINT NOT NULL DEFAULT 0,
    parked_reason TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE parked_reason IS NULL;
