-- What customers shared is sealed under a key that is not in the database. `customer` is what earlier releases wrote in the open: the
-- proxy seals it when it starts, and writes nothing there any more.
ALTER TABLE checkouts ADD COLUMN sealed_customer TEXT;
-- A keyed hash of the telephone number, to find every order of a customer who wants to be forgotten.
ALTER TABLE checkouts ADD COLUMN customer_index TEXT;
-- When it was received, to forget it in time.
ALTER TABLE checkouts ADD COLUMN customer_at BIGINT;

CREATE INDEX checkouts_in_the_open ON checkouts (id) WHERE customer IS NOT NULL;
CREATE INDEX checkouts_customer_key ON checkouts (left(sealed_customer, 12)) WHERE sealed_customer IS NOT NULL;
CREATE INDEX checkouts_customer_index ON checkouts (customer_index) WHERE customer_index IS NOT NULL;
CREATE INDEX checkouts_customer_at ON checkouts (customer_at) WHERE customer_at IS NOT NULL;

-- An effect names no person: whose profile is read is asked of the payment.
UPDATE outbox SET effect = (effect::jsonb - 'sub')::json WHERE kind = 'read_profile';
