-- One id for one person at one sales unit, over all orders that know something of them.
ALTER TABLE checkouts ADD COLUMN customer_id TEXT;
CREATE INDEX checkouts_customer ON checkouts (customer_id) WHERE customer_id IS NOT NULL;

-- By what a person is found again: keyed hashes of the vendor's name for them (`sub`) and of the telephone number. See vault.rs.
CREATE TABLE customer_names (
    sales_unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    name_index TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    PRIMARY KEY (sales_unit, kind, name_index)
);
CREATE INDEX customer_names_customer ON customer_names (customer_id);
