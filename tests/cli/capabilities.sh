#!/bin/bash
# Which cipher is taken: what the recipients have said that they read (RFC 8551 2.7.1).
. "$(dirname "$0")/common.bash"

# sent_with CIPHER FILE: the cipher of what was written, as its reader Bob sees it.
sent_with()
{
	count=$((count + 1))
	openssl cms -cmsout -print -in "$2" 2>/dev/null | grep -A4 contentEncryptionAlgorithm |
		grep -qi -- "$1" || wrong "$2 is not encrypted by $1"
}

wrapped_by()
{
	count=$((count + 1))
	openssl cms -cmsout -print -in "$2" 2>/dev/null | grep -A4 keyEncryptionAlgorithm |
		grep -qi -- "$1" || wrong "the key in $2 is not wrapped by $1"
}

# bob_signs FILE OPTION…: a message that Bob signs with another program.
bob_signs()
{
	local file=$1
	shift
	printf 'Content-Type: text/plain\r\n\r\nHello.\r\n' >entity
	openssl cms -sign -in entity -signer bob.pem -inkey bob.key -from bob@example.com \
		-to alice@example.com -subject Hello -out "$file" "$@" 2>err || wrong "openssl: $*"
}

people alice@example.com bob@example.com carol@example.com
for who in bob carol; do
	expect 0 identity export $who@example.com --with-key --plain-key --format pem -o $who.both
	openssl x509 -in $who.both -out $who.pem
	openssl pkey -in $who.both -out $who.key 2>/dev/null
	fingerprint=$(openssl x509 -in $who.pem -noout -fingerprint -sha256 | sed 's/.*=//')
	expect 0 identity delete "$fingerprint"
done
message 'bob@example.com' >to-bob.eml
message 'carol@example.com' >to-carol.eml
message 'bob@example.com, carol@example.com' >to-both.eml
printf 'From: bob@example.com\r\nTo: alice@example.com\r\nSubject: Hello\r\n\r\nHello.\r\n' >hello.eml

# Nobody has said anything: AES-256-GCM; --compatible: AES-128-CBC around a signed message.
expect 0 contact import bob.pem
expect 0 contact import carol.pem
expect 0 protect -o sent.eml to-bob.eml
sent_with aes-256-gcm sent.eml
expect 0 protect --cipher auto -o sent.eml to-bob.eml
sent_with aes-256-gcm sent.eml
expect 0 protect --compatible -o sent.eml to-bob.eml
sent_with aes-128-cbc sent.eml
expect 0 encrypt --compatible -o sent.eml to-bob.eml
sent_with aes-256-gcm sent.eml
expect 0 sign -o signed.eml to-bob.eml
expect 0 encrypt --compatible -o sent.eml signed.eml
sent_with aes-128-cbc sent.eml
expect 0 protect --compatible --cipher aes-256-gcm -o sent.eml to-bob.eml
sent_with aes-256-gcm sent.eml

# Bob's program reads CBC only, and says so (OpenSSL's capabilities have no GCM): CBC to him.
bob_signs bob.eml
expect 0 verify bob.eml
expect 0 contact show bob@example.com --json
expect 0 protect -o sent.eml to-bob.eml
sent_with aes-256-cbc sent.eml
# Alice alone reads it all; Carol, of whom nothing is known, reads AES-128-CBC as all must.
expect 0 protect -o sent.eml to-carol.eml
sent_with aes-256-gcm sent.eml
expect 0 protect -o sent.eml to-both.eml
sent_with aes-128-cbc sent.eml
# What was asked for is done.
expect 0 protect --cipher aes-128-gcm -o sent.eml to-bob.eml
sent_with aes-128-gcm sent.eml
# Without a signature inside, CBC is warned of, chosen or asked for.
expect 0 encrypt -o sent.eml to-bob.eml
sent_with aes-256-cbc sent.eml
says 'aes-256-cbc proves nothing about integrity'
# Each Bcc copy has a choice of its own.
message 'carol@example.com' 'Bcc: bob@example.com' >blind.eml
expect 0 protect --output-dir copies blind.eml
sent_with aes-256-gcm copies/1.eml
sent_with aes-256-cbc copies/2.eml

# Newer replaces older, and not the other way round: signet reads GCM and says so.
sleep 1
expect 0 sign --no-store --cert bob.pem --key bob.key -o newer.eml hello.eml
expect 0 verify newer.eml
expect 0 protect -o sent.eml to-bob.eml
sent_with aes-256-gcm sent.eml
expect 0 verify bob.eml
expect 0 protect -o sent.eml to-bob.eml
sent_with aes-256-gcm sent.eml
# To both now: GCM is what they have in common.
expect 0 protect -o sent.eml to-both.eml
sent_with aes-256-gcm sent.eml

