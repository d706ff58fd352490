-- What people are found by beyond their username and address: the name folded, and the same with its last word first.
-- NULL where there is no name, and until that was folded (store/fold.go).
ALTER TABLE users ADD COLUMN name_key TEXT;
ALTER TABLE users ADD COLUMN name_turned TEXT;
CREATE INDEX users_name ON users (name_key, id) WHERE name_key IS NOT NULL;
CREATE INDEX users_turned ON users (name_turned, id) WHERE name_turned IS NOT NULL;
CREATE INDEX users_unfolded ON users (id) WHERE name_key IS NULL AND name <> '';
CREATE INDEX users_disabled ON users (id) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_shut ON users (id) WHERE closed_at IS NOT NULL;
CREATE INDEX users_unconfirmed ON users (id) WHERE confirmed_at IS NULL;
CREATE INDEX users_old_password ON users (id) WHERE password_scheme <> '' AND password_scheme <> 'bcrypt-hmac-sha384';

-- A copy of the version before changes a name and knows nothing of its keys: then they are folded again.
CREATE TRIGGER users_unfold AFTER UPDATE OF name ON users
WHEN NEW.name <> OLD.name AND NEW.name_key IS NOT NULL AND NEW.name_key IS OLD.name_key
BEGIN
	UPDATE users SET name_key = NULL, name_turned = NULL WHERE id = NEW.id;
END;

-- Activity is listed by the account, by what happened, and by the network address. So is the audit.
DROP INDEX events_at;
CREATE INDEX events_at ON events (at, id);
CREATE INDEX events_name ON events (name, id);
CREATE INDEX events_address ON events (address, id);
CREATE INDEX audit_address ON audit (address, id);

-- Of a letter stays for a week whose it was and how it ended, and never what it said. token is the digest of the token in
-- it, by which a revoked invitation finds a letter that still waits.
ALTER TABLE letters ADD COLUMN user_id INTEGER REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE letters ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE letters ADD COLUMN ended_at TIMESTAMP;
ALTER TABLE letters ADD COLUMN token TEXT NOT NULL DEFAULT '';
CREATE INDEX letters_user ON letters (user_id, id);
CREATE INDEX letters_token ON letters (token) WHERE token <> '';
-- The hour for which the letters to an address are counted is short beside the week for which their rows stay.
CREATE INDEX letters_counted ON letters (created_at) WHERE address <> '';
