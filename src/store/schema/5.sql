-- Requests whose certificate has not come yet: the key exists, and is worth keeping.
-- settings: lines "option value", as on the command line that began it.
CREATE TABLE pending_request (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	method TEXT NOT NULL,
	url TEXT NOT NULL,
	request BLOB NOT NULL UNIQUE,
	key BLOB NOT NULL,
	is_key_encrypted INTEGER NOT NULL,
	addresses TEXT NOT NULL,
	settings TEXT NOT NULL,
	place TEXT NOT NULL,
	added_at INTEGER NOT NULL
) STRICT;

-- How an identity was got, and so how it is renewed.
CREATE TABLE enrollment (
	identity_id INTEGER PRIMARY KEY REFERENCES identity (id) ON DELETE CASCADE,
	method TEXT NOT NULL,
	url TEXT NOT NULL,
	settings TEXT NOT NULL,
	got_at INTEGER NOT NULL
) STRICT;

-- Account keys (RFC 8555 7.3), one for each directory.
CREATE TABLE acme_account (
	directory TEXT PRIMARY KEY,
	url TEXT NOT NULL,
	key BLOB NOT NULL,
	is_key_encrypted INTEGER NOT NULL,
	added_at INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 5;
