-- What is done by the clock, and when each is to be done next. Whoever does one moves its time on first, so that the others leave it alone.
CREATE TABLE chores (
    name TEXT PRIMARY KEY,
    due_at BIGINT NOT NULL
);
