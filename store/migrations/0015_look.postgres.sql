-- At whose account an administrator looks by a sign-in of theirs, and until when. It refers to nobody: numbers of accounts
-- are never used twice, and erasing somebody looks through no other table.
ALTER TABLE signins ADD COLUMN looks_at_id BIGINT;
ALTER TABLE signins ADD COLUMN looks_until TIMESTAMPTZ;
CREATE INDEX signins_looks ON signins (looks_at_id) WHERE looks_at_id IS NOT NULL;
