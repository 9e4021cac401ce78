#!/bin/bash
# store backup, restore, check.
. "$(dirname "$0")/common.bash"

printf 'correct horse\n' >pw
printf 'wrong\n' >pw-wrong
printf '\n' >pw-empty

expect 67 store backup b --passphrase-file pw
says 'no store'
expect 0 store check
says 'whole'
holds 'looking makes no store' test ! -e "$SIGNET_HOME"
expect 64 store backup
expect 64 store restore
expect 64 store check more

expect 0 ca init --name 'CN=Test CA' --passphrase-file pw --algorithm p-256
expect 0 identity new alice@example.com --passphrase-file pw --algorithm p-256
expect 0 trust add "$SIGNET_HOME/ca/ca.pem" --domain example.com
printf 'headers = shy\n' >"$SIGNET_HOME/config"
expect 2 store backup b
expect 2 store backup b --passphrase-file pw-empty
holds 'no backup without a passphrase' test ! -e b
expect 73 store backup nowhere/b --passphrase-file pw
expect 0 store backup b --passphrase-file pw
says 'passphrase'
holds 'it is 0600' test "$(stat -c %a b)" = 600
holds 'it is encrypted' bash -c '! grep -aqE "alice@example|SQLite|BEGIN|Test CA" b'

# Over a store that is there: not without --force, and then all of it.
expect 73 store restore b --passphrase-file pw
says '--force'
expect 0 trust remove 'CN=Test CA'
expect 2 store restore b --force --passphrase-file pw-wrong
expect 2 store restore b --force
expect 66 store restore missing --force --passphrase-file pw
expect 0 trust list --json
json out 'r == []'
printf 'headers = none\n' >"$SIGNET_HOME/config"
expect 0 store restore b --force --passphrase-file pw
expect 0 identity list --json
json out 'r[0]["addresses"] == ["alice@example.com"] and r[0]["key"] == "passphrase"'
expect 0 trust list --json
json out 'r[0]["domains"] == ["example.com"]'
holds 'config came back' grep -q shy "$SIGNET_HOME/config"

# Elsewhere, from nothing; the authority goes along.
expect 0 --home there store restore b --passphrase-file pw
expect 0 --home there ca issue bob@example.com --passphrase-file pw --algorithm p-256 -o bob.p12
expect 0 --home there store check
holds 'the folder is 0700' test "$(stat -c %a there)" = 700
holds 'the key is 0600' test "$(stat -c %a there/ca/ca.key)" = 600
expect 73 --home there2/../there store restore b --passphrase-file pw
expect 0 --home there identity show alice@example.com

# Damaged, cut, of somebody else: refused, and nothing is made.
size=$(stat -c %s b)
for at in 1 40 $((size / 2)) $((size - 5)); do
	cp b broken
	printf '\377' | dd of=broken bs=1 seek="$at" conv=notrunc status=none
	cmp -s b broken && printf '\0' | dd of=broken bs=1 seek="$at" conv=notrunc status=none
	"$SIGNET" --home fresh store restore broken --passphrase-file pw >out 2>err </dev/null
	status=$?
	holds "octet $at changed: refused ($status)" test "$status" = 65 -o "$status" = 2
	holds 'and nothing made' test ! -e fresh
done
for part in 0 10 1000 $((size - 1)); do
	head -c "$part" b >broken
	"$SIGNET" --home fresh store restore broken --passphrase-file pw >out 2>err </dev/null
	status=$?
	holds "cut at $part: refused ($status)" test "$status" = 65 -o "$status" = 2
done
printf 'not SQLite\n' >other
expect 0 encrypt --no-store --format der --password-file pw --cipher aes-256-gcm -o other.p7m other
expect 65 --home fresh store restore other.p7m --passphrase-file pw
says 'no backup'

# A file in it that would lie elsewhere.
python3 - <<'PYTHON'
import sqlite3
db = sqlite3.connect("there/store.db")
db.execute("PRAGMA journal_mode = DELETE")
db.execute("CREATE TABLE backup_file (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT")
db.execute("INSERT INTO backup_file VALUES ('../outside', x'41')")
db.commit()
PYTHON
expect 0 encrypt --no-store --format der --password-file pw --cipher aes-256-gcm -o evil.p7m there/store.db
expect 65 --home fresh store restore evil.p7m --passphrase-file pw
says 'outside'
holds 'nothing outside' test ! -e outside

# check: damage, permissions, each with what to do.
chmod 755 "$SIGNET_HOME"
chmod 644 "$SIGNET_HOME/store.db" "$SIGNET_HOME/ca/ca.key"
chmod 666 "$SIGNET_HOME/config"
expect 2 store check --json
json out '[f["code"] for f in r] == ["permissions"] * 3'
json out 'all(f["severity"] == "wrong" and f["remedy"].startswith("chmod go-rwx ") for f in r)'
python3 -c 'import json; [print(f["remedy"]) for f in json.load(open("out"))]' | sh
expect 0 store check
dd if=/dev/urandom of="$SIGNET_HOME/store.db" bs=512 seek=9 count=60 conv=notrunc status=none
expect 2 store check
says 'store restore'
head -c 100000 /dev/urandom >"$SIGNET_HOME/store.db"
expect 2 store check --json
json out 'r[0]["code"] == "store-damaged"'
expect 74 identity list
expect 74 store restore b --passphrase-file pw
expect 0 store restore b --force --passphrase-file pw
says 'damaged'
expect 0 store check
expect 0 identity show alice@example.com

finish
