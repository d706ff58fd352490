-- The second step of a sign-in. second_at is since when a password alone signs nobody in.
ALTER TABLE users ADD COLUMN second_at TIMESTAMPTZ;

-- The browser that trust and a token in a cookie name together is not asked for the second step.
ALTER TABLE devices ADD COLUMN trust TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN trusted_until TIMESTAMPTZ;

-- Authenticator apps. last_step is the latest whose code was used; confirmed says that the address of the account
-- was confirmed when the app was set up.
CREATE TABLE totp (
	user_id    BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	sealed     BYTEA NOT NULL,
	last_step  BIGINT NOT NULL,
	confirmed  BOOLEAN NOT NULL,
	created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE recovery_codes (
	user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash       TEXT NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	used_at    TIMESTAMPTZ,
	PRIMARY KEY (user_id, hash)
);
