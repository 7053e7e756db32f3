-- The attempts of an order, for its deletion: without the index each deletion, and the foreign key of each deleted order, reads all of them.
CREATE INDEX attempts_checkout ON attempts (checkout_id);
