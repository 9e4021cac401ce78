#!/bin/bash
# identity renew: each identity in the way that it was got.
. "$(dirname "$0")/common.bash"
printf 'open sesame\n' >password
servers=
stop() { for server in $servers; do kill "$server" 2>/dev/null; done; rm -rf "$work"; }
trap stop EXIT
await() { for _ in $(seq 100); do [ -s "$1" ] && return; sleep 0.1; done; }
count() { "$SIGNET" identity list "$1" --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))'; }

expect 0 identity renew
says 'nothing is to be renewed'
holds 'no store for that' test ! -e "$SIGNET_HOME/store.db"
expect 67 identity renew alice@example.com

# By the CA of one's own: the same kind of key, another one; the old one stays.
expect 0 ca init --name 'CN=House' --plain-key --algorithm p-256
expect 0 identity new alice@example.com --plain-key --algorithm p-384 --days 20 --purpose sign
expect 0 trust add "$SIGNET_HOME/ca/ca.pem"
expect 0 identity renew alice@example.com
says 'identity of alice@example.com kept'
expect 0 identity list alice@example.com --json
json out 'len(r) == 2 and all(x["algorithm"] == "p-384" and x["usage"] == ["sign"] for x in r)'
message bob@example.com >m.eml
expect 0 sign m.eml -o s.eml
expect 0 verify s.eml --json
json out 'len(r["layers"]) == 1'
# Due or not; what is replaced is left alone.
expect 0 identity renew --if-due --at "$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)"
holds 'renewed, as both end soon' test "$(count alice@example.com)" -eq 3
expect 0 identity new long@example.com --plain-key --algorithm p-256 --days 300
expect 0 identity renew long@example.com --if-due
says 'nothing is to be renewed'
holds 'not before its time' test "$(count long@example.com)" -eq 1
expect 0 identity renew long@example.com --if-due --at "$(date -u -d '+271 days' +%Y-%m-%dT%H:%M:%SZ)"
holds 'but in it' test "$(count long@example.com)" -eq 2
expect 0 identity renew long@example.com --if-due --at "$(date -u -d '+272 days' +%Y-%m-%dT%H:%M:%SZ)"
says 'nothing is to be renewed'
expect 0 identity renew long@example.com --algorithm ed25519 --purpose sign
expect 0 identity list long@example.com --json
json out 'len(r) == 3 and "ed25519" in [x["algorithm"] for x in r]'

# An authority elsewhere, given by a path that was relative.
expect 0 ca init --dir other --name 'CN=Other' --plain-key --algorithm p-256
expect 0 identity new dora@example.com --ca other --plain-key --algorithm p-256
mkdir deep
cd deep || exit 70
expect 0 identity renew dora@example.com
cd .. || exit 70
mv other moved
expect 67 identity renew dora@example.com
holds 'nothing has changed' test "$(count dora@example.com)" -eq 2
expect 0 identity renew dora@example.com --ca moved

# A passphrase is given or asked for; without it nothing is made.
printf 'correct horse\n' >pw
expect 0 identity new pass@example.com --algorithm p-256 --passphrase-file pw
expect 0 identity renew pass@example.com
expect 0 identity list pass@example.com --json
json out 'len(r) == 2 and all(x["key"] == "passphrase" for x in r)'
rm pw
expect 66 identity renew pass@example.com
holds 'nothing has changed' test "$(count pass@example.com)" -eq 2

# Where it is not known, or was done by hand.
expect 0 ca issue eve@example.com --generate-passphrase --algorithm p-256 -o eve.p12
mv out eve.pw
expect 0 identity import eve.p12 --passphrase-file eve.pw --plain-key
expect 69 identity renew eve@example.com
says 'it is not known how'
expect 0 enroll csr hand@example.com -o h.csr --plain-key --algorithm p-256
expect 0 ca issue --csr h.csr -o h.pem
expect 0 enroll csr --answer h.pem
expect 69 identity renew hand@example.com
says 'signet enroll csr hand@example.com'

# By EST: the old certificate is the login, its names are the new one's.
expect 0 ca init --dir est --name 'CN=EST CA' --plain-key --algorithm p-256
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 300 \
	-subj '/CN=server' -addext 'subjectAltName=IP:127.0.0.1' 2>/dev/null
python3 "$TOP/tests/cli/est_server.py" "$SIGNET" "$work/est" tls.pem tls.key est.port est.log est/ca.pem 2>server.err &
servers=$!
await est.port
est=https://127.0.0.1:$(cat est.port)
expect 0 enroll est "$est" tom@example.com --label multi --trust tls.pem --private-network --plain-key --algorithm p-256 --purpose sign
expect 0 identity renew tom@example.com
holds 'by its certificate' grep -q '^POST multi simplereenroll cert' est.log
expect 0 identity list tom@example.com --json
json out 'len(r) == 2 and r[0]["fingerprint"] != r[1]["fingerprint"]'
expect 0 identity export tom@example.com -o tom.pem
holds 'another key' test "$(openssl x509 -in tom.pem -noout -pubkey)" != "$(openssl x509 -in <("$SIGNET" identity export \
	"$("$SIGNET" identity list tom@example.com --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[1]["fingerprint"])')") -noout -pubkey)"
printf 'wrong\n' >password2
expect 0 enroll est "$est" ann@example.com --label basic --trust tls.pem --private-network --plain-key --algorithm p-256 \
	--user alice --password-file password
expect 0 identity renew ann@example.com
holds 'not by a certificate where there is a password' grep -q '^POST basic simplereenroll anonymous' est.log
expect 77 identity renew ann@example.com --password-file password2

# By ACME, unattended.
for folder in box in; do
	mkdir -p $folder/new $folder/cur
done
printf '#!/bin/sh\ncat >"%s/in/new/$$.$(date +%%N)"\n' "$work" >sendmail
chmod +x sendmail
python3 "$TOP/tests/cli/acme_server.py" "$SIGNET" "$work/est" tls.pem tls.key acme.port acme.log "$work/in" "$work/box" 2>>server.err &
servers="$servers $!"
await acme.port
acme=https://127.0.0.1:$(cat acme.port)/ok/directory
expect 0 enroll acme "$acme" kim@example.com --private-network --trust tls.pem --plain-key --algorithm p-256 \
	--sendmail ./sendmail --authserv-id mx.example.com --maildir box
expect 0 identity renew kim@example.com
holds 'by the same account' test "$(grep -c '^ok account' acme.log)" -eq 1
holds 'another certificate' test "$(count kim@example.com)" -eq 2

# All at once: what can be is renewed, and the first failure is the status.
kill $servers
wait 2>/dev/null
expect 69 identity renew --if-due --at "$(date -u -d '+700 days' +%Y-%m-%dT%H:%M:%SZ)"
holds 'the CA went on' test "$(count alice@example.com)" -eq 4
holds 'the server that is away changed nothing' test "$(count tom@example.com)" -eq 2
finish
