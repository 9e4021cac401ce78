-- What was fetched and verdicts that were given.

PRAGMA user_version = 2;
