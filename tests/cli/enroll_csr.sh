#!/bin/bash
# enroll csr: requests that openssl reads, and the answers to them.
. "$(dirname "$0")/common.bash"
printf 'correct horse\n' >pw
printf 'wrong\n' >wrongpw
db() { python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())' "$SIGNET_HOME/store.db" "$1"; }

# A CA of openssl's own, so that nothing here is read by what wrote it.
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 3000 -subj '/CN=Root' \
	-addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
sign() # sign REQUEST CERTIFICATE [OPTION…]
{
	openssl x509 -req -in "$1" -CA root.pem -CAkey root.key -out "$2" -days 300 -copy_extensions copy "${@:3}" 2>/dev/null
}

# What there is without anything.
expect 0 enroll csr --json
json out 'r == []'
expect 64 enroll csr alice -o a.csr --plain-key
says '"alice" is not a mail address'
expect 64 enroll csr alice@example.com -o a.csr --plain-key --algorithm x25519
says 'cannot sign'
expect 64 enroll csr alice@example.com -o a.csr --plain-key --algorithm rot13
expect 64 enroll csr alice@example.com -o a.csr --plain-key --purpose joy
expect 64 enroll csr alice@example.com -o a.csr --plain-key --format p12
expect 64 enroll csr alice@example.com -o a.csr --plain-key --challenge ''
expect 2 enroll csr alice@example.com -o a.csr
says '--passphrase-file'
expect 73 enroll csr alice@example.com -o missing/a.csr --plain-key --algorithm p-256
holds 'no request was written' test ! -e a.csr
expect 0 enroll csr --json
json out 'r == []'

# The request says who and what for, and is signed.
expect 0 enroll csr alice@example.com a.liddell@example.com -o a.csr --name 'CN=Alice,O=Wonderland' --passphrase-file pw
says 'signet enroll csr --answer'
openssl req -in a.csr -noout -verify -text >a.txt 2>&1
holds 'signed' grep -q 'verify OK' a.txt
holds 'both addresses' grep -q 'email:alice@example.com, email:a.liddell@example.com' a.txt
holds 'usage' grep -q 'Digital Signature, Key Encipherment' a.txt
holds 'for mail' grep -q 'E-mail Protection' a.txt
holds 'named' grep -Eq 'Subject: .*O ?= ?Wonderland' a.txt
holds '3072 bits' grep -q '3072 bit' a.txt
expect 0 enroll csr bob@example.com -o b.der --algorithm p-384 --purpose sign --plain-key --challenge 'open sesame'
openssl req -inform DER -in b.der -noout -verify -text >b.txt 2>&1
holds 'in DER too' grep -q 'verify OK' b.txt
holds 'its challenge' grep -Eq 'challengePassword *:open sesame' b.txt
holds 'for signing alone' test "$(grep -A1 'X509v3 Key Usage' b.txt | tail -n 1 | xargs)" = 'Digital Signature'
expect 0 enroll csr eve@example.com --algorithm p-256 --purpose encrypt --plain-key
cp out e.csr
holds 'for encryption alone' grep -A1 'X509v3 Key Usage' <(openssl req -in e.csr -noout -text) | grep -q 'Key Agreement'
expect 0 enroll csr --json
json out '[x["addresses"] for x in r] == [["eve@example.com"], ["bob@example.com"], ["alice@example.com", "a.liddell@example.com"]]'
json out '[x["key"] for x in r] == ["plain", "plain", "passphrase"]'
expect 0 identity list --json
json out 'r == []'
holds 'the key lies under its passphrase' test "$(db 'SELECT is_key_encrypted FROM pending_request ORDER BY id LIMIT 1')" = '[(1,)]'

