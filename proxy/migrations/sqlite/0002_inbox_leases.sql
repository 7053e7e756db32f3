-- A webhook is claimed like an effect: for a while, so that of several who look at the inbox one works on it.
ALTER TABLE inbox ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;