# Only what is valid counts: altered, of another CA, at another time, with trust of one's own, without
# a look at the sender, or the store left alone.
export SIGNET_HOME=$work/second
expect 0 trust add "$work/home/ca/ca.pem"
expect 0 contact import bob.pem
still_unknown()
{
	expect 0 encrypt --no-self -o sent.eml to-bob.eml
	sent_with aes-256-gcm sent.eml
}
sed 's/Hello\./Hullo./' bob.eml >altered.eml
expect 1 verify altered.eml
still_unknown
sed 's/^From:.*/From: eve@example.com/' bob.eml >impostor.eml
expect 6 verify impostor.eml
still_unknown
expect 0 verify --trust "$work/home/ca/ca.pem" bob.eml
still_unknown
expect 0 verify --no-store --trust "$work/home/ca/ca.pem" bob.eml
still_unknown
expect 0 verify --ignore-sender bob.eml
still_unknown
expect 4 decrypt -o none bob.eml
still_unknown
# A time to come would never be replaced: it is refused.
expect 0 verify bob.eml
expect 0 encrypt --no-self -o sent.eml to-bob.eml
sent_with aes-256-cbc sent.eml
expect 0 sign --no-store --cert bob.pem --key bob.key --at "$(date -u -d '+1 hour' +%FT%TZ)" \
	-o future.eml hello.eml
expect 0 verify future.eml
expect 0 encrypt --no-self -o sent.eml to-bob.eml
sent_with aes-256-cbc sent.eml

# Names of ciphers that are not written, and of none.
expect 64 encrypt --no-self --cipher 3des-cbc to-bob.eml
says '3des-cbc is read but no longer written'
expect 64 encrypt --no-self --cipher rot13 to-bob.eml
says 'rot13'

# RSA: PKCS #1 v1.5 unless its owner reads OAEP, or it is asked for.
export SIGNET_HOME=$work/home
expect 0 identity new dave@example.com --plain-key --algorithm rsa-2048
expect 0 identity export dave@example.com --with-key --plain-key --format pem -o dave.both
openssl x509 -in dave.both -out dave.pem
openssl pkey -in dave.both -out dave.key 2>/dev/null
expect 0 identity delete "$(openssl x509 -in dave.pem -noout -fingerprint -sha256 | sed 's/.*=//')"
message 'dave@example.com' >to-dave.eml
expect 0 contact import dave.pem
expect 0 protect --no-self -o sent.eml to-dave.eml
wrapped_by rsaEncryption sent.eml
expect 0 protect --no-self --key-transport oaep -o sent.eml to-dave.eml
wrapped_by rsaesOaep sent.eml
sed 's/bob@/dave@/' hello.eml >hello-dave.eml
expect 0 sign --no-store --cert dave.pem --key dave.key -o dave.eml hello-dave.eml
expect 0 verify dave.eml
expect 0 protect --no-self -o sent.eml to-dave.eml
wrapped_by rsaesOaep sent.eml
expect 0 open --no-store --cert dave.pem --key dave.key --trust "$work/home/ca/ca.pem" sent.eml
expect 0 protect --no-self --key-transport auto -o sent.eml to-dave.eml
wrapped_by rsaesOaep sent.eml
expect 0 protect --no-self --key-transport pkcs1 -o sent.eml to-dave.eml
wrapped_by rsaEncryption sent.eml

# A certificate says it as well (RFC 4262): AES-128-CBC alone; what its owner says later goes before it.
cat >extensions <<'END'
basicConstraints=CA:FALSE
subjectAltName=email:erin@example.com
keyUsage=digitalSignature,keyEncipherment,keyAgreement
1.2.840.113549.1.9.15=DER:300d300b0609608648016503040102
END
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out erin.key 2>/dev/null
openssl req -new -key erin.key -subj /CN=Erin -out erin.csr
openssl x509 -req -in erin.csr -CA home/ca/ca.pem -CAkey home/ca/ca.key -set_serial 77 -days 30 \
	-extfile extensions -out erin.pem 2>err
message 'erin@example.com' >to-erin.eml
expect 0 encrypt --no-self --no-store -r ./erin.pem -o sent.eml to-erin.eml
sent_with aes-128-cbc sent.eml
expect 0 contact import erin.pem
expect 0 protect -o sent.eml to-erin.eml
sent_with aes-128-cbc sent.eml
sleep 1
sed 's/bob@/erin@/' hello.eml >hello-erin.eml
expect 0 sign --no-store --cert erin.pem --key erin.key -o erin.eml hello-erin.eml
expect 0 verify erin.eml
expect 0 protect -o sent.eml to-erin.eml
sent_with aes-256-gcm sent.eml

finish
