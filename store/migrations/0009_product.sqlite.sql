-- Letters that a person turned off.
CREATE TABLE unwanted_letters (
	user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	PRIMARY KEY (user_id, kind)
) WITHOUT ROWID;

-- When a job is due, and when it last ended without an error.
CREATE TABLE jobs (
	name    TEXT PRIMARY KEY,
	due_at  TIMESTAMP NOT NULL,
	done_at TIMESTAMP
) WITHOUT ROWID;
