-- What is reserved for an order and neither captured nor let go, in minor units, so that those who watch over it need not read every order
-- that was ever paid.
ALTER TABLE checkouts ADD COLUMN uncaptured INTEGER NOT NULL DEFAULT 0;
UPDATE checkouts SET uncaptured = coalesce((
    SELECT max((attempt.value ->> '$.aggregate.authorized') - (attempt.value ->> '$.aggregate.captured')
        - (attempt.value ->> '$.aggregate.cancelled'))
    FROM json_each(state, '$.attempts') AS attempt WHERE attempt.value ->> '$.state' = 'authorized'), 0)
WHERE phase = 'authorized';
CREATE INDEX checkouts_uncaptured ON checkouts (created_at) WHERE uncaptured > 0;
