-- What is listed in order comes from an index in that order.

DROP INDEX pending_browser;
CREATE INDEX pending_browser ON pending (browser, expires_at);

DROP INDEX tokens_user;
CREATE INDEX tokens_user ON tokens (user_id, created_at);

DROP INDEX reserved_usernames_user;
CREATE INDEX reserved_usernames_user ON reserved_usernames (user_id, username);
