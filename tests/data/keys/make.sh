#!/bin/sh
# Makes the private keys of this folder by OpenSSL's program, in the forms that signet reads. All
# that are encrypted have the passphrase "secret".
set -eu
cd "$(dirname "$0")"
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null ||
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
openssl pkcs8 -topk8 -nocrypt -in rsa.pem -outform DER -out rsa.der
openssl rsa -in rsa.pem -traditional -out rsa-traditional.pem
openssl rsa -in rsa.pem -traditional -outform DER -out rsa-traditional.der
openssl rsa -in rsa.pem -traditional -aes256 -passout pass:secret -out rsa-traditional-aes256.pem
openssl pkcs8 -topk8 -in rsa.pem -v2 aes256 -passout pass:secret -out rsa-pbkdf2.pem
openssl pkcs8 -topk8 -in rsa.pem -v2 aes256 -passout pass:secret -outform DER -out rsa-pbkdf2.der
openssl pkcs8 -topk8 -in rsa.pem -scrypt -passout pass:secret -out rsa-scrypt.pem
openssl pkcs8 -topk8 -in rsa.pem -v1 PBE-SHA1-3DES -passout pass:secret -out rsa-pbes1.pem
openssl pkcs8 -topk8 -in rsa.pem -v1 PBE-SHA1-RC2-40 -provider legacy -provider default \
	-passout pass:secret -out rsa-rc2.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 \
	-pkeyopt rsa_pss_keygen_md:sha384 -pkeyopt rsa_pss_keygen_mgf1_md:sha384 \
	-pkeyopt rsa_pss_keygen_saltlen:48 -out rsa-pss.pem
# RSA-PSS keys: restricted to a longer salt and another MGF1 digest, to SHA-1, not at all, and too
# short for a whole salt
pss() { # name, bits, further options
	out=rsa-pss-$1.pem bits=$2
	shift 2
	openssl genpkey -algorithm RSA-PSS -pkeyopt "rsa_keygen_bits:$bits" "$@" -out "$out"
}
pss mgf1 2048 -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha512 \
	-pkeyopt rsa_pss_keygen_saltlen:64
pss sha1 2048 -pkeyopt rsa_pss_keygen_md:sha1 -pkeyopt rsa_pss_keygen_mgf1_md:sha1 \
	-pkeyopt rsa_pss_keygen_saltlen:20
pss free 2048
pss short 1024
openssl dsaparam -out dsa-parameters.pem 2048
openssl gendsa -out dsa.pem dsa-parameters.pem
openssl dsa -in dsa.pem -out dsa-traditional.pem
openssl dsa -in dsa.pem -outform DER -out dsa-traditional.der
openssl dsa -in dsa.pem -aes128 -passout pass:secret -out dsa-traditional-aes128.pem
rm dsa-parameters.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
openssl ec -in ec.pem -out ec-traditional.pem
openssl ec -in ec.pem -outform DER -out ec-traditional.der
openssl ecparam -name prime256v1 -genkey -out ec-with-parameters.pem
openssl ec -in ec.pem -des3 -passout pass:secret -out ec-traditional-3des.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl req -x509 -new -key ec.pem -subj /CN=none -days 1 -out certificate.pem
cat certificate.pem ec.pem >certificate-and-key.pem
# an old PKCS#12 file: RC2-40 around the certificate, 3DES around the key, a MAC by SHA-1
openssl req -x509 -new -key ec.pem -subj /CN=Alice -days 36500 -out alice.pem \
	-addext 'subjectAltName=email:alice@example.com'
openssl pkcs12 -export -inkey ec.pem -in alice.pem -legacy -passout pass:secret -out legacy.p12
rm alice.pem
