#!/bin/bash
# Keys and certificates as they come in files: PKCS#12, PKCS#8, the traditional forms, bundles, .p7b.
. "$(dirname "$0")/common.bash"
data=$TOP/tests/data

printf 'secret\n' >pw
printf 'wrong\n' >pw-wrong
printf '\n' >pw-empty
printf 'Schlüssel\n' >pw-latin
printf 'ключ 鍵\n' >pw-other
printf '🔑🔑\n' >pw-astral
printf 'From: alice@example.com\r\nTo: bob@example.com\r\n\r\nHello.\r\n' >message.eml

# Two CAs above Alice, who has an RSA and a P-256 key.
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=Root -days 30 2>err
printf 'basicConstraints=CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n' >ca.ext
printf 'basicConstraints=CA:FALSE\nsubjectAltName=email:alice@example.com\n' >leaf.ext
certificate() # NAME SUBJECT CA EXTENSIONS
{
	openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
	openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -set_serial "0x$(openssl rand -hex 8)" \
		-days 20 -extfile "$4" -out "$1.pem" 2>err
}
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out sub.key 2>err
certificate sub /CN=Sub root ca.ext
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>err
certificate rsa /CN=Alice sub leaf.ext
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key 2>err
certificate ec /CN=Alice sub leaf.ext

signs() # CODE OPTION…: signs with what is given; what comes of it is good
{
	local code=$1
	shift
	rm -f signed.eml
	expect "$code" sign --no-store "$@" -o signed.eml message.eml
	[ "$code" -eq 0 ] || { holds 'nothing is written' test ! -e signed.eml; return; }
	expect 0 verify --no-store --trust root.pem --chain sub.pem --revocation none signed.eml
}

# --- PKCS#12 ---
export_p12() # FILE PASSPHRASE OPTION…
{
	openssl pkcs12 -export -inkey ec.key -in ec.pem -certfile sub.pem -passout "pass:$2" -out "$1" \
		"${@:3}" 2>err || wrong "openssl pkcs12 $*"
}
export_p12 modern.p12 secret
export_p12 sha1.p12 secret -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1
export_p12 sha512.p12 secret -macalg sha512 -keypbe AES-256-CBC -certpbe AES-128-CBC
export_p12 no-mac.p12 secret -nomac
export_p12 key-open.p12 secret -keypbe NONE
export_p12 no-encryption.p12 secret -keypbe NONE -certpbe NONE
export_p12 no-protection.p12 secret -keypbe NONE -certpbe NONE -nomac
for file in modern sha1 sha512 no-mac key-open no-encryption; do
	signs 0 --p12 $file.p12 --passphrase-file pw
	signs 2 --p12 $file.p12 --passphrase-file pw-wrong
	says 'passphrase'
	signs 2 --p12 $file.p12 --passphrase-file pw-empty
	signs 2 --p12 $file.p12
	says '--passphrase-file'
	expect 2 verify --no-store --p12 $file.p12 --passphrase-file pw-wrong --json message.eml
	json out 'r["problems"][0]["code"] == "passphrase"'
done
# Nothing to unlock: no passphrase is asked for, and none is wrong.
signs 0 --p12 no-protection.p12
signs 0 --p12 no-protection.p12 --passphrase-file pw-wrong
# An empty passphrase is tried unasked.
export_p12 empty.p12 ''
signs 0 --p12 empty.p12
signs 0 --p12 empty.p12 --passphrase-file pw-empty
# RFC 7292 B.1: a passphrase of any letters, as a BMPString (UTF-16 above the first plane).
export_p12 latin.p12 'Schlüssel'
export_p12 other.p12 'ключ 鍵' -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1
export_p12 astral.p12 '🔑🔑'
for file in latin other astral; do
	signs 0 --p12 $file.p12 --passphrase-file pw-$file
	signs 2 --p12 $file.p12 --passphrase-file pw
done
# Old files: RC2 with 40 bits is in libcrypto's legacy provider, which may be a package of its own.
OPENSSL_MODULES=$work/none signs 2 --p12 "$data/keys/legacy.p12" --passphrase-file pw
says 'openssl-provider-legacy'
OPENSSL_MODULES=$work/none expect 2 verify --no-store --p12 "$data/keys/legacy.p12" \
	--passphrase-file pw --json message.eml
