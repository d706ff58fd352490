-- What mail is for: confirmed addresses, tokens in links, registrations that
-- wait for theirs, letters on their way.

ALTER TABLE users ADD COLUMN confirmed_at TIMESTAMP;
ALTER TABLE users ADD COLUMN wrong_passwords INTEGER NOT NULL DEFAULT 0;

-- hash is the SHA-256 of the token, email the address it was sent for.
CREATE TABLE tokens (
	hash       TEXT PRIMARY KEY,
	purpose    TEXT NOT NULL,
	user_id    INTEGER REFERENCES users (id) ON DELETE CASCADE,
	email      TEXT NOT NULL,
	email_key  TEXT NOT NULL,
	epoch      INTEGER NOT NULL,
	created_at TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL,
	used_at    TIMESTAMP
) WITHOUT ROWID;

CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_email ON tokens (email_key);
CREATE INDEX tokens_expires ON tokens (expires_at);

-- Each holds its username until it expires. One without a hash was asked for
-- with the address of an account; nobody can confirm it.
CREATE TABLE pending (
	username        TEXT PRIMARY KEY,
	email           TEXT NOT NULL,
	email_key       TEXT NOT NULL,
	name            TEXT NOT NULL,
	password_scheme TEXT NOT NULL,
	password_hash   TEXT NOT NULL,
	password_cost   INTEGER NOT NULL,
	hash            TEXT UNIQUE,
	browser         TEXT NOT NULL,
	expires_at      TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE INDEX pending_email ON pending (email_key);
CREATE INDEX pending_browser ON pending (browser);
CREATE INDEX pending_expires ON pending (expires_at);

-- sealed holds the address and all that the letter says; it is gone once the
-- letter is delivered or given up. What stays for a while counts the letters
-- to an address.
CREATE TABLE letters (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT NOT NULL,
	address    TEXT NOT NULL,
	sealed     BLOB,
	tries      INTEGER NOT NULL DEFAULT 0,
	created_at TIMESTAMP NOT NULL,
	due_at     TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL
);

CREATE INDEX letters_due ON letters (due_at) WHERE sealed IS NOT NULL;
CREATE INDEX letters_address ON letters (address, kind, created_at);
CREATE INDEX letters_created ON letters (created_at);

-- Locked while a letter to an address is written, so that letters written at
-- the same moment count each other.
CREATE TABLE letter_addresses (
	address TEXT PRIMARY KEY,
	at      TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE INDEX letter_addresses_at ON letter_addresses (at);
