-- How contacts were found.

PRAGMA user_version = 4;
