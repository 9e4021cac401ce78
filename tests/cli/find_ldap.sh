#!/bin/bash
# Certificates in directories: slapd with TLS, several of them, and servers that misbehave.
. "$(dirname "$0")/common.bash"
. "$TOP/tests/cli/servers.bash"
PATH=$PATH:/usr/sbin
command -v slapd >/dev/null || { echo 'there is no slapd: install the package slapd'; exit 77; }

expect 0 ca init --dir "$work/one" --name CN=one --plain-key --algorithm p-256 --at 2019-12-01 --days 5000
expect 0 ca init --dir "$work/stranger" --name CN=stranger --plain-key --algorithm p-256
expect 0 trust add one/ca.pem
# person WHO ADDR CA [OPTION…]: WHO.pem, of an identity in a store of its own.
person()
{
	local who=$1 address=$2 ca=$3
	shift 3
	SIGNET_HOME=$work/$who expect 0 identity new "$address" --plain-key --algorithm p-256 \
		--ca "$work/$ca" "$@"
	SIGNET_HOME=$work/$who expect 0 identity export "$address" -o "$who.pem"
}
person bob bob@example.com one
person carol carol@example.com one
person dave dave@example.com stranger
person erin erin@example.com one --purpose sign
person frank frank@example.com one
person old gina@example.com one --at 2020-01-01 --days 30
person gina gina@example.com one --days 400
person shorter gina@example.com one --days 100
person star 'star*@example.com' one

