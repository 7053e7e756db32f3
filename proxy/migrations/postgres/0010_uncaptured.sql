-- What is reserved for an order and neither captured nor let go, in minor units, so that those who watch over it need not read every order
-- that was ever paid.
ALTER TABLE checkouts ADD COLUMN uncaptured BIGINT NOT NULL DEFAULT 0;
UPDATE checkouts SET uncaptured = coalesce((
    SELECT max((attempt.value #>> '{aggregate,authorized}')::bigint - (attempt.value #>> '{aggregate,captured}')::bigint
        - (attempt.value #>> '{aggregate,cancelled}')::bigint)
    FROM json_array_elements(state -> 'attempts') AS attempt (value) WHERE attempt.value ->> 'state' = 'authorized'), 0)
WHERE phase = 'authorized';
CREATE INDEX checkouts_uncaptured ON checkouts (created_at) WHERE uncaptured > 0;
