-- Every certificate the store has seen, once.
CREATE TABLE certificate (
	id INTEGER PRIMARY KEY,
	fingerprint TEXT NOT NULL UNIQUE,
	der BLOB NOT NULL,
	not_before INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	is_ca INTEGER NOT NULL,
	added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE identity (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	certificate_id INTEGER NOT NULL UNIQUE REFERENCES certificate (id),
	key BLOB NOT NULL,
	is_key_encrypted INTEGER NOT NULL,
	is_default INTEGER NOT NULL DEFAULT 0,
	added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE identity_address (
	identity_id INTEGER NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
	address TEXT NOT NULL,
	PRIMARY KEY (identity_id, address)
) STRICT;
CREATE INDEX identity_by_address ON identity_address (address);

CREATE TABLE identity_chain (
	identity_id INTEGER NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	certificate_id INTEGER NOT NULL REFERENCES certificate (id),
	PRIMARY KEY (identity_id, position)
) STRICT;

-- heard_at: when the certificate was last known to be in use; its beginning, or a signing-time.
CREATE TABLE contact (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	address TEXT NOT NULL,
	shown_address TEXT NOT NULL,
	is_domain INTEGER NOT NULL,
	certificate_id INTEGER NOT NULL REFERENCES certificate (id),
	capabilities BLOB,
	signing_time INTEGER,
	heard_at INTEGER NOT NULL,
	source TEXT NOT NULL,
	added_at INTEGER NOT NULL,
	UNIQUE (address, certificate_id)
) STRICT;

CREATE TABLE anchor (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	certificate_id INTEGER NOT NULL UNIQUE REFERENCES certificate (id),
	added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE anchor_domain (
	anchor_id INTEGER NOT NULL REFERENCES anchor (id) ON DELETE CASCADE,
	domain TEXT NOT NULL,
	PRIMARY KEY (anchor_id, domain)
) STRICT;

PRAGMA user_version = 1;
