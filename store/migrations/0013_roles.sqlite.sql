-- Roles. What a role allows is code (store/role.go); a name that the program does not know allows nothing.
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT '';
CREATE INDEX users_staff ON users (id) WHERE role <> '';

-- What only one at a time may do, on all copies together.
CREATE TABLE locks (
	name TEXT PRIMARY KEY,
	at   TIMESTAMP NOT NULL
) WITHOUT ROWID;

-- Invitations: the role that they carry, their name in addresses, and who wrote them. by_id refers to nobody, so that
-- erasing somebody looks through no other table.
ALTER TABLE tokens ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN handle TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN by_id INTEGER;
-- Those that are open already get a name as well, so that they can be revoked.
UPDATE tokens SET handle = hex(randomblob(5)) WHERE purpose = 'invite' AND used_at IS NULL;
CREATE INDEX tokens_invites ON tokens (expires_at, handle) WHERE purpose = 'invite' AND handle <> '';
CREATE INDEX tokens_handle ON tokens (handle) WHERE handle <> '';
CREATE INDEX tokens_by ON tokens (by_id) WHERE by_id IS NOT NULL;

-- actor_id is the administrator who did it, if it was one.
ALTER TABLE events ADD COLUMN actor_id INTEGER;

-- What administrators and the operator did. It outlives whom it was done to, so it refers to nobody.
CREATE TABLE audit (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	at         TIMESTAMP NOT NULL,
	name       TEXT NOT NULL,
	actor_id   INTEGER,
	actor      TEXT NOT NULL,
	subject_id INTEGER,
	detail     TEXT NOT NULL,
	reason     TEXT NOT NULL,
	address    TEXT NOT NULL,
	agent      TEXT NOT NULL,
	request    TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_subject ON audit (subject_id, id);
CREATE INDEX audit_name ON audit (name, id);

-- The one change is that a reason is emptied once its subject is erased.
CREATE TRIGGER audit_stay BEFORE UPDATE ON audit
WHEN NEW.reason <> '' OR NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW.name <> OLD.name OR NEW.actor_id IS NOT OLD.actor_id
	OR NEW.actor <> OLD.actor OR NEW.subject_id IS NOT OLD.subject_id OR NEW.detail <> OLD.detail
	OR NEW.address <> OLD.address OR NEW.agent <> OLD.agent OR NEW.request <> OLD.request
	OR EXISTS (SELECT 1 FROM users WHERE users.id = OLD.subject_id)
BEGIN
	SELECT RAISE(ABORT, 'the audit is never changed');
END;
