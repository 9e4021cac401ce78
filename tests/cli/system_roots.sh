#!/bin/bash
# trust add --system: the public e-mail roots of NSS's module.
. "$(dirname "$0")/common.bash"

count() { python3 -c 'import json; print(len(json.load(open("out"))))'; }

expect 64 trust remove
expect 64 trust remove --system X
expect 67 trust remove --system
holds 'looking for roots to remove makes no store' test ! -e "$SIGNET_HOME"

# Without the module it says what to install, and makes no store. (The loader finds another one.)
mkdir bad
echo 'no library' >bad/libnssckbi.so
LD_LIBRARY_PATH=$work/bad expect 69 trust add --system
says 'libnss3'
holds 'no store was made' test ! -e "$SIGNET_HOME"

expect 0 trust add --system
says 'public e-mail roots are trusted now'
expect 0 trust list --json
all=$(count)
holds 'there are dozens' test "$all" -gt 40
json out 'all(a["source"] == "system" and a["domains"] == [] for a in r)'
json out 'len({a["fingerprint"] for a in r}) == len(r)'
# Those trusted for e-mail, not those for TLS: each list has some that the other has not.
json out 'any(a["subject"].startswith("CN=HARICA Client") or "SMIME" in a["subject"] or "Secure Mail" in a["subject"] for a in r)'
json out 'not any("TLS" in a["subject"] or a["subject"].startswith("CN=ISRG Root") for a in r)'
# The dates after which NSS believes an authority no longer are kept.
json out 'all(a["distrust_after"] is None or a["distrust_after"] > "2000" for a in r)'
expect 0 trust list
prints '  system  '

# The same as NSS's own tool says, where it is: C in the second place is trust in e-mail.
if command -v certutil >/dev/null; then
	library=$(ldconfig -p | sed -n 's/.* => \(.*libnssckbi\.so\)$/\1/p' | head -n 1)
	mkdir nss
	certutil -N --empty-password -d sql:nss
	modutil -dbdir sql:nss -add roots -libfile "$library" -force >/dev/null 2>&1
	certutil -L -d sql:nss -h all | awk '{ split($NF, t, ","); if (t[2] ~ /C/) n++ } END { print n + 0 }' >nss.count
	holds "as many as certutil shows ($all, $(cat nss.count))" test "$all" -eq "$(cat nss.count)"
fi

# Again: the same ones, once.
expect 0 trust add --system
expect 0 trust list --json
holds 'the same ones' test "$(count)" -eq "$all"

# What the user has said about an authority is not widened.
fingerprint=$(python3 -c 'import json; print(json.load(open("out"))[0]["fingerprint"])')
expect 0 trust remove "$fingerprint"
expect 0 trust list --json
holds 'one less' test "$(count)" -eq $((all - 1))
people alice@example.com
expect 0 trust list --json
json out 'sorted({a["source"] for a in r}) == ["file", "system"]'
expect 0 trust remove --system
expect 0 trust list --json
json out 'len(r) == 1 and r[0]["source"] == "file" and r[0]["subject"] == "CN=Test CA,O=Example"'
expect 67 trust remove --system

# Limited to a domain, as others are.
expect 0 trust add --system --domain example.org
expect 0 trust list --json
json out 'all(a["domains"] == ["example.org"] for a in r if a["source"] == "system")'
expect 0 trust remove --system

# What the system no longer trusts goes, what was the user's own stays as it was.
expect 0 trust add --system
python3 - "$SIGNET_HOME/store.db" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE anchor SET source = 'system' WHERE source = 'file'")
db.execute("UPDATE anchor SET source = 'file' WHERE id = (SELECT max(id) FROM anchor)")
db.execute("INSERT INTO anchor_domain SELECT max(id), 'mine.example' FROM anchor")
db.commit()
END
expect 0 trust add --system
says '1 of them had been added before and stay as they were'
says '1 are public roots no longer and were removed'
expect 0 trust list --json
json out 'not any(a["subject"] == "CN=Test CA,O=Example" for a in r)'
json out '[a["domains"] for a in r if a["source"] == "file"] == [["mine.example"]]'
finish
