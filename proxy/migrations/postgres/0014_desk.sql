-- Who is at the order desk. All times are milliseconds since 1970, UTC. What a browser shows is random and long, so a plain hash of it
-- tells nothing.

-- A session; `key_prefix` is the shop key that it was opened with, and ends with; NULL where it was opened with a link.
CREATE TABLE desk_sessions (
    hash TEXT PRIMARY KEY,
    key_prefix TEXT,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);

-- A link that opens one session; its row goes when it is used.
CREATE TABLE desk_links (
    hash TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
