-- Passwords of earlier systems: their kind, and until when they are good. Both are empty for our own, and emptied
-- wherever a password is replaced or removed.
ALTER TABLE users ADD COLUMN password_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN password_until TIMESTAMP;
UPDATE users SET password_kind = 'bcrypt' WHERE password_scheme = 'bcrypt';
CREATE INDEX users_password_kind ON users (password_kind) WHERE password_kind <> '';
CREATE INDEX users_password_until ON users (password_until) WHERE password_until IS NOT NULL;

CREATE TRIGGER users_own_password AFTER UPDATE OF password_hash ON users
WHEN OLD.password_kind <> '' AND NEW.password_hash <> OLD.password_hash
BEGIN
	UPDATE users SET password_kind = '', password_until = NULL WHERE id = NEW.id;
END;
