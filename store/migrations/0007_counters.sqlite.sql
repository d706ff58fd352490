-- Of the tries that failures counts, those whose password is known to be
-- wrong. The others may still be taken back.

ALTER TABLE throttles ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;

-- When a closed account was first seen whose closed_at is still to come,
-- because the clock was ahead.

ALTER TABLE users ADD COLUMN closed_noted_at TIMESTAMP;