# Answers that are none.
before=$(db 'SELECT * FROM pending_request')
expect 66 enroll csr --answer missing.pem
expect 65 enroll csr --answer pw
: >empty
expect 65 enroll csr --answer empty
expect 67 enroll csr --answer root.pem
says 'is for one of the 3 keys'
expect 64 enroll csr alice@example.com --answer root.pem
openssl req -new -newkey rsa:2048 -nodes -keyout x.key -subj '/CN=Alice' -addext 'subjectAltName=email:alice@example.com' -out x.csr 2>/dev/null
sign x.csr x.pem
expect 67 enroll csr --answer x.pem
# The right key with another address, or with one less.
printf 'subjectAltName=email:mallory@example.com\n' >mallory.ext
openssl x509 -req -in a.csr -CA root.pem -CAkey root.key -out m.pem -days 300 -extfile mallory.ext 2>/dev/null
expect 67 enroll csr --answer m.pem
says 'lacks the address alice@example.com'
printf 'subjectAltName=email:alice@example.com\n' >less.ext
openssl x509 -req -in a.csr -CA root.pem -CAkey root.key -out less.pem -days 300 -extfile less.ext 2>/dev/null
expect 67 enroll csr --answer less.pem
says 'lacks the address a.liddell@example.com'
# A CA's certificate for the key.
printf 'subjectAltName=email:alice@example.com,email:a.liddell@example.com\nbasicConstraints=critical,CA:TRUE\n' >ca.ext
openssl x509 -req -in a.csr -CA root.pem -CAkey root.key -out asca.pem -days 300 -extfile ca.ext 2>/dev/null
expect 67 enroll csr --answer asca.pem
says 'certification authority'
# One that has ended by now.
sign a.csr a.pem
expect 67 enroll csr --answer a.pem --at 2040-01-01
says 'has ended'
head -c 300 a.pem >cut.pem
expect 65 enroll csr --answer cut.pem
holds 'nothing has changed' test "$before" = "$(db 'SELECT * FROM pending_request')"
expect 0 identity list --json
json out 'r == []'

# PEM with its chain, in the wrong order; the passphrase is not asked for.
cat root.pem a.pem >answer.pem
expect 0 enroll csr --answer answer.pem
says 'identity of alice@example.com kept'
expect 0 identity list --json
json out 'len(r) == 1 and r[0]["addresses"] == ["alice@example.com", "a.liddell@example.com"] and r[0]["key"] == "passphrase"'
expect 0 identity export alice@example.com -o chain.pem
holds 'with its chain' test "$(grep -c BEGIN chain.pem)" -eq 2
expect 67 enroll csr --answer answer.pem

# DER, and a .p7b.
openssl req -inform DER -in b.der -out b.csr
sign b.csr b.pem
openssl x509 -in b.pem -outform DER -out b.cer
expect 0 enroll csr --answer b.cer
sign e.csr e.pem
openssl crl2pkcs7 -nocrl -certfile e.pem -certfile root.pem -outform DER -out e.p7b
expect 0 enroll csr --answer e.p7b
expect 0 identity export eve@example.com -o chain.pem
holds 'the chain of a .p7b' test "$(grep -c BEGIN chain.pem)" -eq 2
expect 0 enroll csr --json
json out 'r == []'

# The key works: signed by what came, under its passphrase.
expect 0 trust add root.pem
message carol@example.com >m.eml
expect 2 sign m.eml -o s.eml --passphrase-file wrongpw
expect 0 sign m.eml -o s.eml --passphrase-file pw
expect 0 verify s.eml

# Two in one answer; and from the private CA of the same store.
expect 0 ca init --name 'CN=House CA' --plain-key --algorithm p-256
expect 0 enroll csr u1@example.com -o u1.csr --plain-key --algorithm p-256
expect 0 enroll csr u2@example.com -o u2.csr --plain-key --algorithm ed25519 --purpose sign
expect 0 ca issue --csr u1.csr -o u1.pem
expect 0 ca issue --csr u2.csr -o u2.pem --purpose sign
cat u1.pem u2.pem >both.pem
expect 0 enroll csr --answer both.pem
expect 0 identity list --json
json out 'len(r) == 5'
finish
