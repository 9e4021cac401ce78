-- What was fetched and verdicts that were given.

-- Entries are verified anew when they are used: this is no place of trust.
CREATE TABLE cache (
	key TEXT PRIMARY KEY,
	data BLOB NOT NULL,
	until INTEGER NOT NULL
) STRICT;
CREATE INDEX cache_by_until ON cache (until);

-- The first good verdict of a message, so that it can be read when its certificates have ended.
CREATE TABLE verdict (
	digest BLOB PRIMARY KEY,
	time INTEGER NOT NULL,
	result TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where an anchor came from: a file of the user's, or the public e-mail roots of the system. Those
-- may be trusted for certificates that begin before some time only.
ALTER TABLE anchor ADD COLUMN source TEXT NOT NULL DEFAULT 'file';
ALTER TABLE anchor ADD COLUMN distrust_after INTEGER;

PRAGMA user_version = 2;
