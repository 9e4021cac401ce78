-- How contacts were found, and whether their certificates may be used.
-- state: 'accepted', or 'pending' until a person confirms it.
ALTER TABLE contact ADD COLUMN state TEXT NOT NULL DEFAULT 'accepted';
-- SHA-256 of the key that certified it, hex: whether another comes from the same authority.
ALTER TABLE contact ADD COLUMN issuer_key TEXT;
-- When a message or a server last showed it; when it was last looked for.
ALTER TABLE contact ADD COLUMN seen_at INTEGER;
ALTER TABLE contact ADD COLUMN checked_at INTEGER;

-- Mails that were harvested and need not be looked at again.
CREATE TABLE harvested (
	item TEXT PRIMARY KEY,
	harvested_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
