#!/bin/bash
# RSA-KEM (RFC 9690), which no program at hand has, against a second implementation of it (kem.py), both ways:
# KDFs inside and outside, every wrap, with and without ukm.
set -eu
here=$(dirname "$0")
fails=0
count=0

wrong()
{
	echo "FAILED: $*"
	[ ! -s err ] || cat err
	fails=$((fails + 1))
}

printf 'any octets\0\377 and a\nline' >octets
openssl req -x509 -nodes -newkey rsa:3072 -keyout bob.key -out bob.crt -days 30 -subj /CN=bob \
	-addext keyUsage=keyEncipherment -addext subjectKeyIdentifier=c0ffee \
	-addext subjectAltName=email:bob@example.com 2>/dev/null
openssl x509 -in bob.crt -pubkey -noout >bob.pub
bob=(--no-store --cert bob.crt --key bob.key)

wraps=(128 192 256)
for inner in - kdf3-sha384 kdf3-sha512 hkdf-sha256; do
	for outer in kdf3-sha256 kdf3-sha384 kdf3-sha512 hkdf-sha256 hkdf-sha384 hkdf-sha512; do
		bits=${wraps[count / 2 % 3]} ukm=-
		[ $((count % 2)) -eq 0 ] || ukm=00112233445566778899
		what="$inner, $outer, $bits, $ukm" status=0
		count=$((count + 1))
		python3 "$here/kem.py" seal c0ffee bob.pub $inner $outer "$bits" $ukm <octets >made
		rm -f got
		"$SIGNET" decrypt "${bob[@]}" --allow-unauthenticated -o got made 2>err || status=$?
		[ $status -eq 5 ] || wrong "$what: status $status"
		cmp -s octets got || wrong "$what: other octets"
	done
done
for bits in 128 192 256; do
	count=$((count + 1))
	"$SIGNET" encrypt --no-store -r ./bob.crt --key-transport kem --cipher "aes-$bits-cbc" --format der \
		-o made octets 2>err || wrong "writing with $bits"
	python3 "$here/kem.py" open bob.key <made >got 2>err || wrong "$bits: not read"
	cmp -s octets got || wrong "$bits: other octets"
done
echo "$count checks, $fails failed"
[ "$fails" -eq 0 ]
