#!/bin/bash
# Passwords and shared keys beside, and in place of, certificates: who is let pass, and who is not.
. "$(dirname "$0")/common.bash"
printf 'correct horse\r\nsecond line\n' >password
printf 'correct horse' >same
printf 'wrong' >wrong
printf '\n' >empty
echo 000102030405060708090a0b0c0d0e0f >key
people alice@example.com bob@example.com
message 'bob@example.com, carol@example.com' >to-both
message carol@example.com >to-carol
message bob@example.com 'Bcc: carol@example.com' >bcc

# Without a password Carol, who has no certificate, stops the message; with one she reads it by that.
expect 67 encrypt -o out.eml to-both
expect 0 encrypt --password-file password -o out.eml to-both
says carol@example.com
expect 0 inspect --json --password-file same out.eml
json out '[x["kind"] for x in r["layers"][0]["recipients"]].count("password") == 1'
json out 'len(r["layers"][0]["recipients"]) == 3'
json out 'all(x["mine"] for x in r["layers"][0]["recipients"] if x["kind"] != "password")'
expect 4 open --password-file same --no-store -o read.eml out.eml
holds 'the password reads it' grep -q 'We meet at noon.' read.eml
expect 4 open -o read.eml out.eml
expect 0 encrypt --kek 0a:key -o out.eml to-carol
expect 4 open --kek 0a:key --no-store -o read.eml out.eml

# Who is named by -r, and who is blind, must have a certificate.
expect 67 encrypt --password-file password -r carol@example.com -o nothing to-both
expect 67 encrypt --password-file password --output-dir nothing bcc
holds 'nothing was written' [ ! -e nothing ]
message bob@example.com 'Bcc: alice@example.com' >bcc
expect 0 encrypt --password-file password --no-self --output-dir copies bcc
expect 4 open --no-store --password-file same -o read.eml copies/1.eml
expect 2 open --no-store --password-file same -o read.eml copies/2.eml
json copies/copies.json 'r[0]["recipients"] == ["bob@example.com"] and r[1]["recipients"] == ["alice@example.com"]'

# Signed too: who knows the password verifies like everybody else.
expect 0 protect --password-file password -o out.eml to-both
expect 0 verify --password-file same out.eml
expect 0 decrypt --password-file same --no-store -o read.eml out.eml
holds 'the signature is left' grep -q 'multipart/signed' read.eml

# What is wrong: one exit, and a word on why.
expect 2 open --no-store --password-file wrong -o no out.eml
says 'not the one given'
expect 2 open --no-store --password-file empty -o no out.eml
expect 2 open --no-store -o no out.eml
says 'none was given'
expect 2 open --no-store --kek 0a:key -o no out.eml
expect 2 open --no-store --password-file wrong --report - -o no out.eml
json out 'r["verdict"] == "undecryptable" and r["problems"][0]["code"] == "passphrase"'
json out 'not any(x["mine"] for x in r["layers"][0]["recipients"])'
expect 66 open --no-store --password-file nowhere -o no out.eml
expect 64 encrypt --password-file empty -o no to-both
says 'empty password'
expect 66 encrypt --password-file nowhere -o no to-both
for bad in key :key 0a: 0:key 0g:key 0a:wrong 0a:empty; do
	expect 64 encrypt --kek "$bad" -o no to-both
	expect 64 open --kek "$bad" -o no out.eml
done
expect 66 open --kek 0a:nowhere -o no out.eml
expect 64 sign --password-file password -o no to-both
holds 'nothing was written' [ ! -e no ]

# Ciphers and the key derived anew.
for cipher in chacha20-poly1305 aes-192-gcm aes-256-gcm; do
	expect 0 protect --password-file password --cipher $cipher --cek-hkdf -o out.eml to-both
	expect 0 verify --password-file same --report report out.eml
	json report "r['layers'][0]['cipher'] == '$cipher' and r['layers'][0]['integrity'] == 'aead'"
done
for cipher in aes-256-ccm 3des-cbc rc2-128-cbc rc2-40-cbc des-cbc rot13; do
	expect 64 encrypt --password-file password --cipher $cipher -o no to-both
done
finish
