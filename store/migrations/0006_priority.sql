-- A letter that somebody waits for does not wait for others: 0 is awaited, 1 a
-- notice, 2 written in bulk. A copy of the version before writes no priority.

ALTER TABLE letters ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;

UPDATE letters SET priority = 1
	WHERE sealed IS NOT NULL AND kind IN ('address-changed', 'password-changed', 'new-device', 'closed', 'password-off');
UPDATE letters SET priority = 2 WHERE sealed IS NOT NULL AND kind = 'invite';

DROP INDEX letters_due;
CREATE INDEX letters_turn ON letters (priority, due_at) WHERE sealed IS NOT NULL;
