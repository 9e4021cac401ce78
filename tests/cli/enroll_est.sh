#!/bin/bash
# enroll est: against a server of the test's own that knows how to misbehave (est_server.py).
. "$(dirname "$0")/common.bash"
printf 'open sesame\n' >password
printf 'close sesame\n' >wrong
db() { python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())' "$SIGNET_HOME/store.db" "$1"; }
servers=
stop() { for server in $servers; do kill "$server" 2>/dev/null; done; rm -rf "$work"; }
trap stop EXIT

# The authority for mail, and another that makes TLS certificates for the server.
expect 0 ca init --dir ca --name 'CN=EST CA' --plain-key --algorithm p-256
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tlsca.key -out tlsca.pem \
	-days 300 -subj '/CN=TLS CA' 2>/dev/null
tls() # tls NAME SAN CA-CERT CA-KEY
{
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$1" \
		-addext "subjectAltName=$2" -out "$1.csr" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA "$3" -CAkey "$4" -out "$1.pem" -days 300 -copy_extensions copy 2>/dev/null
}
tls server IP:127.0.0.1 tlsca.pem tlsca.key
tls elsewhere DNS:est.example tlsca.pem tlsca.key
tls own IP:127.0.0.1 ca/ca.pem ca/ca.key
serve() # serve NAME [CLIENT-CA]: sets url
{
	python3 "$TOP/tests/cli/est_server.py" "$SIGNET" "$work/ca" "$1.pem" "$1.key" "$work/$1.port" "$work/$1.log" "${@:2}" 2>server.err &
	servers="$servers $!"
	for _ in $(seq 100); do
		[ -s "$1.port" ] && break
		sleep 0.1
	done
	url=https://127.0.0.1:$(cat "$1.port")
}
serve elsewhere
elsewhere=$url
serve own
own=$url
serve server ca/ca.pem
log=server.log
est() { expect "$1" enroll est "$url" "${@:2}" --private-network --trust tlsca.pem --plain-key --algorithm p-256; }

# Without an address: what the authority is.
expect 0 enroll est "$url" --private-network --trust tlsca.pem -o cacerts.pem
holds 'its certificate' cmp <(openssl x509 -in cacerts.pem -outform DER) <(openssl x509 -in ca/ca.pem -outform DER)
holds 'no store for that' test ! -e "$SIGNET_HOME/store.db"

# With one: an identity and its chain.
est 0 alice@example.com
says 'identity of alice@example.com kept'
holds 'base64 without saying so' grep -q '^POST - simpleenroll anonymous -$' $log
expect 0 identity export alice@example.com -o alice.pem
holds 'with its chain' test "$(grep -c BEGIN alice.pem)" -eq 2
holds 'from the CA' openssl verify -CAfile ca/ca.pem alice.pem
expect 0 enroll csr --json
json out 'r == []'
holds 'how it was got is known' grep -q "est.*$url" <(db 'SELECT method, url FROM enrollment')
est 0 two@example.com deux@example.com --label smime
expect 0 identity list two@example.com --json
json out 'r[0]["addresses"] == ["two@example.com", "deux@example.com"]'
holds 'the label is asked' grep -q '^POST smime simpleenroll' $log

# Under a passphrase.
printf 'correct horse\n' >pw
expect 0 enroll est "$url" pass@example.com --private-network --trust tlsca.pem --passphrase-file pw
expect 0 identity list pass@example.com --json
json out 'r[0]["key"] == "passphrase"'
expect 2 enroll est "$url" none@example.com --private-network --trust tlsca.pem

# The server's wishes are done where nobody says otherwise.
expect 0 enroll est "$url" wish@example.com --label wishes --private-network --trust tlsca.pem --plain-key -v
says 'TLS channel bound'
expect 0 identity list wish@example.com --json
json out 'r[0]["algorithm"] == "p-384"'
est 0 own@example.com --label wishes
expect 0 identity list own@example.com --json
json out 'r[0]["algorithm"] == "p-256"'
est 0 bad@example.com --label badwishes

# Logins.
est 77 basic@example.com --label basic
says 'does not know who asks'
est 77 basic@example.com --label basic --user alice --password-file wrong
est 77 basic@example.com --label basic --user bob --password-file password
est 64 basic@example.com --label basic --user alice
est 64 basic@example.com --label basic --password-file password
est 66 basic@example.com --label basic --user alice --password-file missing
est 0 basic@example.com --label basic --user alice --password-file password
est 77 digest@example.com --label digest --user alice --password-file wrong
est 0 digest@example.com --label digest --user alice --password-file password
est 77 cert@example.com --label cert
says 'Show a certificate'
est 0 login@example.com --label multi
expect 0 identity export login@example.com --with-key --plain-key -o login.pem
openssl x509 -in login.pem -out login.cert
openssl pkey -in login.pem -out login.key
est 0 cert@example.com --label cert --cert login.cert --key login.key
est 64 cert@example.com --label cert --cert login.cert
est 64 cert@example.com --label cert --cert login.cert --key server.key
holds 'by certificate' grep -q '^POST cert simpleenroll cert' $log

