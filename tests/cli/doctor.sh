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

finish
