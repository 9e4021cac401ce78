#!/bin/bash
# Every signature algorithm in both directions: signet signs and openssl cms verifies, openssl cms
# signs and signet verifies; then one octet altered, which must be 1. Weak algorithms are read and
# named (3, weak-algorithm), and refused for writing (64). OpenSSL 3.0's cms makes no EdDSA
# signatures and reads none (3.5 does); what it cannot do is counted out loud.
set -u
count=0 fails=0 left_out=0

wrong()
{
	echo "FAILED: $*"
	head -n 5 err 2>/dev/null
	fails=$((fails + 1))
}

expect() # WHAT STATUS COMMAND…
{
	local what=$1 expected=$2 status=0
	shift 2
	count=$((count + 1))
	"$@" >out 2>err || status=$?
	[ "$status" -eq "$expected" ] || wrong "$what: status $status, not $expected: $*"
}

reports() # WHAT TEXT: in report.json
{
	count=$((count + 1))
	tr -d ' \n' <report.json | grep -qF -- "$2" || wrong "$1: the report has no $2"
}

certificate() # NAME KEY-OPTIONS…: a certificate for alice@example.com with a key that signs
{
	local name=$1
	shift
	openssl genpkey "$@" -out "$name.key" 2>/dev/null
	certify "$name"
}

certify() # NAME
{
	local name=$1
	openssl pkey -in "$name.key" -pubout -out "$name.pub"
	openssl x509 -new -subj "/CN=$name" -force_pubkey "$name.pub" -CA ca.crt -CAkey ca.key \
		-days 30 -extfile extensions -out "$name.crt" 2>/dev/null ||
		openssl x509 -req -in ca.csr -force_pubkey "$name.pub" -CA ca.crt -CAkey ca.key \
			-set_serial "0x$(openssl rand -hex 8)" -subj "/CN=$name" -days 30 \
			-extfile extensions -out "$name.crt" 2>/dev/null
}

verify() # VERB OPTIONS…
{
	"$SIGNET" verify --no-store --trust ca.crt --revocation none "$@"
}

printf '%s\n' 'basicConstraints=CA:FALSE' 'extendedKeyUsage=emailProtection' \
	'keyUsage=digitalSignature' 'subjectAltName=email:alice@example.com' \
	'subjectKeyIdentifier=hash' >extensions
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj '/CN=Root' \
	-addext keyUsage=keyCertSign,cRLSign 2>/dev/null
openssl req -new -key ca.key -subj /CN=none -out ca.csr
printf '%s\n' 'From: Alice <alice@example.com>' 'To: bob@example.com' 'Subject: Money' \
	'Content-Type: text/plain' '' 'Please pay 1,250.00 EUR.' >message.eml
head -c 5000 /dev/urandom >blob

pss=(-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048)
certificate rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
certificate pss-free "${pss[@]}"
certificate pss-256 "${pss[@]}" -pkeyopt rsa_pss_keygen_md:sha256 \
	-pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:32
certificate pss-mixed "${pss[@]}" -pkeyopt rsa_pss_keygen_md:sha512 \
	-pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:70
certificate pss-sha1 "${pss[@]}" -pkeyopt rsa_pss_keygen_md:sha1 \
	-pkeyopt rsa_pss_keygen_mgf1_md:sha1 -pkeyopt rsa_pss_keygen_saltlen:20
for curve in P-256 P-384 P-521 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1; do
	certificate "$curve" -algorithm EC -pkeyopt "ec_paramgen_curve:$curve"
done
certificate ed25519 -algorithm ED25519
certificate ed448 -algorithm ED448
openssl dsaparam -out dsa.params 2048 2>/dev/null
openssl gendsa -out dsa.key dsa.params 2>/dev/null
certify dsa

