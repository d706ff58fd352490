-- The age of the oldest letter that waits is one look, however many were
-- delivered.

CREATE INDEX letters_waiting ON letters (created_at) WHERE sealed IS NOT NULL;
