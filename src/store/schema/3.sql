-- Where keys lie and how certificates were got.

-- token: the URI (RFC 7512) of a key that lies on a token; key is empty then.
ALTER TABLE identity ADD COLUMN token TEXT;
-- origin: "import", "new", "csr", "est", "acme"; detail: what is needed to renew it that way (an address
-- of the server, the folder of the authority).
ALTER TABLE identity ADD COLUMN origin TEXT;
ALTER TABLE identity ADD COLUMN origin_detail TEXT;

PRAGMA user_version = 3;
