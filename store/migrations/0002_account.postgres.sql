-- What people do with their account: known devices, events, counters of failed
-- tries, changes of the username, closing.

ALTER TABLE users ADD COLUMN renamed_at TIMESTAMPTZ;
ALTER TABLE users ADD COLUMN closed_at TIMESTAMPTZ;

CREATE INDEX users_closed ON users (closed_at) WHERE closed_at IS NOT NULL;

-- id is what a session names and changes with every proof; handle is what its
-- owner names it by and stays.
ALTER TABLE signins ADD COLUMN handle TEXT NOT NULL DEFAULT '';
ALTER TABLE signins ADD COLUMN device TEXT NOT NULL DEFAULT '';
UPDATE signins SET handle = replace(gen_random_uuid()::text, '-', '');

-- Browsers in which a person has signed in before, by the SHA-256 of their
-- cookie.
CREATE TABLE devices (
	user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	device     TEXT NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	seen_at    TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (user_id, device)
);

CREATE INDEX devices_seen ON devices (seen_at);

CREATE TABLE events (
	id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_id  BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	at       TIMESTAMPTZ NOT NULL,
	name     TEXT NOT NULL,
	operator BOOLEAN NOT NULL,
	address  TEXT NOT NULL,
	agent    TEXT NOT NULL,
	request  TEXT NOT NULL,
	detail   TEXT NOT NULL
);

CREATE INDEX events_user ON events (user_id, id);
CREATE INDEX events_at ON events (at);

CREATE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'events are never changed';
END;
$$;

CREATE TRIGGER events_stay BEFORE UPDATE ON events
FOR EACH ROW EXECUTE FUNCTION events_stay();

-- What belongs to a person is found as a range of buckets, by their bytes.
CREATE TABLE throttles (
	bucket      TEXT COLLATE "C" PRIMARY KEY,
	failures    INTEGER NOT NULL,
	failed_at   TIMESTAMPTZ NOT NULL,
	waits_until TIMESTAMPTZ NOT NULL
);

CREATE INDEX throttles_failed ON throttles (failed_at);

-- Usernames that nobody has and only user_id, if anybody, may have.
CREATE TABLE reserved_usernames (
	username TEXT PRIMARY KEY,
	user_id  BIGINT REFERENCES users (id) ON DELETE SET NULL,
	until    TIMESTAMPTZ NOT NULL
);

CREATE INDEX reserved_usernames_user ON reserved_usernames (user_id);
CREATE INDEX reserved_usernames_until ON reserved_usernames (until);