openssl_verifies() # KEY WHAT OPTION…
{
	local key=$1 what=$2
	shift 2
	case $key in
	ed*) if openssl cms -verify "$@" -CAfile ca.crt 2>&1 >content | grep -q 'invalid digest'; then
			left_out=$((left_out + 1))
			echo "openssl cannot verify: $what"
			return
		fi ;;
	esac
	expect "$what, openssl verifies" 0 openssl cms -verify "$@" -CAfile ca.crt -out content
}

# sent KEY DIGEST ALGORITHM OPTION…: signet writes it, both read it
sent()
{
	local key=$1 digest=$2 algorithm=$3 what="signet signs: $1 $2"
	shift 3
	expect "$what" 0 "$SIGNET" sign --no-store --cert "$key.crt" --key "$key.key" "$@" \
		-o signed.eml message.eml
	expect "$what, signet verifies" 0 verify --report report.json signed.eml
	reports "$what" "\"digest\":\"$digest\",\"algorithm\":\"$algorithm\""
	sed 's/1,250/9,250/' signed.eml >altered.eml
	expect "$what, altered" 1 verify altered.eml
	openssl_verifies "$key" "$what" -in signed.eml
	expect "$what" 0 "$SIGNET" sign --no-store --cert "$key.crt" --key "$key.key" --format der "$@" \
		-o signed.der blob
	openssl_verifies "$key" "$what, DER" -binary -inform DER -in signed.der
	expect "$what, DER" 0 verify -o content signed.der
	cmp -s content blob || wrong "$what: other content"
}

# received KEY DIGEST ALGORITHM STATUS OPENSSL-OPTION…: openssl cms writes it, signet reads it
received()
{
	local key=$1 digest=$2 algorithm=$3 status=$4 form what="openssl signs: $1 $2"
	shift 4
	for form in '' -nodetach -noattr; do
		what="openssl signs: $key $digest $form $*"
		if ! openssl cms -sign $form -md "$digest" -in message.eml -signer "$key.crt" \
			-inkey "$key.key" -from alice@example.com "$@" -out signed.eml 2>err; then
			left_out=$((left_out + 1))
			echo "openssl cannot: $what"
			return
		fi
		expect "$what" "$status" verify --report report.json signed.eml
		reports "$what" "\"digest\":\"$digest\",\"algorithm\":\"$algorithm\""
		[ "$status" -eq 0 ] || reports "$what" '"code":"weak-algorithm"'
		[ "$form" = -nodetach ] && continue
		sed 's/1,250/9,250/' signed.eml >altered.eml
		expect "$what, altered" 1 verify altered.eml
	done
}

for digest in sha256 sha384 sha512 sha224 sha3-256 sha3-384 sha3-512; do
	sent rsa $digest rsa-pkcs1 --digest $digest
	sent P-256 $digest ecdsa-p256 --digest $digest
	sent pss-free $digest rsa-pss --digest $digest
done
sent P-256 sha256 ecdsa-p256
sent P-384 sha384 ecdsa-p384
sent P-521 sha512 ecdsa-p521
sent brainpoolP256r1 sha256 ecdsa-brainpoolp256r1
sent brainpoolP384r1 sha384 ecdsa-brainpoolp384r1
sent brainpoolP512r1 sha512 ecdsa-brainpoolp512r1
sent pss-free sha256 rsa-pss
sent pss-256 sha256 rsa-pss
sent pss-mixed sha512 rsa-pss
sent ed25519 sha512 ed25519
sent ed448 shake256 ed448

for digest in sha256 sha384 sha512 sha224; do
	received rsa $digest rsa-pkcs1 0
	received P-256 $digest ecdsa-p256 0
done
received rsa sha3-256 rsa-pkcs1 0
for curve in P-384 P-521 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1; do
	received $curve sha384 "ecdsa-$(printf %s "$curve" | tr PR pr | sed s/^p-/p/)" 0
done
# any salt, any digest for MGF1, with an RSA key and with keys for PSS only
for salt in 0 1 20 32 100 digest max; do
	received rsa sha256 rsa-pss 0 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:$salt
done
for mask in sha1 sha384 sha512; do
	received rsa sha256 rsa-pss 0 -keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:$mask
