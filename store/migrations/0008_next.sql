-- Whoever had asked for a page before they registered gets there once their
-- address is confirmed.

ALTER TABLE pending ADD COLUMN next TEXT NOT NULL DEFAULT '';
