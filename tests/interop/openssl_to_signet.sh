#!/bin/bash
# What openssl cms signs and encrypts, signet opens and verifies: keys x forms x ciphers, and the
# same with one octet altered, which must not be valid.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
count=0
fails=0

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

# expect WHAT STATUS COMMAND…
expect()
{
	local what=$1 expected=$2 status=0
	shift 2
	count=$((count + 1))
	"$@" >out 2>err || status=$?
	if [ "$status" -ne "$expected" ]; then
		echo "FAILED: $what: status $status, not $expected: $*"
		cat err
		fails=$((fails + 1))
	fi
}

holds() # WHAT COMMAND…
{
	local what=$1
	shift
	count=$((count + 1))
	"$@" || { echo "FAILED: $what"; fails=$((fails + 1)); }
}

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj '/CN=Interop CA' \
	2>/dev/null
certificate rsa alice@example.com -algorithm RSA -pkeyopt rsa_keygen_bits:2048
certificate p256 alice@example.com -algorithm EC -pkeyopt ec_paramgen_curve:P-256
certificate bob-rsa bob@example.com -algorithm RSA -pkeyopt rsa_keygen_bits:2048
certificate bob-p256 bob@example.com -algorithm EC -pkeyopt ec_paramgen_curve:P-256
printf 'Content-Type: text/plain; charset=us-ascii\r\n\r\nPlease pay 1,250.00 EUR.\r\n' >entity
printf 'any octets\0\377 and a\nline' >octets
mail=(-from 'Alice <alice@example.com>' -to bob@example.com -subject Invoice)

signet() # VERB OPTIONS…
{
	local verb=$1
	shift
	"$SIGNET" "$verb" --no-store --trust ca.crt --revocation none "$@"
}

for key in rsa p256; do
	for digest in sha256 sha512; do
		for form in clear opaque keyid nocerts noattr stream; do
			options=(-md "$digest")
			status=0
			case $form in
			opaque) options+=(-nodetach) ;;
			keyid) options+=(-keyid) ;;
			nocerts) options+=(-nocerts) status=3 ;;
			noattr) options+=(-noattr) ;;
			stream) options+=(-nodetach -stream) ;;
			esac
			openssl cms -sign -in entity -signer $key.crt -inkey $key.key "${options[@]}" "${mail[@]}" \
				-out signed.eml
			expect "open $key $digest $form" $status signet open signed.eml -o opened.eml
			holds "content of $key $digest $form" grep -q '1,250.00' opened.eml
			sed 's/\r$//' signed.eml >lf.eml
			[ $form = clear ] && expect "open $key $digest $form with bare LF" $status signet open lf.eml
			if [ $form = clear ] || [ $form = keyid ]; then
				sed 's/1,250/9,250/' signed.eml >altered.eml
				rm -f opened.eml
				expect "altered $key $digest $form" 1 signet open altered.eml -o opened.eml
				holds "nothing left of altered $key $digest $form" test ! -e opened.eml
			fi
		done
		openssl cms -sign -binary -nodetach -in octets -signer $key.crt -inkey $key.key -md $digest \
			-outform DER -out signed.der
		expect "DER $key $digest" 0 signet open signed.der -o opened
		holds "octets of DER $key $digest" cmp -s octets opened
		openssl cms -sign -binary -nodetach -in octets -signer $key.crt -inkey $key.key -md $digest \
			-outform PEM -out signed.pem
		expect "PEM $key $digest" 0 signet open signed.pem -o opened
		holds "octets of PEM $key $digest" cmp -s octets opened
		openssl cms -sign -binary -in octets -signer $key.crt -inkey $key.key -md $digest \
			-outform DER -out detached.der
		expect "detached $key $digest" 0 signet verify --content octets detached.der
		printf x >>octets
		expect "detached $key $digest, other content" 1 signet verify --content octets detached.der
		printf 'any octets\0\377 and a\nline' >octets
		expect "detached $key $digest, no content" 65 signet verify detached.der
	done
done

# two signers of one message
openssl cms -sign -in entity -signer rsa.crt -inkey rsa.key -signer p256.crt -inkey p256.key \
	"${mail[@]}" -out signed.eml
expect 'two signers' 0 signet open signed.eml

for cipher in aes-128-gcm aes-256-gcm aes-128-cbc aes-192-cbc aes-256-cbc; do
	for key in bob-rsa bob-p256; do
		for form in issuer keyid stream inner; do
			options=()
			status=4
			case $cipher in *-cbc) status=5 ;; esac
			input=entity
			case $form in
			keyid) options+=(-keyid) ;;
			stream) options+=(-stream) ;;
			inner)
				openssl cms -sign -in entity -signer rsa.crt -inkey rsa.key -out inner.eml
				input=inner.eml status=0
				;;
			esac
			openssl cms -encrypt -$cipher "${options[@]}" -in $input "${mail[@]}" -out encrypted.eml $key.crt
			rm -f opened.eml
			expect "open $cipher $key $form" $status signet open --cert $key.crt --key $key.key \
				encrypted.eml -o opened.eml
			if [ $status -eq 5 ]; then
				holds "withheld $cipher $key $form" test ! -e opened.eml
			else
				holds "content of $cipher $key $form" grep -q '1,250.00' opened.eml
			fi
			expect "not for Alice: $cipher $key $form" 2 signet open --cert rsa.crt --key rsa.key \
				encrypted.eml
		done
		openssl cms -encrypt -binary -$cipher -in octets -outform DER -out encrypted.der $key.crt
		status=4
		case $cipher in *-cbc) status=5 ;; esac
		expect "DER $cipher $key" $status signet open --allow-unauthenticated --cert $key.crt \
			--key $key.key encrypted.der -o opened
		holds "octets of DER $cipher $key" cmp -s octets opened
	done
done

# several recipients of both kinds, and compression around a signature
openssl cms -encrypt -aes-256-gcm -in entity "${mail[@]}" -out encrypted.eml rsa.crt bob-p256.crt bob-rsa.crt
for key in rsa bob-p256 bob-rsa; do
	expect "one of three recipients: $key" 4 signet open --cert $key.crt --key $key.key encrypted.eml
done
if openssl cms -compress -in entity -out compressed.eml 2>/dev/null; then
	openssl cms -sign -in entity -signer rsa.crt -inkey rsa.key -out inner.eml
	openssl cms -compress -in inner.eml "${mail[@]}" -out compressed.eml
	expect 'signed in compressed' 0 signet open compressed.eml
fi
openssl crl2pkcs7 -nocrl -certfile rsa.crt -outform DER -out certs.p7c
expect 'certificates only' 4 signet open certs.p7c

printf '%d checks, %d failed\n' $count $fails
[ $fails -eq 0 ]