done
received pss-free sha384 rsa-pss 0 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:48
received pss-256 sha256 rsa-pss 0 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:32
received ed25519 sha512 ed25519 0
# weak: intact, and nothing that one may rely on
received rsa sha1 rsa-pkcs1 3
received rsa md5 rsa-pkcs1 3
received P-256 sha1 ecdsa-p256 3
received rsa sha1 rsa-pss 3 -keyopt rsa_padding_mode:pss
received dsa sha1 dsa 3
received dsa sha256 dsa 3
received dsa sha224 dsa 3

# the digest in the parameters of RSA-PSS is not that of digestAlgorithm: SHA-1 is weak there too
# (RFC 4055 3.1: absent parameters are SHA-1)
for weak in sha1 md5; do
	expect "--digest $weak is refused" 64 "$SIGNET" sign --no-store --cert rsa.crt --key rsa.key \
		--digest $weak message.eml
	count=$((count + 1))
	grep -q "$weak is read but no longer written" err || wrong "--digest $weak: no sentence"
done
refused() # KEY DIGEST TEXT
{
	expect "$1 with $2 is refused" 64 "$SIGNET" sign --no-store --cert "$1.crt" --key "$1.key" \
		${2:+--digest $2} message.eml
	count=$((count + 1))
	grep -qF -- "$3" err || wrong "$1 with $2: says $(cat err)"
}
refused rsa sha999 'unknown digest sha999'
refused rsa shake256 'shake256'
refused ed25519 sha256 'signs with sha512, not with sha256'
refused ed448 sha512 'signs with shake256, not with sha512'
refused pss-256 sha512 'signs with sha256, not with sha512'
refused pss-sha1 '' 'sha1'
refused dsa '' 'a key of kind dsa does not sign'

# several signers
both=(--cert rsa.crt --key rsa.key --cert ed25519.crt --key ed25519.key)
expect 'two pairs' 0 "$SIGNET" sign --no-store "${both[@]}" -o signed.eml message.eml
expect 'two signers' 0 verify --report report.json signed.eml
reports 'two signers' '"algorithm":"rsa-pkcs1"'
reports 'two signers' '"algorithm":"ed25519"'
count=$((count + 1))
grep -q 'micalg="sha-256,sha-512"' signed.eml || wrong 'two signers: micalg'
openssl_verifies ed25519 'two signers' -in signed.eml
sed 's/1,250/9,250/' signed.eml >altered.eml
expect 'two signers, altered' 1 verify altered.eml
both=(--cert rsa.crt --key rsa.key --cert P-384.crt --key P-384.key)
expect 'two pairs, one digest' 0 "$SIGNET" sign --no-store "${both[@]}" --digest sha512 \
	-o signed.eml message.eml
expect 'two signers, one digest' 0 verify --report report.json signed.eml
expect 'a pair too few' 64 "$SIGNET" sign --no-store "${both[@]}" --cert P-256.crt message.eml

# several From: all of them must be signers
sed 's/emailAddress//; s/alice@/carol@/' extensions >carol.extensions
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out carol.key 2>/dev/null
mv extensions alice.extensions
cp carol.extensions extensions
certify carol
sed 's/^From:.*/From: alice@example.com, carol@example.com\nSender: alice@example.com/' message.eml >two.eml
expect 'two From, one signer' 0 "$SIGNET" sign --no-store --cert rsa.crt --key rsa.key -o signed.eml two.eml
expect 'two From, one signer' 6 verify --report report.json signed.eml
reports 'two From, one signer' '"code":"from-several"'
expect 'two From, both signers' 0 "$SIGNET" sign --no-store --cert rsa.crt --key rsa.key \
	--cert carol.crt --key carol.key -o signed.eml two.eml
expect 'two From, both signers' 0 verify signed.eml

echo "$count checks, $fails failed; $left_out combinations that this openssl cannot make"
[ "$fails" -eq 0 ]
