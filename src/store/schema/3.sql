-- Where keys lie and how certificates were got.

PRAGMA user_version = 3;
