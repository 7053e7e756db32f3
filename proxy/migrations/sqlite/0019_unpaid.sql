-- Since when an order has ended without any money; it is deleted some time after. NULL for every other order.
ALTER TABLE checkouts ADD COLUMN unpaid_since INTEGER;
UPDATE checkouts SET unpaid_since = max(updated_at, coalesce(state ->> '$.order.offer.expires_at', 0))
WHERE phase IN ('aborted', 'expired', 'terminated', 'failed') AND NOT EXISTS (
    SELECT 1 FROM json_each(state, '$.attempts') AS attempt
    WHERE attempt.value ->> '$.state' IN ('open', 'starting', 'created', 'authorized')
       OR attempt.value ->> '$.aggregate.authorized' > 0 OR attempt.value ->> '$.aggregate.captured' > 0);
CREATE INDEX checkouts_unpaid ON checkouts (unpaid_since) WHERE unpaid_since IS NOT NULL;
