-- People, the devices they are signed in on, and the sessions of scs.

CREATE TABLE users (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	username        TEXT NOT NULL UNIQUE,
	email           TEXT NOT NULL,
	email_key       TEXT NOT NULL UNIQUE,
	name            TEXT NOT NULL DEFAULT '',
	password_scheme TEXT NOT NULL DEFAULT '',
	password_hash   TEXT NOT NULL DEFAULT '',
	password_cost   INTEGER NOT NULL DEFAULT 0,
	epoch           INTEGER NOT NULL DEFAULT 0,
	created_at      TIMESTAMP NOT NULL,
	disabled_at     TIMESTAMP
);

CREATE INDEX users_password_cost ON users (password_cost);

CREATE TABLE signins (
	id         TEXT PRIMARY KEY,
	user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	proved_at  TIMESTAMP NOT NULL,
	seen_at    TIMESTAMP NOT NULL,
	ends_at    TIMESTAMP NOT NULL,
	idle_at    TIMESTAMP NOT NULL,
	kept       BOOLEAN NOT NULL,
	address    TEXT NOT NULL,
	agent      TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX signins_user ON signins (user_id);
CREATE INDEX signins_idle ON signins (idle_at);

-- The shape that sqlite3store asks for. No foreign key may point here: it
-- commits with REPLACE.
CREATE TABLE sessions (
	token  TEXT PRIMARY KEY,
	data   BLOB NOT NULL,
	expiry REAL NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_expiry ON sessions (expiry);
