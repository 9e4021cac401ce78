#!/bin/bash
# Private keys on a token (SoftHSM, by p11-kit): import by URI, signing and decryption by each kind of
# key, PINs, and what goes wrong.
. "$(dirname "$0")/common.bash"
for program in softhsm2-util pkcs11-tool; do
	command -v $program >/dev/null || { echo "$program is missing"; exit 77; }
done
module=$(ls /usr/lib/*/softhsm/libsofthsm2.so /usr/lib/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
[ -n "$module" ] || { echo 'libsofthsm2.so is missing'; exit 77; }
export SOFTHSM2_CONF=$work/softhsm.conf
mkdir tokens
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$work/tokens" >softhsm.conf
softhsm2-util --init-token --free --label Card --pin 1234 --so-pin 5678 >log 2>&1 || wrong 'no token'
softhsm2-util --init-token --free --label Other --pin 4321 --so-pin 5678 >log 2>&1 || wrong 'no other token'
printf '1234\n' >pin
printf '9999\n' >pin-wrong
printf '4321\n' >pin-other

tool()
{
	pkcs11-tool --module "$module" --token-label Card --login --pin 1234 "$@" >log 2>&1 || {
		wrong "pkcs11-tool $*"
		cat log
	}
}
tool --keypairgen --key-type rsa:2048 --id 01 --label rsa
tool --keypairgen --key-type EC:secp256r1 --id 02 --label p256 --usage-sign --usage-derive
tool --keypairgen --key-type EC:secp521r1 --id 05 --label p521 --usage-sign --usage-derive
put() # ID NAME: a key that was made elsewhere
{
	softhsm2-util --import "$2.key" --token Card --label "$2" --id "$1" --pin 1234 >log 2>&1 || wrong "no import of $2"
}
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.key 2>log
openssl genpkey -algorithm ED25519 -out ed.key
tool --write-object p384.key --type privkey --id 03 --label p384 --usage-sign --usage-derive
put 04 ed
cp p384.key only-signs.key
put 07 only-signs
for name in p384 ed; do
	openssl pkey -in $name.key -pubout -out $name.pub
done
pss=
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out any.key 2>log
openssl req -new -key any.key -subj /CN=Alice -out any.csr
expect 0 ca init --name 'CN=Test CA' --plain-key --algorithm p-256
expect 0 trust add home/ca/ca.pem
printf 'basicConstraints=CA:FALSE\nsubjectAltName=email:alice@example.com\nextendedKeyUsage=emailProtection\n' >ext
certify() # NAME [OPTION…]: a certificate for NAME.pub
{
	local name=$1
	shift
	openssl x509 -req -in any.csr -force_pubkey "$name.pub" -CA home/ca/ca.pem -CAkey home/ca/ca.key \
		-days 30 -extfile ext -out "$name.pem" "$@" 2>log || wrong "no certificate for $name"
}
certify p384
certify ed
for pair in 01:rsa 02:p256 05:p521; do
	name=${pair#*:}
	tool --read-object --type pubkey --id "${pair%:*}" -o "$name.der"
	openssl pkey -pubin -inform DER -in "$name.der" -out "$name.pub" 2>log || wrong "no public key $name"
	certify "$name"
done
openssl x509 -in rsa.pem -outform DER -out rsa.cert
tool --write-object rsa.cert --type cert --id 01 --label rsa
message alice@example.com >m.eml

# --- what a token's key must not be imported as; nothing of this changes the store ---
expect 69 identity import rsa.pem --token 'pkcs11:token=Missing;id=%01' --passphrase-file pin
says 'is it plugged in?'
says 'token=Missing'
expect 64 identity import rsa.pem --token 'pkcs11:token=Card;id=%02' --passphrase-file pin
says 'belongs to the certificate'
expect 2 identity import rsa.pem --token 'pkcs11:token=Card;id=%77' --passphrase-file pin
says 'no private key'
expect 2 identity import rsa.pem --token 'pkcs11:token=Card;id=%01' --passphrase-file pin-wrong
says 'Card'
expect 2 identity import rsa.pem --token 'pkcs11:token=Card;id=%01'
says '--passphrase-file'
expect 64 identity import rsa.pem --token 'pkcs11:token=Card;id=%01?pin-value=1234'
says '--passphrase-file'
expect 64 identity import rsa.pem --token 'pkcs11:token=Card;id=%01?pin-source=file:pin'
expect 64 identity import rsa.pem --token 'pkcs11:token=Card;colour=red' --passphrase-file pin
expect 64 identity import rsa.pem --token 'pkcs11:id=%01' --passphrase-file pin
says 'token=LABEL'
for uri in 'pkcs11' 'pkcs12:token=Card' 'pkcs11:token=%zz' 'file:rsa.key' "pkcs11:token=$(printf %3000s x)"; do
	expect 64 identity import rsa.pem --token "$uri" --passphrase-file pin
done
expect 67 identity import home/ca/ca.pem --token 'pkcs11:token=Card' --passphrase-file pin
expect 67 identity import 'pkcs11:token=Card;id=%02' --passphrase-file pin
says '--token'
expect 69 identity import 'pkcs11:token=Missing' --passphrase-file pin
expect 2 identity import 'pkcs11:token=Card' --passphrase-file pin-wrong
expect 0 identity list --json
json out 'r == []'

# --- import: certificate on the token, certificate in a file ---
expect 0 identity import 'pkcs11:token=Card' --passphrase-file pin
expect 0 identity show alice@example.com --json
json out 'r[0]["key"] == "token" and "id=%01" in r[0]["token"] and "serial=" in r[0]["token"] and r[0]["state"] == "valid"'
json out '"1234" not in str(r)'
rsa=$(openssl x509 -in rsa.pem -noout -fingerprint -sha256 | sed 's/.*=//')
expect 64 identity export "$rsa" -o rsa.p12 --passphrase-file pin
says 'does not leave it'
expect 64 identity export "$rsa" --with-key --plain-key --passphrase-file pin
silent
holds 'no file' test ! -e rsa.p12
expect 0 identity export "$rsa"
holds 'the certificate' cmp out rsa.pem
# The store has the URI, and nothing of the key.
python3 - <<'EOF' || wrong 'the row is not as it should be'
import sqlite3
rows = sqlite3.connect("home/store.db").execute("SELECT key, token FROM identity").fetchall()
assert [r[0] for r in rows] == [b""] and rows[0][1].startswith("pkcs11:"), rows
EOF

# --- signing and decryption from the store ---
expect 2 sign m.eml
says 'Card'
expect 2 sign m.eml --passphrase-file pin-wrong -o s.eml
holds 'nothing is written' test ! -e s.eml
expect 0 sign m.eml --passphrase-file pin -o s.eml
expect 0 verify s.eml
expect 0 protect m.eml -o p.eml --passphrase-file pin
expect 0 open p.eml --passphrase-file pin
prints 'Bring the ledger'
expect 2 open p.eml --passphrase-file pin-wrong
says 'PIN does not fit'
silent
expect 2 open p.eml
expect 0 encrypt -r ./rsa.pem m.eml -o e.eml
# openssl reads what the token signed.
sed -n '/^Content-Type: multipart/,$p' s.eml >s.mime
holds 'openssl verifies it' openssl cms -verify -in s.eml -CAfile home/ca/ca.pem -purpose any -out log

# --- each kind of key, with --cert and --key ---
for name in rsa p256 p384 p521 ed; do
	key="pkcs11:token=Card;object=$name"
	expect 0 sign --no-store --cert $name.pem --key "$key" --passphrase-file pin -o s-$name.eml m.eml
	expect 0 verify --no-store --trust home/ca/ca.pem --revocation none s-$name.eml
	# (libcrypto's cms does not know Ed25519)
	[ $name = ed ] ||
		holds 'openssl verifies it' openssl cms -verify -in s-$name.eml -CAfile home/ca/ca.pem -purpose any -out log
	expect 0 sign --no-store --cert $name.pem --key "$key" --passphrase-file pin --opaque -o o.eml m.eml
	expect 0 verify --no-store --trust home/ca/ca.pem --revocation none o.eml
done
for digest in sha384 sha512; do
	expect 0 sign --no-store --cert p256.pem --key 'pkcs11:token=Card;id=%02' --digest $digest --passphrase-file pin -o s.eml m.eml
	expect 0 verify --no-store --trust home/ca/ca.pem --revocation none s.eml
	expect 0 sign --no-store --cert rsa.pem --key 'pkcs11:token=Card;id=%01' --digest $digest --passphrase-file pin -o s.eml m.eml
	expect 0 verify --no-store --trust home/ca/ca.pem --revocation none s.eml
done
for transport in pkcs1 oaep kem; do
	expect 0 encrypt --no-store -r ./rsa.pem --key-transport $transport -o e-$transport.eml m.eml
	expect 4 open --no-store --cert rsa.pem --key 'pkcs11:token=Card' --passphrase-file pin e-$transport.eml
	prints 'Bring the ledger'
done
for name in p256 p384 p521; do
	expect 0 encrypt --no-store -r ./$name.pem -o e-$name.eml m.eml
	expect 4 open --no-store --cert $name.pem --key "pkcs11:token=Card;object=$name" --passphrase-file pin e-$name.eml
	prints 'Bring the ledger'
done
# A key that may not do it: an error that says so, not a message that was altered.
expect 69 open --no-store --cert p384.pem --key 'pkcs11:token=Card;id=%07' --passphrase-file pin e-p384.eml
says 'agree on keys'
# OAEP with SHA-1 and with a label, as others write it.
openssl cms -encrypt -in m.eml -recip rsa.pem -keyopt rsa_padding_mode:oaep -aes-256-gcm -out e-sha1.eml 2>log
expect 4 open --no-store --cert rsa.pem --key 'pkcs11:token=Card' --passphrase-file pin e-sha1.eml
openssl cms -encrypt -in m.eml -recip rsa.pem -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha512 \
	-keyopt rsa_mgf1_md:sha256 -keyopt rsa_oaep_label:6162 -aes-256-gcm -out e-label.eml 2>log
expect 4 open --no-store --cert rsa.pem --key 'pkcs11:token=Card' --passphrase-file pin e-label.eml
openssl cms -encrypt -in m.eml -recip p256.pem -aes-256-gcm -out e-openssl.eml 2>log
expect 4 open --no-store --cert p256.pem --key 'pkcs11:token=Card' --passphrase-file pin e-openssl.eml
# RSASSA-PSS: a certificate that says so wants its signatures so.
if openssl x509 -req -in any.csr -force_pubkey rsa.pub -CA home/ca/ca.pem -CAkey home/ca/ca.key -days 30 \
	-extfile ext -out /dev/null 2>log; then
	openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key 2>log
	openssl pkey -in pss.key -pubout -outform DER -out pss-pub.der
	openssl rsa -in pss.key -traditional -outform DER -out pss-trad.der 2>log || pss=skip
fi
if [ -z "$pss" ]; then
	python3 - <<'EOF'
# the same numbers as a plain rsaEncryption key, which tokens take
import subprocess
der = open("pss-trad.der", "rb").read()
def item(tag, body):
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x80 + (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + body
open("pss-plain.der", "wb").write(item(0x30, b"\2\1\0" + bytes.fromhex("300d06092a864886f70d0101010500") + item(4, der)))
EOF
	openssl pkey -inform DER -in pss-plain.der -out pss-plain.key 2>log
	put 06 pss-plain
	openssl pkey -in pss.key -pubout -out pss.pub
	certify pss
	expect 0 sign --no-store --cert pss.pem --key 'pkcs11:token=Card;id=%06' --passphrase-file pin -o s-pss.eml m.eml
	expect 0 verify --no-store --trust home/ca/ca.pem --revocation none --report r.json s-pss.eml
	json r.json '"pss" in r["layers"][0]["signers"][0]["algorithm"]'
	holds 'openssl verifies it' openssl cms -verify -in s-pss.eml -CAfile home/ca/ca.pem -purpose any -out log
fi

# --- the wrong key, the wrong token, the wrong kind ---
expect 64 sign --no-store --cert rsa.pem --key 'pkcs11:token=Card;id=%02' --passphrase-file pin m.eml
expect 64 sign --no-store --cert p256.pem --key 'pkcs11:token=Card;id=%03' --passphrase-file pin m.eml
expect 2 sign --no-store --cert rsa.pem --key 'pkcs11:token=Other;id=%01' --passphrase-file pin-other m.eml
expect 2 sign --no-store --cert rsa.pem --key 'pkcs11:token=Other;id=%01' --passphrase-file pin m.eml
expect 69 sign --no-store --cert rsa.pem --key 'pkcs11:token=Gone' --passphrase-file pin m.eml
expect 64 sign --no-store --cert rsa.pem --key 'pkcs11:bad' --passphrase-file pin m.eml
expect 64 sign --no-store --key 'pkcs11:token=Card' --passphrase-file pin m.eml
expect 69 open --no-store --cert rsa.pem --key 'pkcs11:token=Gone' --passphrase-file pin e.eml
silent
# One of which the token tells nothing is found out by what it signs.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out stranger.key 2>log
tool --write-object stranger.key --type privkey --id 08 --label stranger --usage-sign
expect 69 sign --no-store --cert p384.pem --key 'pkcs11:token=Card;id=%08' --passphrase-file pin -o s.eml m.eml
says 'does not fit the certificate'
# For somebody else: the token is not even asked.
expect 0 encrypt --no-store -r ./p256.pem -o other.eml m.eml
expect 2 open --no-store --cert rsa.pem --key 'pkcs11:token=Gone' other.eml
says 'not to any key'

# --- no oracle: whatever is wrong with the wrapped key is the same exit, report and words ---
cat >spoil.py <<'EOF'
"""spoil.py IN OUT HOW: other octets in place of the wrapped key, the only OCTET STRING of 256."""
import base64, re, sys
text = open(sys.argv[1], "rb").read()
head, body = re.split(b"\r?\n\r?\n", text, maxsplit=1)
der = bytearray(base64.b64decode(body))
at = der.index(b"\x04\x82\x01\x00") + 4
how = sys.argv[3]
if how == "zero":
    der[at:at + 256] = bytes(256)
elif how == "large":
    der[at:at + 256] = b"\xff" * 256
elif how == "one":
    der[at:at + 256] = bytes(255) + b"\1"
else:
    der[at + int(how)] ^= 1
open(sys.argv[2], "wb").write(head + b"\r\n\r\n" + base64.encodebytes(bytes(der)))
EOF
for transport in pkcs1 oaep kem; do
	for how in zero large one 0 1 100 255; do
		python3 spoil.py e-$transport.eml bad.eml $how || wrong "spoil.py $how"
		expect 1 open --no-store --cert rsa.pem --key 'pkcs11:token=Card' --passphrase-file pin --report r.json bad.eml
		silent
		sed 's/"id": .*//' r.json >r-now
		[ -e "r-$transport" ] || cp r-now "r-$transport"
		holds "$transport, $how: the same report" cmp r-now "r-$transport"
	done
done

# --- a token that went away, and one key of two that is still there ---
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out soft.key 2>log
openssl pkey -in soft.key -pubout -out soft.pub
certify soft
expect 0 encrypt --no-store -r ./rsa.pem -r ./soft.pem -o two.eml m.eml
mv tokens away
mkdir tokens
expect 69 sign m.eml --passphrase-file pin
says 'is it plugged in?'
expect 69 open p.eml --passphrase-file pin --report r.json
says 'is it plugged in?'
json r.json 'r["verdict"] == "error" and [p["code"] for p in r["problems"]] == ["token-unavailable"]'
expect 4 open --no-store --cert rsa.pem --key 'pkcs11:token=Card' --cert soft.pem --key soft.key two.eml
expect 0 identity list
prints 'token'
# The certificate is in the store: one can be encrypted to without the token.
expect 0 encrypt m.eml -o e.eml
rmdir tokens
mv away tokens

# --- one PIN for the batch: several keys of one token, the agent ---
expect 0 sign --no-store --cert rsa.pem --key 'pkcs11:token=Card' --cert p256.pem --key 'pkcs11:token=Card' --passphrase-file pin -o s2.eml m.eml
expect 0 verify --no-store --trust home/ca/ca.pem --revocation none s2.eml
cat >pinentry <<'EOF'
#!/bin/sh
echo asked >>"$(dirname "$0")/asked"
echo OK ready
while read -r line; do
	case $line in
	SETDESC*) echo "$line" >>"$(dirname "$0")/asked-for"; echo OK ;;
	GETPIN*) echo "D $(cat "$(dirname "$0")/says")"; echo OK ;;
	*) echo OK ;;
	esac
