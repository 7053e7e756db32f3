-- Who asked for what. A row is written in the transaction of what it tells of, and kept as long as the orders. `entry` is what the API shows;
-- `sales_unit` is NULL for what concerns the whole shop, `checkout_id` for what concerns no order.
CREATE TABLE audit (
    id TEXT COLLATE "C" PRIMARY KEY,
    at BIGINT NOT NULL,
    sales_unit TEXT,
    checkout_id UUID,
    entry JSON NOT NULL
);
CREATE INDEX audit_newest ON audit (at, id);
CREATE INDEX audit_newest_of_unit ON audit (sales_unit, at, id) WHERE sales_unit IS NOT NULL;
CREATE INDEX audit_checkout ON audit (checkout_id) WHERE checkout_id IS NOT NULL;
