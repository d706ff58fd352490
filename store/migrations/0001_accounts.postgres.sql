-- People, the devices they are signed in on, and the sessions of scs.
-- Constraints are named as SQLite reports them, so that one switch serves both.

CREATE TABLE users (
	id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	username        TEXT NOT NULL CONSTRAINT "users.username" UNIQUE,
	email           TEXT NOT NULL,
	email_key       TEXT NOT NULL CONSTRAINT "users.email_key" UNIQUE,
	name            TEXT NOT NULL DEFAULT '',
	password_scheme TEXT NOT NULL DEFAULT '',
	password_hash   TEXT NOT NULL DEFAULT '',
	password_cost   INTEGER NOT NULL DEFAULT 0,
	epoch           BIGINT NOT NULL DEFAULT 0,
	created_at      TIMESTAMPTZ NOT NULL,
	disabled_at     TIMESTAMPTZ
);

CREATE INDEX users_password_cost ON users (password_cost);

CREATE TABLE signins (
	id         TEXT PRIMARY KEY,
	user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	proved_at  TIMESTAMPTZ NOT NULL,
	seen_at    TIMESTAMPTZ NOT NULL,
	ends_at    TIMESTAMPTZ NOT NULL,
	idle_at    TIMESTAMPTZ NOT NULL,
	kept       BOOLEAN NOT NULL,
	address    TEXT NOT NULL,
	agent      TEXT NOT NULL
);

CREATE INDEX signins_user ON signins (user_id);
CREATE INDEX signins_idle ON signins (idle_at);

-- The shape that pgxstore asks for.
CREATE TABLE sessions (
	token  TEXT PRIMARY KEY,
	data   BYTEA NOT NULL,
	expiry TIMESTAMPTZ NOT NULL
);

CREATE INDEX sessions_expiry ON sessions (expiry);
