#!/bin/bash
# Messages that others made, beside the tree in ../shared: vectors_shared.rows says what signet says to
# each and why (SIGNET_VECTORS: they are elsewhere); then signet's own messages by the keys of RFC 9216 and of OpenSSL's tests.
set -u
here=$(cd "$(dirname "$0")" && pwd)
shared=${SIGNET_VECTORS:-$(cd "$here/../../.." && pwd)/shared/vectors}
if [ ! -d "$shared" ]; then
	echo '../shared is not there: its vectors are left out'
	exit 77
fi
count=0 fails=0

expect() # WHAT STATUS COMMAND…
{
	local what=$1 expected=$2 status=0
	shift 2
	count=$((count + 1))
	"$@" >out 2>err || status=$?
	if [ "$status" -ne "$expected" ]; then
		echo "FAILED: $what: status $status, not $expected: $(head -n 2 err)"
		fails=$((fails + 1))
	fi
}

printf 'something else' >other
options() # HOW: sets the array how
{
	local carl=(--cert "$shared/rfc4134/BobRSASignByCarl.cer" --key "$shared/rfc4134/BobPrivRSAEncrypt.pri"
		--trust "$shared/rfc4134/CarlRSASelf.cer" --trust "$shared/rfc4134/CarlDSSSelf.cer"
		--at 2000-01-01T00:00:00Z)
	local pem=$shared/python-smime/testdata

	case $1 in
	nobody) how=() ;;
	other) how=(--content other) ;;
	carl) how=("${carl[@]}") ;;
	carl-content) how=("${carl[@]}" --content "$shared/rfc4134/ExContent.bin") ;;
	carl-other) how=("${carl[@]}" --content other) ;;
	carl-pem) how=(--cert "$pem/BobRSASignByCarl.pem" --key "$pem/BobPrivRSAEncrypt.pem"
		--trust "$pem/CarlRSASelf.pem" --trust "$pem/CarlDSSSelf.pem" --at 2000-01-01T00:00:00Z) ;;
	m2crypto-early) how=(--trust "$shared/m2crypto/ca.pem" --at 2018-01-01T00:00:00Z) ;;
	*) echo "FAILED: no options $1"; fails=$((fails + 1)); how=() ;;
	esac
}

while IFS=$'\t' read -r status file name why; do
	case $status in '' | '#'*) continue ;; esac
	options "$name"
	expect "$file, $name ($why)" "$status" "$SIGNET" open --no-store --revocation none "${how[@]}" "$shared/$file"
done <"$here/vectors_shared.rows"

# RFC 9216: each person signs by file and by PKCS#12; both authorities vouch for all four, by way of
# their cross certificates; everybody reads what is for him.
keys=$shared/rfc9216
for who in alice bob carlos dana; do
	printf 'From: %s@smime.example\r\nTo: %s@smime.example\r\n\r\nHello.\r\n' $who $who >message.eml
	printf '%s\n' $who >pw
	expect "$who signs" 0 "$SIGNET" sign --no-store --cert "$keys/$who.sign.crt" \
		--key "$keys/$who.sign.key" -o signed.eml message.eml
	expect "$who signs by PKCS#12" 0 "$SIGNET" sign --no-store --p12 "$keys/$who.p12" \
		--passphrase-file pw -o by-p12.eml message.eml
	expect "$who protects by PKCS#12" 0 "$SIGNET" protect --no-store --p12 "$keys/$who.p12" \
		--passphrase-file pw -r "$keys/$who.encrypt.crt" -o protected.eml message.eml
	for ca in rsa 25519; do
		trust=(--no-store --revocation none --trust "$keys/ca.$ca.crt" --chain "$keys/ca.rsa.cross.crt"
			--chain "$keys/ca.25519.cross.crt")
		for file in signed by-p12; do
			expect "$who $file under ca.$ca" 0 "$SIGNET" verify "${trust[@]}" $file.eml
		done
		expect "$who opens under ca.$ca" 0 "$SIGNET" open "${trust[@]}" --cert "$keys/$who.encrypt.crt" \
			--key "$keys/$who.encrypt.key" protected.eml
	done
	expect "$who: a wrong passphrase" 2 "$SIGNET" sign --no-store --p12 "$keys/$who.p12" \
		--passphrase-file other message.eml
done

# The keys of OpenSSL's tests, certificate and key in one file, some with the traditional label.
printf 'From: a@example.com\r\n\r\nHello.\r\n' >message.eml
openssl_key() # NAME SIGN VERIFY ENCRYPT WHY
{
	local pair=(--no-store --cert "$shared/openssl-keys/$1.pem" --key "$shared/openssl-keys/$1.pem")
	expect "$1 signs ($5)" "$2" "$SIGNET" sign "${pair[@]}" --ignore-sender -o signed.eml message.eml
	[ "$2" -ne 0 ] || expect "$1 verifies ($5)" "$3" "$SIGNET" verify --no-store --revocation none \
		--ignore-sender --at 2026-01-01T00:00:00Z --trust "$shared/openssl-keys/smroot.pem" signed.eml
	expect "to $1 ($5)" "$4" "$SIGNET" encrypt --no-store -r "$shared/openssl-keys/$1.pem" -o sealed.eml message.eml
	[ "$4" -ne 0 ] || expect "$1 opens ($5)" 4 "$SIGNET" open "${pair[@]}" sealed.eml
}
openssl_key smrsa1 0 0 0 'RSA'
openssl_key smrsa2 0 0 0 'RSA'
openssl_key smrsa3 0 0 0 'RSA'
openssl_key smrsa1024 0 3 0 'RSA of 1024 bits is weak'
openssl_key smec1 0 0 67 'keyUsage has no keyAgreement'
openssl_key smec2 0 0 67 'keyUsage has no keyAgreement'
openssl_key smec3 0 3 67 'issued by a root of the same name and another key'
openssl_key smdsa1 64 0 67 'DSA is read, not written'
openssl_key csrsa1 67 0 67 'for signing code'

echo "$count checks, $fails failed"
[ "$fails" -eq 0 ]
