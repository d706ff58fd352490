-- What people do with their account: known devices, events, counters of failed
-- tries, changes of the username, closing.

ALTER TABLE users ADD COLUMN renamed_at TIMESTAMP;
ALTER TABLE users ADD COLUMN closed_at TIMESTAMP;

CREATE INDEX users_closed ON users (closed_at) WHERE closed_at IS NOT NULL;

-- id is what a session names and changes with every proof; handle is what its
-- owner names it by and stays.
ALTER TABLE signins ADD COLUMN handle TEXT NOT NULL DEFAULT '';
ALTER TABLE signins ADD COLUMN device TEXT NOT NULL DEFAULT '';
UPDATE signins SET handle = lower(hex(randomblob(16)));

-- Browsers in which a person has signed in before, by the SHA-256 of their
-- cookie.
CREATE TABLE devices (
	user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	device     TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	seen_at    TIMESTAMP NOT NULL,
	PRIMARY KEY (user_id, device)
) WITHOUT ROWID;

CREATE INDEX devices_seen ON devices (seen_at);

CREATE TABLE events (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	at       TIMESTAMP NOT NULL,
	name     TEXT NOT NULL,
	operator BOOLEAN NOT NULL,
	address  TEXT NOT NULL,
	agent    TEXT NOT NULL,
	request  TEXT NOT NULL,
	detail   TEXT NOT NULL
);

CREATE INDEX events_user ON events (user_id, id);
CREATE INDEX events_at ON events (at);

CREATE TRIGGER events_stay BEFORE UPDATE ON events
BEGIN
	SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TABLE throttles (
	bucket      TEXT PRIMARY KEY,
	failures    INTEGER NOT NULL,
	failed_at   TIMESTAMP NOT NULL,
	waits_until TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE INDEX throttles_failed ON throttles (failed_at);

-- Usernames that nobody has and only user_id, if anybody, may have.
CREATE TABLE reserved_usernames (
	username TEXT PRIMARY KEY,
	user_id  INTEGER REFERENCES users (id) ON DELETE SET NULL,
	until    TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE INDEX reserved_usernames_user ON reserved_usernames (user_id);
CREATE INDEX reserved_usernames_until ON reserved_usernames (until);
