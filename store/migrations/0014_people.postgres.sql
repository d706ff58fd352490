-- What people are found by beyond their username and address: the name folded, and the same with its last word first.
-- NULL where there is no name, and until that was folded (store/fold.go).
ALTER TABLE users ADD COLUMN name_key TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN name_turned TEXT COLLATE "C";
CREATE INDEX users_name ON users (name_key, id) WHERE name_key IS NOT NULL;
CREATE INDEX users_turned ON users (name_turned, id) WHERE name_turned IS NOT NULL;
CREATE INDEX users_unfolded ON users (id) WHERE name_key IS NULL AND name <> '';
CREATE INDEX users_disabled ON users (id) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_shut ON users (id) WHERE closed_at IS NOT NULL;
CREATE INDEX users_unconfirmed ON users (id) WHERE confirmed_at IS NULL;
CREATE INDEX users_old_password ON users (id) WHERE password_scheme <> '' AND password_scheme <> 'bcrypt-hmac-sha384';

-- By bytes, as SQLite sorts, or pages of a search would end elsewhere. Nothing is written anew.
ALTER TABLE users ALTER COLUMN username TYPE TEXT COLLATE "C";
ALTER TABLE users ALTER COLUMN email_key TYPE TEXT COLLATE "C";

-- A copy of the version before changes a name and knows nothing of its keys: then they are folded again.
CREATE FUNCTION users_unfold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.name_key := NULL;
	NEW.name_turned := NULL;
	RETURN NEW;
END;
$$;

CREATE TRIGGER users_unfold BEFORE UPDATE OF name ON users
FOR EACH ROW WHEN (NEW.name <> OLD.name AND NEW.name_key IS NOT NULL AND NEW.name_key IS NOT DISTINCT FROM OLD.name_key)
EXECUTE FUNCTION users_unfold();

-- Activity is listed by the account, by what happened, and by the network address. So is the audit.
DROP INDEX events_at;
CREATE INDEX events_at ON events (at, id);
CREATE INDEX events_name ON events (name, id);
CREATE INDEX events_address ON events (address, id);
CREATE INDEX audit_address ON audit (address, id);

-- Of a letter stays for a week whose it was and how it ended, and never what it said. token is the digest of the token in
-- it, by which a revoked invitation finds a letter that still waits.
ALTER TABLE letters ADD COLUMN user_id BIGINT REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE letters ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE letters ADD COLUMN ended_at TIMESTAMPTZ;
ALTER TABLE letters ADD COLUMN token TEXT NOT NULL DEFAULT '';
CREATE INDEX letters_user ON letters (user_id, id);
CREATE INDEX letters_token ON letters (token) WHERE token <> '';
-- The hour for which the letters to an address are counted is short beside the week for which their rows stay.
CREATE INDEX letters_counted ON letters (created_at) WHERE address <> '';
