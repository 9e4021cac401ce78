#!/bin/bash
# identity, contact, trust and ca: the store.
. "$(dirname "$0")/common.bash"

printf 'correct horse\n' >pw
printf 'wrong\n' >pw-wrong
printf '\n' >pw-empty

# An empty store is no error, and looking makes nothing.
for list in 'identity list' 'contact list' 'trust list'; do
	# shellcheck disable=SC2086
	expect 0 $list
	silent
	# shellcheck disable=SC2086
	expect 0 $list --json
	json out 'r == []'
done
expect 67 identity show alice@example.com
expect 67 identity default alice@example.com
expect 67 identity delete alice@example.com
expect 67 identity export alice@example.com
expect 67 contact show bob@example.com
expect 67 contact delete bob@example.com
expect 67 contact export bob@example.com
expect 67 trust remove 0123456789abcdef
holds 'looking makes no store' test ! -e "$SIGNET_HOME"

# Without an authority: 67, and the cure in words.
expect 67 identity new alice@example.com --plain-key
says 'signet ca init'
expect 67 identity new alice@example.com --plain-key --ca nowhere
says 'nowhere'
expect 67 ca list

# An authority.
expect 2 ca init --name 'CN=Test CA,O=Example'
says '--passphrase-file'
expect 64 ca init --name 'CN=Test CA' --plain-key --days 0
expect 64 ca init --name 'CN=Test CA' --plain-key --days 12x
expect 64 ca init --name 'CN=Test CA' --plain-key --domain 'a@b'
expect 64 ca init --name 'CN=Test CA' --plain-key --under cert.pem
expect 66 ca init --name 'CN=Test CA' --passphrase-file missing
expect 2 ca init --name 'CN=Test CA' --passphrase-file pw-empty
holds 'a failed init leaves no authority' test ! -e "$SIGNET_HOME/ca/ca.pem"
expect 0 ca init --name 'CN=Test CA,O=Example' --passphrase-file pw --algorithm p-256
holds 'the folder is 0700' test "$(stat -c %a "$SIGNET_HOME/ca")" = 700
holds 'the home is 0700' test "$(stat -c %a "$SIGNET_HOME")" = 700
holds 'the key is 0600' test "$(stat -c %a "$SIGNET_HOME/ca/ca.key")" = 600
holds 'the key is encrypted' grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$SIGNET_HOME/ca/ca.key"
expect 73 ca init --name 'CN=Other CA' --passphrase-file pw
says 'already'

# Identities: the wrong passphrase of the authority, an address that is none.
expect 2 identity new alice@example.com --passphrase-file pw-wrong
expect 2 identity new alice@example.com
expect 64 identity new 'not an address' --passphrase-file pw
expect 64 identity new alice@example.com --passphrase-file pw --purpose dance
expect 64 identity new alice@example.com --passphrase-file pw --algorithm rot13
expect 0 ca list --json
json out 'r == []'
expect 0 identity new alice@example.com --passphrase-file pw --algorithm p-256 --at 2026-01-01
expect 0 identity new alice@example.com --passphrase-fd 5 --algorithm p-256 --at 2026-02-01 5<pw
expect 64 identity new alice@example.com --passphrase-fd x
expect 66 identity new alice@example.com --passphrase-fd 999
holds 'the store is 0600' test "$(stat -c %a "$SIGNET_HOME/store.db")" = 600
expect 0 identity list --json
json out 'len(r) == 2 and all(i["key"] == "passphrase" for i in r)'
json out 'r[0]["not_before"] > r[1]["not_before"]'
json out 'r[0]["addresses"] == ["alice@example.com"] and r[0]["issuer"] == "CN=Test CA,O=Example"'
newer=$(python3 -c 'import json; print(json.load(open("out"))[0]["fingerprint"])')
older=$(python3 -c 'import json; print(json.load(open("out"))[1]["fingerprint"])')
expect 0 identity show ALICE@Example.com
prints "$newer"
expect 67 identity show bob@example.com
expect 64 identity default alice@example.com
says 'fingerprint'
expect 0 identity default "$(echo "$older" | tr a-f A-F | sed 's/../&:/g; s/:$//')"
expect 0 identity list --json
json out "r[0]['fingerprint'] == '$older' and r[0]['default'] and not r[1]['default']"
expect 67 identity show "${older:0:7}"
expect 0 identity show "${older:0:8}"

