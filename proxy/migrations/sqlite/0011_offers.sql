-- Until when a page offers an order that nobody has pressed pay on; it is nobody's business, and forgotten some time after. NULL for every
-- other order.
ALTER TABLE checkouts ADD COLUMN idle_until INTEGER;
CREATE INDEX checkouts_idle ON checkouts (idle_until) WHERE idle_until IS NOT NULL;
