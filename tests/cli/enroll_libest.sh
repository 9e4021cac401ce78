#!/bin/bash
# enroll est against the server of libest (libest-utils, from Debian 13 on); enroll_est.sh has one of its own.
. "$(dirname "$0")/common.bash"
command -v estserver >/dev/null || {
	echo 'the server of libest (libest-utils) is not in this release'
	exit 77
}
server=
stop()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null
	rm -rf "$work"
}
trap stop EXIT

# An authority by openssl, which libest has sign the requests, and the server's TLS certificate.
mkdir newcerts
: >index.txt
echo 1000 >serial
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj '/CN=libest CA' \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj '/CN=127.0.0.1' \
	-addext subjectAltName=IP:127.0.0.1 2>/dev/null
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days 30 -copy_extensions copy \
	-out server.pem 2>/dev/null
cat >ca.cnf <<END
[ca]
default_ca = est
[est]
dir = $work
new_certs_dir = $work/newcerts
database = $work/index.txt
serial = $work/serial
certificate = $work/ca.pem
private_key = $work/ca.key
default_days = 30
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
email_in_dn = no
[any]
commonName = optional
emailAddress = optional
END
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
EST_OPENSSL_CACONFIG=$work/ca.cnf EST_TRUSTED_CERTS=$work/ca.pem EST_CACERTS_RESP=$work/ca.pem \
	estserver -c server.pem -k server.key -r signet -o -p "$port" >server.log 2>&1 </dev/null &
server=$!
for _ in $(seq 100); do
	(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
	sleep 0.1
done
url=https://127.0.0.1:$port
est() { expect "$1" enroll est "$url" "${@:2}" --private-network --trust ca.pem --plain-key; }
printf 'estpwd\n' >password
printf 'wrong\n' >wrong

expect 0 enroll est "$url" --private-network --trust ca.pem -o cacerts.pem
holds 'its certificate' cmp <(openssl x509 -in cacerts.pem -outform DER) <(openssl x509 -in ca.pem -outform DER)
est 77 alice@example.com
est 77 alice@example.com --user estuser --password-file wrong
holds 'nothing is kept of that' test -z "$("$SIGNET" identity list)"
est 0 alice@example.com --user estuser --password-file password
says 'identity of alice@example.com kept'
expect 0 identity export alice@example.com -o alice.pem
holds 'by that authority' openssl verify -CAfile ca.pem alice.pem
expect 0 trust add ca.pem
message bob@example.com >m.eml
expect 0 sign m.eml -o s.eml
expect 0 verify s.eml

# Once more, by the way it was got.
first=$("$SIGNET" identity list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["fingerprint"])')
expect 0 identity renew "$first" --user estuser --password-file password
expect 0 identity list --json
json out "len(r) == 2 and r[0]['fingerprint'] != '$first'"
finish