json out 'r["problems"][0]["code"] == "algorithm-unavailable"'
OPENSSL_MODULES=$work/none signs 2 --p12 "$data/keys/legacy.p12" --passphrase-file pw-wrong
says 'passphrase'
if openssl list -providers -provider legacy >/dev/null 2>&1; then
	expect 0 sign --no-store --p12 "$data/keys/legacy.p12" --passphrase-file pw message.eml
	signs 2 --p12 "$data/keys/legacy.p12" --passphrase-file pw-wrong
	says 'passphrase'
fi
# RFC 9579: PBMAC1 needs OpenSSL 3.4; before, it is said so.
"$data/make_pbmac1.py" modern.p12 pbmac1.p12 secret
case $(openssl version) in
'OpenSSL 3.'[0-3].*)
	signs 2 --p12 pbmac1.p12 --passphrase-file pw
	says 'OpenSSL 3.4' ;;
*)
	signs 0 --p12 pbmac1.p12 --passphrase-file pw
	signs 2 --p12 pbmac1.p12 --passphrase-file pw-wrong
	says 'passphrase' ;;
esac
# Two keys in one file (RFC 9216): one signs, the other decrypts.
printf 'bob\n' >pw-bob
expect 0 identity import "$data/rfc9216/bob.p12" --passphrase-file pw-bob
expect 0 identity list --json
json out 'len(r) == 2 and all(i["addresses"] == ["bob@smime.example"] for i in r)'
expect 2 identity import "$data/rfc9216/bob.p12" --passphrase-file pw
says 'passphrase'
# The certificate for encryption in it signs nothing, and is no hindrance.
sed 's/alice@example.com/bob@smime.example/' message.eml >from-bob.eml
expect 0 sign --no-store --p12 "$data/rfc9216/bob.p12" --passphrase-file pw-bob -o signed.eml from-bob.eml
expect 0 verify --no-store --trust "$data/rfc9216/ca.rsa.crt" --revocation none signed.eml
expect 0 protect --no-store --p12 "$data/rfc9216/bob.p12" --passphrase-file pw-bob \
	-r "$data/rfc9216/bob.encrypt.crt" -o protected.eml from-bob.eml
expect 0 open --no-store --p12 "$data/rfc9216/bob.p12" --passphrase-file pw-bob \
	--trust "$data/rfc9216/ca.rsa.crt" --revocation none protected.eml
expect 67 sign --no-store --cert "$data/rfc9216/bob.encrypt.crt" --key "$data/rfc9216/bob.encrypt.key" from-bob.eml
says 'is not for signing'
# Damaged, cut short, something else.
head -c 500 modern.p12 >cut.p12
signs 65 --p12 cut.p12 --passphrase-file pw
signs 65 --p12 message.eml --passphrase-file pw
signs 66 --p12 missing.p12 --passphrase-file pw

# --- private keys ---
pkcs8() # FILE OPTION…
{
	openssl pkcs8 -topk8 -in rsa.key -passout pass:secret -out "$@" 2>err || wrong "openssl pkcs8 $*"
}
pkcs8 plain.key -nocrypt
pkcs8 plain.der -nocrypt -outform DER
pkcs8 aes.key -v2 aes-256-cbc -v2prf hmacWithSHA512
pkcs8 aes.der -v2 aes-128-cbc -outform DER
pkcs8 tdes.key -v2 des-ede3-cbc
pkcs8 scrypt.key -scrypt
pkcs8 scrypt.der -scrypt -outform DER
pkcs8 pbes1.key -v1 PBE-SHA1-3DES
openssl rsa -in rsa.key -traditional -out traditional.key 2>err
openssl rsa -in rsa.key -traditional -outform DER -out traditional.der 2>err
openssl rsa -in rsa.key -traditional -aes256 -passout pass:secret -out traditional-aes.key 2>err
openssl rsa -in rsa.key -traditional -des3 -passout pass:secret -out traditional-des.key 2>err
for file in plain.key plain.der traditional.key traditional.der; do
	signs 0 --cert rsa.pem --key $file
done
for file in aes.key aes.der tdes.key scrypt.key scrypt.der pbes1.key traditional-aes.key traditional-des.key; do
	signs 0 --cert rsa.pem --key $file --passphrase-file pw
	signs 2 --cert rsa.pem --key $file --passphrase-file pw-wrong
	says 'passphrase'
	signs 2 --cert rsa.pem --key $file
	says '--passphrase-file'
