-- Passkeys (WebAuthn). passkeys is how many somebody has, passkey_user the name by which their passkeys know them. signins.passkey
-- is the handle of the passkey that made a sign-in.
ALTER TABLE users ADD COLUMN passkeys INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN passkey_user BYTEA;
ALTER TABLE signins ADD COLUMN passkey TEXT NOT NULL DEFAULT '';

-- confirmed says that the address of the account was confirmed when the passkey was added.
CREATE TABLE passkeys (
	id              BYTEA CONSTRAINT "passkeys.id" PRIMARY KEY,
	user_id         BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	handle          TEXT NOT NULL,
	domain          TEXT NOT NULL,
	name            TEXT NOT NULL,
	public_key      BYTEA NOT NULL,
	model           TEXT NOT NULL,
	transports      TEXT NOT NULL,
	sign_count      BIGINT NOT NULL,
	backup_eligible BOOLEAN NOT NULL,
	backed_up       BOOLEAN NOT NULL,
	confirmed       BOOLEAN NOT NULL,
	created_at      TIMESTAMPTZ NOT NULL,
	used_at         TIMESTAMPTZ
);
CREATE INDEX passkeys_user ON passkeys (user_id, created_at);

-- The challenges that were answered: each is good once.
CREATE TABLE challenges (
	hash       TEXT PRIMARY KEY,
	expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX challenges_expires ON challenges (expires_at);