done
EOF
chmod +x pinentry
echo 1234 >says
expect 0 sign --no-store --cert rsa.pem --key 'pkcs11:token=Card' --cert p256.pem --key 'pkcs11:token=Card' --pinentry ./pinentry -o s2.eml m.eml
holds 'asked once' test "$(wc -l <asked)" -eq 1
holds 'it says which' grep -q Card asked-for
# A wrong one is not tried again: for two keys of the token it is asked once.
rm -f asked
echo 0000 >says
expect 0 encrypt --no-store -r ./rsa.pem -r ./p256.pem -o both.eml m.eml
expect 2 open --no-store --cert rsa.pem --key 'pkcs11:token=Card' --cert p256.pem --key 'pkcs11:token=Card' --pinentry ./pinentry both.eml
holds 'asked once' test "$(wc -l <asked)" -eq 1
export XDG_RUNTIME_DIR=$work/run
mkdir -m 700 run
expect 0 agent --daemon
echo 1234 >says
rm -f asked
for i in 1 2 3; do
	expect 0 sign m.eml --pinentry ./pinentry -o s.eml
done
holds 'asked once for three' test "$(wc -l <asked)" -eq 1
# What was typed for a file is never tried on a card: the passphrase of the file, then the PIN.
expect 0 agent forget
rm -f asked
printf 'file secret\n' >file-secret
openssl pkey -in soft.key -aes256 -passout 'pass:file secret' -out locked.key
cat >pinentry <<'EOF'
#!/bin/sh
echo OK ready
while read -r line; do
	case $line in
	SETDESC*) what=$line; echo OK ;;
	GETPIN*) case $what in *Card*) echo asked >>asked-pin; echo D 1234 ;; *) echo D file secret ;; esac; echo OK ;;
	*) echo OK ;;
	esac
done
EOF
expect 0 sign --cert soft.pem --key locked.key --cert rsa.pem --key 'pkcs11:token=Card' --pinentry ./pinentry -o s.eml m.eml
holds 'the PIN is asked for' test "$(wc -l <asked-pin)" -eq 1
expect 0 agent stop

# --- delete: the key stays where it is, and nothing is lost ---
expect 0 identity delete alice@example.com
says 'stays on the token'
expect 0 sign --no-store --cert rsa.pem --key 'pkcs11:token=Card' --passphrase-file pin -o s.eml m.eml
finish
