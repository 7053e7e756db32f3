-- What chores look up by: whether an order has something to be done, and webhooks that were worked on long ago.
CREATE INDEX outbox_checkout ON outbox (checkout_id);
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;
