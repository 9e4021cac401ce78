#!/bin/sh
# Makes tests/data/cms by OpenSSL's program: two people, Alice who signs and Bob who decrypts, each
# with an RSA and a P-256 key, and CMS objects between them over content.txt. The certificates are
# self-signed and last 100 years; no key here protects anything.
set -eu
cd "$(dirname "$0")/cms"
rm -f ./*.pem ./*.der ./*.ber ./*.cer
printf 'Content-Type: text/plain\r\n\r\nThe invoice is paid, twice.\r\n' >content.txt

make_key() {
	if [ "$2" = rsa ]; then
		openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1-$2.pem" \
			2>/dev/null ||
			openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1-$2.pem"
	else
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1-$2.pem"
	fi
	openssl req -x509 -new -key "$1-$2.pem" -subj "/O=Example/CN=$1 $2" -days 36500 \
		-addext "subjectAltName=email:$1@example.com" -out "$1-$2.cert.pem"
	openssl x509 -in "$1-$2.cert.pem" -outform DER -out "$1-$2.cer"
}
for who in alice bob; do
	make_key $who rsa
	make_key $who ec
done
# a key that only agrees: its certificate is signed by another
openssl genpkey -algorithm X25519 -out bob-x25519.pem
openssl pkey -in bob-x25519.pem -pubout -out bob-x25519.pub.pem
openssl req -new -key bob-ec.pem -subj '/O=Example/CN=bob x25519' -out bob-x25519.csr.pem
openssl x509 -req -in bob-x25519.csr.pem -force_pubkey bob-x25519.pub.pem -CA bob-ec.cert.pem \
	-CAkey bob-ec.pem -set_serial 25519 -days 36500 -outform DER -out bob-x25519.cer 2>/dev/null
rm bob-x25519.pub.pem bob-x25519.csr.pem

rsa='-signer alice-rsa.cert.pem -inkey alice-rsa.pem'
ec='-signer alice-ec.cert.pem -inkey alice-ec.pem'
sign() { # name, options
	name=$1
	shift
	openssl cms -sign -binary -nosmimecap -in content.txt -outform DER -out "$name" "$@"
}
sign signed-ec.der -nodetach $ec
sign signed-rsa.der -nodetach $rsa
sign signed-stream.ber -nodetach -stream $rsa
sign signed-detached.der $ec
sign signed-no-attributes.der -nodetach -noattr $rsa
sign signed-key-id.der -nodetach -keyid $ec
sign signed-two.der -nodetach $rsa $ec
sign signed-pss.der -nodetach $rsa -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest
sign signed-sha512.der -nodetach -md sha512 $ec
sign signed-ess.der -nodetach -cades $ec
openssl crl2pkcs7 -nocrl -certfile alice-rsa.cert.pem -certfile alice-ec.cert.pem -outform DER \
	-out certs-only.der

encrypt() { # name, options
	name=$1
	shift
	openssl cms -encrypt -binary -in content.txt -outform DER -out "$name" "$@"
}
encrypt enveloped-rsa.der -aes256 bob-rsa.cert.pem
encrypt enveloped-stream.ber -aes128 -stream bob-rsa.cert.pem
encrypt enveloped-oaep.der -aes256 -recip bob-rsa.cert.pem -keyopt rsa_padding_mode:oaep \
	-keyopt rsa_oaep_md:sha256
encrypt enveloped-ec.der -aes256 bob-ec.cert.pem
encrypt enveloped-key-id.der -aes256 -keyid bob-rsa.cert.pem
encrypt enveloped-many.der -aes256 -secretkey 000102030405060708090a0b0c0d0e0f -secretkeyid c0ffee \
	-pwri_password sesame bob-rsa.cert.pem bob-ec.cert.pem
encrypt authenveloped-rsa.der -aes-256-gcm bob-rsa.cert.pem
encrypt authenveloped-ec.der -aes-128-gcm bob-ec.cert.pem
rm -f ./*.cert.pem
