-- The second step of a sign-in. second_at is since when a password alone signs nobody in.
ALTER TABLE users ADD COLUMN second_at TIMESTAMP;

-- The browser that trust and a token in a cookie name together is not asked for the second step.
ALTER TABLE devices ADD COLUMN trust TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN trusted_until TIMESTAMP;

-- Authenticator apps. last_step is the latest whose code was used; confirmed says that the address of the account
-- was confirmed when the app was set up.
CREATE TABLE totp (
	user_id    INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	sealed     BLOB NOT NULL,
	last_step  INTEGER NOT NULL,
	confirmed  BOOLEAN NOT NULL,
	created_at TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE TABLE recovery_codes (
	user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash       TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	used_at    TIMESTAMP,
	PRIMARY KEY (user_id, hash)
) WITHOUT ROWID;