b64() { openssl x509 -in "$1.pem" -outform DER | base64 -w 0; }
# entry CN MAIL ATTRIBUTE BASE64 …: an entry of LDIF.
entry()
{
	printf 'dn: cn=%s,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\ncn: %s\nsn: %s\nmail:: %s\n' \
		"$1" "$1" "$1" "$(printf %s "$2" | base64 -w 0)"
	shift 2
	while [ $# -gt 0 ]; do
		printf '%s:: %s\n' "$1" "$2"
		shift 2
	done
	echo
}
# userSMIMECertificate (RFC 2798 2.8): a SignedData, certs-only or signed over something.
openssl crl2pkcs7 -nocrl -certfile carol.pem -certfile one/ca.pem -outform DER -out carol.p7c
SIGNET_HOME=$work/frank expect 0 identity export frank@example.com --with-key --plain-key --format pem -o frank.both
openssl pkey -in frank.both -out frank.key 2>/dev/null
printf 'x' | openssl cms -sign -signer frank.pem -inkey frank.key -nodetach -binary -outform DER -out frank.p7s
{
	printf 'dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n'
	printf 'dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n'
	entry bob bob@example.com 'userCertificate;binary' "$(b64 bob)"
	entry carol carol@example.com 'userSMIMECertificate' "$(base64 -w 0 carol.p7c)"
	entry dave dave@example.com 'userCertificate;binary' "$(b64 dave)"
	entry erin erin@example.com 'userCertificate;binary' "$(b64 erin)"
	entry frank frank@example.com 'userSMIMECertificate' "$(base64 -w 0 frank.p7s)"
	entry gina gina@example.com 'userCertificate;binary' "$(b64 old)" \
		'userCertificate;binary' "$(b64 shorter)" 'userCertificate;binary' "$(b64 gina)"
	entry star 'star*@example.com' 'userCertificate;binary' "$(b64 star)"
	# an entry with her address, and another's certificate
	entry mallory henry@example.com 'userCertificate;binary' "$(b64 bob)"
	entry nobody ida@example.com
} >main.ldif
{
	printf 'dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n'
	printf 'dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n'
	entry bob bob@example.com 'userCertificate;binary' "$(b64 bob)"
} >second.ldif

tls_authority root
tls_authority wrong
tls_server good root 'IP:127.0.0.1'
tls_server elsewhere root 'DNS:directory.example.org'
port=$(free_port) tls=$(free_port)
directory main "$port" "$tls" good
port2=$(free_port) tls2=$(free_port)
directory second "$port2" "$tls2" elsewhere

ldaps=ldaps://127.0.0.1:$tls/dc=example,dc=com
starttls=ldap://127.0.0.1:$port/dc=example,dc=com
plain="ldap://127.0.0.1:$port/dc=example,dc=com????x-plain"
dead=ldaps://127.0.0.1:$(free_port)/dc=example,dc=com
forget()
{
	"$SIGNET" contact delete "$1" >/dev/null 2>&1
}
# found CODE ADDR OPTION…
found()
{
	local code=$1 address=$2
	shift 2
	expect "$code" contact find "$address" --ldap-ca root.pem "$@"
}

# Neither the program nor the library links the client libraries; the modules do.
linked() { readelf -d "$1" 2>/dev/null | grep -q -e libldap -e libunbound -e liblber; }
for file in "$SIGNET" "$(dirname "$SIGNET")/src/lib/libsignet.so"; do
	count=$((count + 1))
	if linked "$file"; then wrong "$file links a client library"; fi
done

# Nobody who is not configured is asked.
expect 67 contact find bob@example.com
says 'no place to look in'
expect 64 contact find
expect 64 contact find bob@example.com --ldap http://127.0.0.1/
says 'LDAP URL'
expect 64 contact find bob@example.com --ldap ldap:///dc=example,dc=com
expect 64 contact find bob@example.com --ldap nonsense
expect 64 contact find bob@example.com --ldap "$ldaps" --find-timeout 0
expect 64 contact find bob@example.com --ldap "$ldaps" --find-timeout soon
expect 67 contact find bob@example.com --ldap "$ldaps" --offline

# TLS: who it is must be proven, by an authority that is meant for it.
found 67 bob@example.com --ldap "ldaps://127.0.0.1:$tls2/dc=example,dc=com"
says 'cannot be asked'
found 67 bob@example.com --ldap "ldap://127.0.0.1:$port2/dc=example,dc=com"
says 'no TLS'
expect 67 contact find bob@example.com --ldap "$ldaps" --ldap-ca wrong.pem
expect 67 contact find bob@example.com --ldap "$starttls" --ldap-ca wrong.pem
expect 67 contact find bob@example.com --ldap "$ldaps"
expect 67 contact find bob@example.com --ldap "$ldaps" --ldap-ca missing.pem
# the variables of the LDAP library change nothing
LDAPTLS_REQCERT=never expect 67 contact find bob@example.com --ldap "$ldaps" --ldap-ca wrong.pem
LDAPTLS_REQCERT=never LDAPTLS_CACERT=$work/root.pem expect 67 contact find bob@example.com --ldap "$ldaps"
expect 0 contact list --json
json out 'r == []'

found 0 bob@example.com --ldap "$ldaps"
prints 'bob@example.com'
expect 0 contact show bob@example.com --json
json out "r[0]['source'] == 'ldap:127.0.0.1:$tls' and r[0]['state'] == 'accepted'"
# What is in the store is not looked for again.
found 0 bob@example.com --ldap "$dead"
count=$((count + 1))
if grep -q 'cannot be asked' err; then wrong 'the server was asked for what is in the store'; fi
found 0 bob@example.com --ldap "$dead" --refresh
says 'cannot be asked'
forget bob@example.com
found 0 bob@example.com --ldap "$starttls"
forget bob@example.com
found 0 bob@example.com --ldap "$plain"
forget bob@example.com
# Several: the next where one cannot be asked, or has nobody.
found 0 bob@example.com --ldap "$dead" --ldap "$ldaps"
forget bob@example.com
found 67 bob@example.com --ldap "ldap://127.0.0.1:$port/dc=example,dc=com?mail?base"
found 67 bob@example.com --ldap "ldap://127.0.0.1:$port/dc=example,dc=com???(sn=carol)"
found 67 bob@example.com --ldap "ldap://127.0.0.1:$port/dc=nowhere,dc=com"
found 0 bob@example.com --ldap "ldap://127.0.0.1:$port/dc=example,dc=com???(sn=bob)"

# The attribute for S/MIME: certs only, and signed.
found 0 carol@example.com --ldap "$ldaps"
found 0 frank@example.com --ldap "$ldaps"
# What does not count: another authority, not for encryption, another's certificate, none.
found 67 dave@example.com --ldap "$ldaps"
says 'CN=stranger'
found 67 erin@example.com --ldap "$ldaps"
says 'not for encryption'
found 67 henry@example.com --ldap "$ldaps"
says 'another address'
found 67 ida@example.com --ldap "$ldaps"
expect 67 contact find dave@example.com --ldap "$ldaps" --ldap-ca root.pem
for address in dave erin henry ida; do
	expect 67 contact show $address@example.com
done
# Of several the valid one that holds longest.
found 0 gina@example.com --ldap "$ldaps"
message gina@example.com >to-gina.eml
expect 0 encrypt --no-self -o sent.eml to-gina.eml
SIGNET_HOME=$work/gina expect 4 open -o opened sent.eml

# What has a meaning in filters is a letter like others.
for address in '*' '*@example.com' 'b*@example.com' 'x)(mail=*' 'bob@example.com)(cn=*' '\2a@example.com'; do
	found 67 "$address" --ldap "$ldaps"
done
found 0 'star*@example.com' --ldap "$ldaps"

# When encrypting, without being asked for: from the configuration, for those that the store lacks.
expect 0 contact delete bob@example.com
message bob@example.com >to-bob.eml
expect 67 encrypt --no-self -o none to-bob.eml
printf 'ldap = %s\nldap-ca = %s\n' "$ldaps" "$work/root.pem" >home/config
expect 67 encrypt --no-self --offline -o none to-bob.eml
expect 67 encrypt --no-self --no-store -o none to-bob.eml
expect 67 contact show bob@example.com
expect 0 encrypt --no-self -o sent.eml to-bob.eml
SIGNET_HOME=$work/bob expect 4 open -o opened sent.eml
expect 0 contact show bob@example.com
# One of several who has none: 67, all named, nothing written.
message 'bob@example.com, dave@example.com, zoe@example.com' >to-many.eml
expect 67 encrypt --no-self -o none to-many.eml
says 'dave@example.com'
says 'zoe@example.com'
holds 'nothing is written' test ! -e none
expect 0 contact delete bob@example.com
cp sent.eml for-bob.eml
SIGNET_HOME=$work/bob expect 0 identity export bob@example.com --with-key --plain-key --format pem -o bob.both
openssl pkey -in bob.both -out bob.key 2>/dev/null
expect 67 rewrap --cert bob.pem --key bob.key -r zoe@example.com -o none for-bob.eml
expect 0 rewrap --cert bob.pem --key bob.key -r bob@example.com -o again.eml for-bob.eml
SIGNET_HOME=$work/bob expect 4 open -o opened again.eml
rm home/config

# Another authority for a known address, from a server as well: pending.
expect 0 ca init --dir "$work/two" --name CN=two --plain-key --algorithm p-256
expect 0 trust add two/ca.pem
person moved bob@example.com two
forget bob@example.com
expect 0 contact import moved.pem
found 0 bob@example.com --ldap "$ldaps" --refresh
says 'contact confirm'
expect 0 contact list bob@example.com --json
json out 'sorted(c["state"] for c in r) == ["accepted", "pending"]'
# Near its end it is looked for anew, and only once a day.
person ending gina@example.com one --days 20 --at "$(date -u -d '-10 days' +%FT%TZ)"
forget gina@example.com
expect 0 contact import ending.pem
expect 0 encrypt --no-self --ldap "$ldaps" --ldap-ca root.pem -o sent.eml to-gina.eml
says 'the certificate of gina@example.com changed'
SIGNET_HOME=$work/gina expect 4 open -o opened sent.eml
forget gina@example.com
expect 0 contact import ending.pem
expect 0 encrypt --no-self --ldap "$dead" -o sent.eml to-gina.eml
says 'cannot be asked'
expect 0 encrypt --no-self --ldap "$dead" -o sent.eml to-gina.eml
count=$((count + 1))
if grep -q 'cannot be asked' err; then wrong 'it is looked for twice a day'; fi
forget gina@example.com

# Servers that hang, answer garbage, send without end, or refer elsewhere: an error in time, and a
# store as it was.
cat >bad.py <<'END'
"""bad.py KIND: a server that speaks no LDAP, or speaks it badly."""
import socket, sys, threading, time
kind = sys.argv[1]
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
print(s.getsockname()[1], flush=True)

def referral():
    url = b"ldap://127.0.0.1:1/dc=x"
    inner = b"\x0a\x01\x0a\x04\x00\x04\x00\xa3" + bytes([len(url) + 2]) + b"\x04" + bytes([len(url)]) + url
    body = b"\x02\x01\x01\x65" + bytes([len(inner)]) + inner
    return b"\x30" + bytes([len(body)]) + body

def serve(c):
    try:
        if kind == "hang":
            time.sleep(60)
        request = c.recv(4096)
        if kind == "garbage":
            c.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello" * 100)
        elif kind == "endless":
            # one message of 1 GiB
            c.sendall(b"\x30\x84\x40\x00\x00\x00")
            for _ in range(16384):
                c.sendall(b"\x04" * 65536)
        elif kind == "entries":
            name = b"cn=x"
            inner = b"\x04" + bytes([len(name)]) + name + b"\x30\x00"
            body = b"\x02\x01\x01\x64" + bytes([len(inner)]) + inner
            while True:
                c.sendall((b"\x30" + bytes([len(body)]) + body) * 100)
        elif kind == "referral":
            c.sendall(referral())
            time.sleep(1)
        elif kind == "drip":
            while True:
                c.sendall(b"\x30")
                time.sleep(0.3)
    except OSError:
        pass
    c.close()

while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
END
for kind in hang garbage endless entries referral drip; do
	python3 bad.py $kind >bad.$kind &
	servers+=($!)
done
for kind in hang garbage endless entries referral drip; do
	for _ in $(seq 100); do [ -s bad.$kind ] && break; sleep 0.05; done
	bad=$(cat bad.$kind)
	begin=$(date +%s)
	found 67 zoe@example.com --find-timeout 2 --ldap "ldap://127.0.0.1:$bad/dc=x????x-plain"
	says 'cannot be asked'
	found 67 zoe@example.com --find-timeout 2 --ldap "ldap://127.0.0.1:$bad/dc=x"
	found 67 zoe@example.com --find-timeout 2 --ldap "ldaps://127.0.0.1:$bad/dc=x"
	holds "$kind ends in time" test "$(($(date +%s) - begin))" -le 8
	# and the next is asked
	if [ $kind = garbage ] || [ $kind = referral ]; then
		found 0 bob@example.com --refresh --ldap "ldap://127.0.0.1:$bad/dc=x????x-plain" --ldap "$ldaps"
	fi
done
expect 67 contact show zoe@example.com
finish
