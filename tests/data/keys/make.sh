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
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
openssl ec -in ec.pem -out ec-traditional.pem
openssl ec -in ec.pem -outform DER -out ec-traditional.der
openssl ecparam -name prime256v1 -genkey -out ec-with-parameters.pem
openssl ec -in ec.pem -des3 -passout pass:secret -out ec-traditional-3des.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl req -x509 -new -key ec.pem -subj /CN=none -days 1 -out certificate.pem
cat certificate.pem ec.pem >certificate-and-key.pem
