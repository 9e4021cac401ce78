#!/bin/bash
# What signet signs and encrypts, openssl cms verifies and decrypts: keys x forms x ciphers.
set -eu
fails=0
count=0

certificate() # NAME ADDRESS KEY-OPTIONS…
{
	local name=$1 address=$2
	shift 2
	openssl genpkey "$@" -out "$name.key" 2>/dev/null
	openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
	printf '%s\n' 'basicConstraints=CA:FALSE' 'extendedKeyUsage=emailProtection' \
		'keyUsage=digitalSignature,keyEncipherment,keyAgreement' \
		"subjectAltName=email:$address" >"$name.ext"
	openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 \
		-extfile "$name.ext" -out "$name.crt" 2>/dev/null
}

check() # WHAT COMMAND…
{
	local what=$1
	shift
	count=$((count + 1))
	if ! "$@" >out 2>err; then
		echo "FAILED: $what: $*"
		cat err
		fails=$((fails + 1))
	fi
}

same() # WHAT A B
{
	count=$((count + 1))
	cmp -s "$2" "$3" || { echo "FAILED: $1: $2 and $3 differ"; fails=$((fails + 1)); }
}

signet()
{
	"$SIGNET" "$@"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt \
	-subj /CN=Root -days 60 -addext keyUsage=keyCertSign,cRLSign 2>/dev/null
certificate rsa alice@example.com -algorithm RSA -pkeyopt rsa_keygen_bits:2048
certificate p256 alice@example.com -algorithm EC -pkeyopt ec_paramgen_curve:P-256
certificate bob-rsa bob@example.com -algorithm RSA -pkeyopt rsa_keygen_bits:2048
certificate bob-p256 bob@example.com -algorithm EC -pkeyopt ec_paramgen_curve:P-256

printf '%s\n' 'From: Alice <alice@example.com>' 'To: bob@example.com' 'Subject: Money' \
	'Bcc: dave@example.com' 'Content-Type: text/plain; charset=utf-8' '' \
	'Grüße' 'From here on' >message.eml
head -c 300000 /dev/urandom >blob

for key in rsa p256; do
	as="--no-store --cert $key.crt --key $key.key"
	for digest in '' sha384 sha512; do
		for form in '' --opaque; do
			what="sign $key $digest $form"
			check "$what" signet sign $as $form ${digest:+--digest $digest} -o signed message.eml
			check "$what" openssl cms -verify -in signed -CAfile ca.crt -out content
			check "$what" grep -q 'Gr=C3=BC=C3=9Fe' content
			count=$((count + 1))
			if grep -qi -e bcc: -e dave@ signed; then
				echo "FAILED: $what: Bcc in the message"
				fails=$((fails + 1))
			fi
		done
	done
	for form in der pem; do
		check "sign $key $form" signet sign $as --format $form -o signed blob
		check "sign $key $form" openssl cms -verify -binary -inform $form -in signed \
			-CAfile ca.crt -out content
		same "sign $key $form" blob content
		check "detached $key $form" signet sign $as --format $form --detached -o signed blob
		check "detached $key $form" openssl cms -verify -binary -inform $form -in signed \
			-content blob -CAfile ca.crt -out content
		same "detached $key $form" blob content
	done
done

for bob in bob-rsa bob-p256; do
	for cipher in aes-256-gcm aes-128-gcm aes-256-cbc aes-128-cbc; do
		for transport in pkcs1 oaep; do
			how="--no-store -r ./$bob.crt --cipher $cipher --key-transport $transport"
			what="encrypt $bob $cipher $transport"
			for form in der pem; do
				check "$what $form" signet encrypt $how --format $form -o encrypted blob
				check "$what $form" openssl cms -decrypt -binary -inform $form -in encrypted \
					-inkey $bob.key -recip $bob.crt -out content
				same "$what $form" blob content
			done
			check "$what" signet encrypt $how -o encrypted message.eml
			check "$what" openssl cms -decrypt -in encrypted -inkey $bob.key -recip $bob.crt \
				-out content
			check "$what" grep -q 'Gr=C3=BC=C3=9Fe' content
			for key in rsa p256; do
				check "protect $key, $what" signet protect $how --no-self --cert $key.crt \
					--key $key.key -r ./bob-rsa.crt -r ./bob-p256.crt -o protected message.eml
				check "protect $key, $what" openssl cms -decrypt -in protected -inkey $bob.key \
					-recip $bob.crt -out inner
				check "protect $key, $what" openssl cms -verify -in inner -CAfile ca.crt -out content
				check "protect $key, $what" grep -q 'Gr=C3=BC=C3=9Fe' content
			done
		done
	done
done

echo "$count checks, $fails failed"
[ "$fails" -eq 0 ]