# Export: certificates need no passphrase, keys do.
expect 0 identity export "$newer"
holds 'PEM for openssl' openssl verify -CAfile "$SIGNET_HOME/ca/ca.pem" -purpose any out
expect 0 identity export "$newer" -o alice.der
holds 'DER by its name' openssl x509 -inform DER -in alice.der -noout
expect 2 identity export "$newer" -o alice.p12
holds 'no file without a passphrase' test ! -e alice.p12
expect 2 identity export "$newer" -o alice.p12 --passphrase-file pw-wrong
holds 'no file with a wrong passphrase' test ! -e alice.p12
expect 0 identity export "$newer" -o alice.p12 --passphrase-file pw
holds 'PKCS#12 is 0600' test "$(stat -c %a alice.p12)" = 600
holds 'PKCS#12 for openssl' \
	openssl pkcs12 -in alice.p12 -passin 'pass:correct horse' -nodes -out alice-all.pem
expect 0 identity export "$newer" --with-key --plain-key --passphrase-file pw -o alice-key.pem
holds 'PEM with its key' grep -q 'BEGIN PRIVATE KEY' alice-key.pem
expect 64 identity export "$newer" --format jpeg
expect 73 identity export "$newer" -o no/such/folder/x.pem

# Delete, and take in again what was exported: PKCS#12, PEM in one file, PEM in two.
for from in alice.p12 alice-all.pem alice-key.pem; do
	expect 0 identity delete "$newer"
	expect 67 identity show "$newer"
	expect 0 identity import "$from" --passphrase-file pw
	expect 0 identity show "$newer"
done
openssl pkey -in alice-all.pem -out alice.key
expect 0 identity delete "$newer"
expect 67 identity import alice.key --plain-key
expect 67 identity import alice.der --plain-key
says 'contact import'
expect 0 identity import alice.key alice.der --plain-key
expect 0 identity show "$newer" --json
json out 'r[0]["key"] == "plain"'
expect 2 identity import alice.p12 --passphrase-file pw-wrong
expect 66 identity import missing.p12 --plain-key
head -c 300 alice.p12 >cut.p12
expect 65 identity import cut.p12 --passphrase-file pw
expect 65 identity import pw --plain-key
: >empty
expect 65 identity import empty --plain-key
expect 64 identity delete alice@example.com

# Contacts.
expect 0 ca issue bob@example.com -o bob.p12 --passphrase-file pw --algorithm p-256
openssl pkcs12 -in bob.p12 -passin 'pass:correct horse' -nokeys -clcerts 2>/dev/null |
	openssl x509 -out bob.pem
expect 65 contact import pw
expect 66 contact import missing.pem
expect 66 contact import bob.pem missing.pem
expect 0 contact list --json
json out 'r == []'
expect 0 contact import bob.pem
expect 0 contact import bob.pem
expect 0 contact list --json
json out 'len(r) == 1 and r[0]["address"] == "bob@example.com" and r[0]["source"] == "import"'
expect 0 contact show BOB@example.com
expect 0 contact import bob.pem --address robert@example.net --domain example.org
expect 0 contact list
prints 'robert@example.net'
prints 'example.org'
expect 0 contact list --json
json out '[c["domain"] for c in r if c["address"] == "example.org"] == [True]'
expect 67 contact import "$SIGNET_HOME/ca/ca.pem"
says 'trust add'
expect 0 contact export bob@example.com
holds 'the same certificate' cmp out bob.pem
expect 0 contact delete robert@example.net
expect 67 contact show robert@example.net
expect 0 contact show bob@example.com

# Trust.
expect 66 trust add missing.pem
expect 65 trust add pw
expect 64 trust add "$SIGNET_HOME/ca/ca.pem" --domain 'a b'
expect 0 trust list --json
json out 'r == []'
expect 0 trust add "$SIGNET_HOME/ca/ca.pem" --domain Example.com --domain example.net
expect 0 trust list --json
json out 'len(r) == 1 and r[0]["domains"] == ["example.com", "example.net"]'
expect 0 trust add "$SIGNET_HOME/ca/ca.pem"
expect 0 trust list --json
json out 'len(r) == 1 and r[0]["domains"] == []'
openssl crl2pkcs7 -nocrl -certfile "$SIGNET_HOME/ca/ca.pem" -certfile bob.pem -out both.p7b
openssl crl2pkcs7 -nocrl -certfile bob.pem -out bob.p7b
expect 67 trust remove 'CN=Nobody'
expect 0 trust remove 'CN=Test CA,O=Example'
expect 67 trust remove 'CN=Test CA,O=Example'
expect 67 trust add bob.p7b
expect 0 trust add both.p7b
expect 0 trust list --json
json out 'len(r) == 1 and r[0]["subject"] == "CN=Test CA,O=Example"'
expect 0 trust add bob.pem
expect 0 trust list --json
json out 'len(r) == 2'
finish
