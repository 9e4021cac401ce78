#!/bin/bash
# doctor: what is wrong, and the command that mends it.
. "$(dirname "$0")/common.bash"

# code NAME: the findings in out have it; fine: it is not there.
code() { json out "'$1' in [f['code'] for f in r]"; }
fine() { json out "'$1' not in [f['code'] for f in r]"; }

expect 64 doctor me
expect 1 doctor
says 'signet identity import'
holds 'looking makes no store' test ! -e "$SIGNET_HOME"
printf 'correct horse\n' >pw
expect 0 ca init --name 'CN=Test CA' --plain-key --algorithm p-256 --days 3650 --at 2026-01-01
expect 0 identity new alice@example.com --plain-key --algorithm p-256 --at 2026-01-01 --days 365
touch -d 2026-01-01 "$SIGNET_HOME"/store.db*

# Nobody is trusted, so nobody's issuer is known; then all is well.
expect 1 doctor --json --at 2026-02-01
code no-anchor
code issuer-unknown
json out 'all(f["severity"] == "warning" and f["remedy"] for f in r)'
expect 0 trust add "$SIGNET_HOME/ca/ca.pem"
touch -d 2026-01-01 "$SIGNET_HOME"/store.db*
expect 0 doctor --at 2026-02-01
says 'nothing is wrong'
expect 0 doctor --at 2026-02-01 --json
json out 'r == []'

# 31, 20, 10, 2 days before the end, and after it.
expect 0 doctor --at 2026-12-01
expect 1 doctor --at 2026-12-12 --json
json out 'r[0]["code"] == "cert-expires" and "in 20 days" in r[0]["text"]'
json out 'r[0]["remedy"].startswith("signet identity renew ") and r[0]["about"] == "alice@example.com"'
expect 1 doctor --at 2026-12-22 --json
json out '"renew it now" in r[0]["text"]'
expect 2 doctor --at 2026-12-30 --json
json out 'r[0]["severity"] == "wrong" and r[0]["code"] == "cert-expires"'
expect 2 doctor --at 2027-01-11 --json
json out 'r[0]["code"] == "cert-expired" and "ago" in r[0]["text"]'

# With a successor the old one may end.
expect 0 identity new alice@example.com --plain-key --algorithm p-256 --at 2026-12-01 --days 365
touch -d 2026-01-01 "$SIGNET_HOME"/store.db*
expect 0 doctor --at 2026-12-30
expect 0 doctor --at 2027-02-01
# One that only signs is no successor of one that also encrypts.
expect 0 identity new bob@example.com --plain-key --algorithm p-256 --at 2026-01-01 --days 365
expect 0 identity new bob@example.com --plain-key --algorithm p-256 --at 2026-12-01 --days 365 --purpose sign
touch -d 2026-01-01 "$SIGNET_HOME"/store.db*
expect 2 doctor --at 2027-02-01 --json
json out '[f["about"] for f in r if f["code"] == "cert-expired"] == ["bob@example.com"]'

# The authority ends.
expect 2 doctor --at 2035-12-20 --json
code anchor-expires
expect 2 doctor --at 2036-01-20 --json
code anchor-expires

# The clock is behind what is on the disk.
touch "$SIGNET_HOME/store.db"
expect 2 doctor --at 2026-02-01 --json
code clock
expect 2 doctor --at 2026-02-01
says 'clock'

# Permissions are the doctor's business, too.
chmod 777 "$SIGNET_HOME"
expect 2 doctor --json --at 2026-12-24
code permissions
chmod 700 "$SIGNET_HOME"
expect 1 doctor --json --at 2026-12-24
fine permissions

# An identity without the certificate of its issuer: readers would not get it either.
expect 0 ca init --dir root --name 'CN=Root' --plain-key --algorithm p-256
expect 0 ca init --dir sub --name 'CN=Sub' --plain-key --algorithm p-256 --under root
expect 0 --home other identity new carol@example.com --ca sub --plain-key --algorithm p-256
expect 0 --home other identity export carol@example.com --with-key --format pem --plain-key -o carol.pem
openssl x509 -in carol.pem -out leaf.pem
openssl pkey -in carol.pem -out leaf.key
expect 0 --home carol trust add root/ca.pem
expect 0 --home carol identity import leaf.pem leaf.key --plain-key
expect 2 --home carol doctor --json
code intermediate-missing
json out '"signet identity import" in r[0]["remedy"] and "CN=Sub" in r[0]["remedy"]'
expect 67 --home carol identity import "$SIGNET_HOME/ca/ca.pem"
expect 0 --home carol identity import sub/ca.pem
expect 0 --home carol doctor
expect 0 --home carol identity list --json
json out 'len(r) == 1 and r[0]["key"] == "plain"'
message bob@example.com | sed 's/^From:.*/From: carol@example.com\r/' >m.eml
expect 0 --home carol sign m.eml -o s.eml
expect 0 verify --no-store --trust root/ca.pem s.eml

# What is wrong with contacts is the doctor's business, too.
expect 0 --home other identity export carol@example.com -o c.pem
expect 0 --home carol contact import c.pem --address someone@example.com
expect 2 --home carol doctor --json
json out 'any(f["about"].startswith("someone@example.com") for f in r)'

# How a certificate is renewed is how it was got: what came from elsewhere is asked for by hand, and
# each remedy does what it says when it is typed.
export SIGNET_HOME=$work/ways
expect 0 ca init --name 'CN=CA' --plain-key --algorithm p-256 --at 2026-01-01 --days 3650
expect 0 trust add ways/ca/ca.pem
expect 0 identity new own@example.com --plain-key --algorithm p-256 --at 2026-01-01 --days 365
expect 0 ca issue file@example.com --at 2026-01-01 --days 365 --algorithm p-256 --plain-key -o file.pem
expect 0 identity import file.pem --plain-key
expect 2 doctor --at 2026-12-30 --json
json out '[f["remedy"].split("   ")[0][:22] for f in r] == ["signet enroll csr file", "signet identity renew "]'
json out 'r[1]["remedy"].endswith("as it was got")'
python3 -c 'import json; print("\n".join(f["remedy"].split("   ")[0][7:] for f in json.load(open("out"))))' >remedies
while read -r -a remedy; do
	expect 0 "${remedy[@]}" --plain-key
done <remedies
holds 'the request is there' openssl req -in request.csr -verify -noout
# One without an address, or revoked, is none to be renewed without being named.
openssl req -x509 -newkey rsa:2048 -nodes -keyout nobody.key -out nobody.pem -subj /CN=Nobody -days 100 2>err
expect 0 --home nobody identity import nobody.pem nobody.key --plain-key
expect 2 --home nobody doctor --json
json out '[f["remedy"][:17] for f in r if f["code"] == "certificate-without-address"] == ["signet enroll csr"]'
json out 'all(f["remedy"] for f in r)'

finish
