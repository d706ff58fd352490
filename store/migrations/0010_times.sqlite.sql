-- The time zone that a person chose, or nothing for that of their browser, and when they last changed their password.

ALTER TABLE users ADD COLUMN zone TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN password_at TIMESTAMP;