# Later.
est 0 later@example.com --label later
holds 'asked three times' test "$(grep -c '^POST later simpleenroll' $log)" -eq 3
est 75 never@example.com --label never
says 'again in 3600 seconds'
expect 0 enroll csr --json
json out '[(x["method"], x["addresses"]) for x in r] == [("est", ["never@example.com"])]'
waiting=$(db 'SELECT key FROM pending_request')
est 75 never@example.com --label never
holds 'the same key' test "$waiting" = "$(db 'SELECT key FROM pending_request')"
est 0 never@example.com
expect 0 enroll csr --json
json out 'r == []'
est 75 l@example.com --label later --wait 0
est 64 l@example.com --wait soon
est 0 l@example.com

# A key of the server's is made when asked for, and not else.
holds 'never asked' test -z "$(grep serverkeygen $log)"
est 0 served@example.com --server-key
says 'the server knows its key'
expect 0 trust add ca/ca.pem
printf 'From: served@example.com\r\nTo: x@example.com\r\nSubject: s\r\n\r\nHello\r\n' >m.eml
expect 0 sign m.eml -o s.eml
expect 0 verify s.eml

# What goes wrong leaves the store as it was.
before=$(db 'SELECT * FROM identity')$(db 'SELECT * FROM pending_request')
fails() # fails EXIT LABEL TEXT [OPTION…]
{
	est "$1" x@example.com --label "$2" "${@:4}"
	says "$3"
}
for late in '' -late; do
	fails 77 forbidden$late 'Not for you'
	fails 69 broken$late 'Out of order'
	fails 65 html$late 'text/html'
	fails 65 garbage$late 'base64'
	fails 65 nonsense$late 'signet'
	fails 65 huge$late 'longer than 1048576 octets'
	fails 69 loop$late 'redirects more than'
done
fails 69 hang 'too slow'
fails 69 hang-late 'not asked again'
fails 69 http 'not to know the login'
fails 69 refuse 'No such person'
fails 67 other 'no certificate for the key'
fails 67 mallory 'lacks the address x@example.com'
expect 69 enroll est https://127.0.0.1:9 x@example.com --private-network --trust tlsca.pem --plain-key
expect 69 enroll est "$url" x@example.com --trust tlsca.pem --plain-key
says 'not public'
expect 69 enroll est "$url" x@example.com --private-network --plain-key
says 'TLS certificate is not accepted'
expect 69 enroll est "$url" x@example.com --private-network --trust ca/ca.pem --plain-key
says 'TLS certificate is not accepted'
expect 69 enroll est "$elsewhere" x@example.com --private-network --trust tlsca.pem --plain-key
says 'TLS certificate is not accepted'
expect 64 enroll est "${url/https/http}" x@example.com --private-network --plain-key
says 'https://HOST'
expect 69 enroll est "$url" x@example.com --offline --plain-key
est 64 x@example.com --label a/b
est 64 x.example.com
expect 64 enroll est "$url" x@example.com --private-network --trust tlsca.pem --plain-key --algorithm x25519 --purpose encrypt
says 'cannot sign'
expect 64 enroll est
holds 'nothing has changed' test "$before" = "$(db 'SELECT * FROM identity')$(db 'SELECT * FROM pending_request')"
holds 'a gigabyte was not waited for' grep -q 'went away' $log

# By the fingerprint of the authority alone, which also certifies the server here.
print=$(openssl x509 -in ca/ca.pem -noout -fingerprint -sha256 | sed 's/.*=//')
expect 0 enroll est "$own" print@example.com --private-network --fingerprint "$print" --plain-key
expect 77 enroll est "$own" printx@example.com --private-network --plain-key \
	--fingerprint "$(echo "$print" | tr 0-9 1-90)"
says 'fingerprint'
expect 77 enroll est "$own" printx@example.com --private-network --fingerprint "${print:0:32}" --plain-key
# The fingerprint proves the authority, not a server that it has not certified.
expect 69 enroll est "$url" printx@example.com --private-network --fingerprint "$print" --plain-key
says 'TLS certificate is not accepted'
finish
