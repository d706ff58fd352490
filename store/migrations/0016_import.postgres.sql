-- Passwords of earlier systems: their kind, and until when they are good. Both are empty for our own, and emptied
-- wherever a password is replaced or removed.
ALTER TABLE users ADD COLUMN password_kind TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN password_until TIMESTAMPTZ;
UPDATE users SET password_kind = 'bcrypt' WHERE password_scheme = 'bcrypt';
CREATE INDEX users_password_kind ON users (password_kind) WHERE password_kind <> '';
CREATE INDEX users_password_until ON users (password_until) WHERE password_until IS NOT NULL;

CREATE FUNCTION users_own_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.password_kind := '';
	NEW.password_until := NULL;
	RETURN NEW;
END;
$$;

CREATE TRIGGER users_own_password BEFORE UPDATE OF password_hash ON users
FOR EACH ROW WHEN (OLD.password_kind <> '' AND NEW.password_hash <> OLD.password_hash)
EXECUTE FUNCTION users_own_password();
