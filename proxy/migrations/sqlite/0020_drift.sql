-- Since when the amount of a paid order at Vipps MobilePay differs from the order's. NULL for every other order.
ALTER TABLE checkouts ADD COLUMN drift_since INTEGER;
CREATE INDEX checkouts_drift ON checkouts (drift_since) WHERE drift_since IS NOT NULL;
