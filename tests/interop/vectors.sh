#!/bin/bash
# Messages that others printed: RFC 4134 (tests/data/rfc4134), and, where ../shared is there, more of
# them and RFC 9788's. A row: expected status, file, options.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
count=0
fails=0

row() # STATUS FILE OPTIONS…
{
	local expected=$1 file=$2 status=0
	shift 2
	count=$((count + 1))
	"$SIGNET" open -q --no-store --revocation none "$@" "$file" >/dev/null 2>err || status=$?
	if [ "$status" -ne "$expected" ]; then
		echo "FAILED: $file: status $status, not $expected: $(cat err)"
		fails=$((fails + 1))
	fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit

# RFC 4134: SHA-1, RSA of 1024 bits, DSA, 3DES and RC2 are read as far as they can be and never
# called valid (3: weak, or the algorithm is not there; 5: CBC with nothing signed inside).
data=$here/data/rfc4134
bob=(--cert "$data/BobRSASignByCarl.cer" --key "$data/BobPrivRSAEncrypt.pri" --at 2000-01-01T00:00:00Z)
row 3 "$data/4.2.bin" "${bob[@]}"
row 65 "$data/4.3.bin" "${bob[@]}"
row 3 "$data/4.3.bin" --content "$data/ExContent.bin" "${bob[@]}"
row 3 "$data/4.4.bin" "${bob[@]}"
row 3 "$data/4.5.bin" "${bob[@]}"
row 3 "$data/4.6.bin" "${bob[@]}"
row 3 "$data/4.7.bin" "${bob[@]}"
row 3 "$data/4.10.bin" "${bob[@]}"
row 4 "$data/4.11.bin" "${bob[@]}"
row 5 "$data/5.1.bin" "${bob[@]}"
row 2 "$data/5.1.bin"
# RC2 is in libcrypto's legacy provider, where there is one
if openssl list -providers -provider legacy >/dev/null 2>&1; then
	row 5 "$data/5.2.bin" "${bob[@]}"
else
	row 2 "$data/5.2.bin" "${bob[@]}"
fi
row 65 "$data/6.0.bin" "${bob[@]}"

# RFC 9216: Alice's and Bob's certificates, with messages made now by somebody else's program.
keys=$here/data/rfc9216
trust=(--trust "$keys/ca.rsa.crt" --at 2026-01-01T00:00:00Z)
printf 'Content-Type: text/plain\r\n\r\nhello\r\n' >entity
if openssl cms -sign -in entity -signer "$keys/alice.sign.crt" -inkey "$keys/alice.sign.key" \
	-from alice@smime.example -out signed.eml 2>err; then
	row 0 signed.eml "${trust[@]}"
	row 3 signed.eml
	row 3 signed.eml --trust "$keys/ca.25519.crt" --at 2026-01-01T00:00:00Z
	row 3 signed.eml --trust "$keys/ca.rsa.crt" --at 2100-01-01T00:00:00Z
	sed 's/alice@smime/carlos@smime/' signed.eml >other.eml
	row 6 other.eml "${trust[@]}"
fi
openssl cms -encrypt -aes-256-gcm -in entity -from alice@smime.example -out encrypted.eml \
	"$keys/bob.encrypt.crt"
row 4 encrypted.eml --cert "$keys/bob.encrypt.crt" --key "$keys/bob.encrypt.key"
row 2 encrypted.eml --cert "$keys/alice.encrypt.crt" --key "$keys/alice.encrypt.key"
printf 'bob' >passphrase
row 4 encrypted.eml --p12 "$keys/bob.p12" --passphrase-file passphrase
printf 'not bob' >passphrase
row 2 encrypted.eml --p12 "$keys/bob.p12" --passphrase-file passphrase

shared=$here/../../shared/vectors
if [ -d "$shared" ]; then
	for file in "$shared"/rfc9788/*.eml; do
		row 0 "$file" "${trust[@]}" --cert "$keys/bob.encrypt.crt" --key "$keys/bob.encrypt.key"
	done
	for file in 4.8.eml 4.9.eml 4.1.bin; do
		row 3 "$shared/rfc4134/$file" "${bob[@]}"
	done
	row 5 "$shared/rfc4134/5.3.eml" "${bob[@]}"
	for file in nss openssl_crl windows; do
		row 4 "$shared/boringssl-pkcs7/$file.p7c"
	done
	row 3 "$shared/m2crypto/sample-p7.pem"
else
	echo '../shared is not there: its vectors are left out'
fi

printf '%d checks, %d failed\n' $count $fails
[ $fails -eq 0 ]
