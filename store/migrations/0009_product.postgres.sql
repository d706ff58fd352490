-- Letters that a person turned off.
CREATE TABLE unwanted_letters (
	user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (user_id, kind)
);

-- When a job is due, and when it last ended without an error.
CREATE TABLE jobs (
	name    TEXT PRIMARY KEY,
	due_at  TIMESTAMPTZ NOT NULL,
	done_at TIMESTAMPTZ
);