done
openssl ec -in ec.key -out ec-traditional.key 2>err
openssl ec -in ec.key -outform DER -out ec-traditional.der 2>err
openssl ec -in ec.key -aes192 -passout pass:secret -out ec-traditional-aes.key 2>err
signs 0 --cert ec.pem --key ec-traditional.key
signs 0 --cert ec.pem --key ec-traditional.der
signs 0 --cert ec.pem --key ec-traditional-aes.key --passphrase-file pw
signs 2 --cert ec.pem --key ec-traditional-aes.key --passphrase-file pw-wrong
# RC2, as above
OPENSSL_MODULES=$work/none signs 2 --cert rsa.pem --key "$data/keys/rsa-rc2.pem" --passphrase-file pw
says 'openssl-provider-legacy'
signs 64 --cert rsa.pem --key ec.key
signs 65 --cert rsa.pem --key rsa.pem
signs 65 --cert rsa.pem --key message.eml

# --- bundles: the first certificate is the leaf, the rest its chain; keys may stand anywhere ---
cat rsa.key rsa.pem sub.pem root.pem >key-first.pem
cat rsa.pem rsa.key sub.pem >key-between.pem
cat rsa.pem sub.pem rsa.key >key-last.pem
cat rsa.pem sub.pem aes.key >key-locked.pem
for file in key-first key-between key-last; do
	signs 0 --cert $file.pem --key $file.pem
	count=$((count + 1))
	sed -n '/^--=_.*[^-]$/,$p' signed.eml | sed '1,/filename=smime.p7s/d; /^--/,$d' | openssl base64 -d |
		openssl pkcs7 -inform DER -print_certs 2>err | grep -q 'subject=CN = Sub\|subject=CN=Sub' ||
		wrong "$file: its chain is not in the message"
done
signs 0 --cert key-locked.pem --key key-locked.pem --passphrase-file pw
cat sub.pem rsa.pem rsa.key >ca-first.pem
signs 64 --cert ca-first.pem --key ca-first.pem
says 'is not that of the certificate'
for file in key-first key-between key-last ca-first; do
	export SIGNET_HOME=$work/home-$file
	expect 0 identity import $file.pem --plain-key
	expect 0 identity list --json
	json out 'len(r) == 1 and r[0]["addresses"] == ["alice@example.com"] and r[0]["key"] == "plain"'
	expect 0 trust add root.pem
	expect 0 sign -o signed.eml message.eml
	expect 0 verify signed.eml
done
export SIGNET_HOME=$work/home
for file in modern no-protection; do
	expect 0 identity import $file.p12 --passphrase-file pw
done
expect 0 identity import rsa.pem aes.key --passphrase-file pw
expect 2 identity import rsa.pem aes.key --passphrase-file pw-wrong
expect 67 identity import rsa.key --plain-key
expect 67 identity import rsa.pem --plain-key
expect 67 identity import rsa.pem ec.key --plain-key

# --- .p7b: DER, PEM, and the labels that programs put on it ---
openssl crl2pkcs7 -nocrl -certfile sub.pem -certfile rsa.pem -outform DER -out chain.p7b
openssl crl2pkcs7 -nocrl -certfile sub.pem -certfile rsa.pem -out pkcs7.p7b
for label in CMS CERTIFICATE 'PKCS #7 SIGNED DATA'; do
	sed "s/ PKCS7--/ $label--/" pkcs7.p7b >"${label%% *}-label.p7b"
done
sed 's/$/\r/' pkcs7.p7b >crlf.p7b
for file in chain.p7b pkcs7.p7b CMS-label.p7b CERTIFICATE-label.p7b PKCS-label.p7b crlf.p7b; do
	expect 0 encrypt --no-store -r "./$file" -o encrypted message.eml
	expect 4 open --no-store --cert rsa.pem --key rsa.key encrypted
	export SIGNET_HOME=$work/contacts-$file
	expect 0 contact import "$file"
	expect 0 contact list alice@example.com --json
	json out 'len(r) == 1'
	export SIGNET_HOME=$work/home
done
head -c 300 chain.p7b >cut.p7b
expect 65 encrypt --no-store -r ./cut.p7b message.eml
sed 's/ PKCS7--/ NONSENSE--/' pkcs7.p7b >nonsense.p7b
expect 65 encrypt --no-store -r ./nonsense.p7b message.eml

finish
