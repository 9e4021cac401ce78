#!/bin/bash
# Which certificate answers are encrypted to (RFC 8551 2.5.3, SMIMEEncryptionKeyPreference), and
# which one a signature is tied to (RFC 5035, RFC 2634: signingCertificate).
. "$(dirname "$0")/common.bash"

# Alice signs by one certificate and reads by another.
expect 0 ca init --name 'CN=Test CA' --plain-key --algorithm p-256
expect 0 trust add home/ca/ca.pem
expect 0 identity new alice@example.com --plain-key --algorithm ed25519 --purpose sign
expect 0 identity new alice@example.com --plain-key --algorithm rsa-2048 --purpose encrypt
expect 0 identity list --json
cp out identities.json
reads=$(python3 -c 'import json
print(next(i["fingerprint"] for i in json.load(open("identities.json")) if i["algorithm"].startswith("rsa")))')
holds 'there are two' test -n "$reads"
message bob@example.com >message.eml
expect 0 sign -o signed.eml message.eml

# openssl asn1parse sees both attributes with the same serial, which is not the signer's.
sed '1,/filename=smime.p7s/d; /^--=_/,$d' signed.eml | openssl base64 -d >signed.p7s
openssl cms -cmsout -print -inform DER -in signed.p7s >printed 2>err
holds 'the preference is there' grep -q 'id-smime-aa-encrypKeyPref' printed
holds "Microsoft's is there" grep -q '1.3.6.1.4.1.311.16.4' printed
expect 0 identity export "$reads" -o reads.pem
serial=$(openssl x509 -in reads.pem -noout -serial | sed 's/serial=0*//')
openssl asn1parse -inform DER -in signed.p7s >parsed
count=$((count + 1))
[ "$(grep -A9 -e 'encrypKeyPref' -e '1.3.6.1.4.1.311.16.4' parsed | grep -c "INTEGER.*$serial")" -eq 2 ] ||
	wrong 'the two attributes do not both name the certificate to encrypt to'

# Bob sees it, and encrypts to that one.
export SIGNET_HOME=$work/bob
expect 0 trust add "$work/home/ca/ca.pem"
expect 0 verify signed.eml
expect 0 contact list alice@example.com --json
json out "r[0]['fingerprint'] == '$reads'"
printf 'From: bob@example.com\r\nTo: alice@example.com\r\nSubject: Re\r\n\r\nYes.\r\n' >answer.eml
expect 0 encrypt -o encrypted.eml answer.eml
export SIGNET_HOME=$work/home
expect 4 open encrypted.eml
expect 4 open --report report.json -o opened encrypted.eml
json report.json 'r["layers"][0]["recipients"][0]["mine"] and r["layers"][0]["recipients"][0]["algorithm"].startswith("rsa")'

# Another program's message with each attribute alone, and with one that names a certificate that is
# not in the message, or not hers: that one is not believed.
cat >make.py <<'END'
"""make.py OUT ATTRIBUTE…: signs entity as Alice, with the attributes given in hex (DER)."""
import subprocess, sys, hashlib, base64

def item(tag, *parts):
    contents = b"".join(parts)
    size = len(contents)
    if size < 0x80:
        return bytes([tag, size]) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + contents

def oid(h):
    return item(6, bytes.fromhex(h))

def run(*command, data=None):
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout

out, attributes = sys.argv[1], [bytes.fromhex(a) for a in sys.argv[2:]]
content = open("entity", "rb").read()
cert = run("openssl", "x509", "-in", "alice.pem", "-outform", "DER")
other = run("openssl", "x509", "-in", "other.pem", "-outform", "DER")
attributes += [
    item(0x30, oid("2a864886f70d010903"), item(0x31, oid("2a864886f70d010701"))),
    item(0x30, oid("2a864886f70d010904"), item(0x31, item(4, hashlib.sha256(content).digest())))]
attributes = b"".join(sorted(attributes))
open("attributes.der", "wb").write(item(0x31, attributes))
signature = run("openssl", "dgst", "-sha256", "-sign", "alice.key", "attributes.der")
sid = bytes.fromhex(open("alice.id").read())
sha256 = item(0x30, oid("608648016503040201"))
info = item(0x30, item(2, b"\1"), sid, sha256, item(0xA0, attributes),
            item(0x30, oid("2a8648ce3d040302")), item(4, signature))
data = item(0x30, item(2, b"\1"), item(0x31, sha256), item(0x30, oid("2a864886f70d010701")),
            item(0xA0, cert, other), item(0x31, info))
cms = item(0x30, oid("2a864886f70d010702"), item(0xA0, data))
with open(out, "wb") as file:
    file.write(b"From: alice@example.com\r\nContent-Type: multipart/signed; micalg=sha-256;"
               b" protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n--b\r\n" + content +
               b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
               b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(cms) + b"\r\n--b--\r\n")
END
printf 'Content-Type: text/plain\r\n\r\nHello.' >entity
printf 'basicConstraints=CA:FALSE\nsubjectAltName=email:%s\nkeyUsage=%s\n' alice@example.com digitalSignature >sign.ext
printf 'basicConstraints=CA:FALSE\nsubjectAltName=email:%s\nkeyUsage=%s\n' alice@example.com keyAgreement >read.ext
printf 'basicConstraints=CA:FALSE\nsubjectAltName=email:%s\nkeyUsage=%s\n' eve@example.com keyAgreement >eve.ext
certificate() # NAME EXTENSIONS SERIAL
{
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>err
	openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
	openssl x509 -req -in "$1.csr" -CA home/ca/ca.pem -CAkey home/ca/ca.key -set_serial "$3" -days 20 \
		-extfile "$2" -out "$1.pem" 2>err
}
certificate alice sign.ext 0x11
certificate reads read.ext 0x12
certificate eve eve.ext 0x13
issuer=$(openssl x509 -in alice.pem -outform DER | openssl asn1parse -inform DER |
	awk -F: '/SEQUENCE/ && ++n == 4 { print $1 }' | tr -d ' ')
issuer=$(openssl x509 -in alice.pem -outform DER | openssl asn1parse -inform DER -strparse "$issuer" -noout \
	-out /dev/stdout | od -An -v -tx1 | tr -d ' \n')
id() # TAG SERIAL: issuer and serial under a tag
{
	local contents=${issuer}0201$2
	printf '%s%02x%s' "$1" $((${#contents} / 2)) "$contents"
}
attribute() # OID-IN-HEX VALUE
{
	local set inside
	set=$(printf '31%02x%s' $((${#2} / 2)) "$2")
	inside=$(printf '06%02x%s%s' $((${#1} / 2)) "$1" "$set")
	printf '30%02x%s' $((${#inside} / 2)) "$inside"
}
id 30 11 >alice.id
standard=2a864886f70d010910020b
microsoft=2b0601040182371004
prefers() # NAME EXPECTED OTHER ATTRIBUTE…: which certificate the store then encrypts to
{
	local name=$1 expected=$2
	cp "$3.pem" other.pem
	shift 3
	python3 make.py made.eml "$@" || wrong "$name: make.py"
	export SIGNET_HOME=$work/store-$name
	expect 0 trust add "$work/home/ca/ca.pem"
	expect 0 verify made.eml
	expect 0 contact list alice@example.com --json
	expect "$([ "$expected" = none ] && echo 67 || echo 0)" encrypt -o encrypted.eml -r alice@example.com answer.eml
	[ "$expected" = none ] || expect 4 open --no-store --cert "$expected.pem" --key "$expected.key" encrypted.eml
}
prefers standard reads reads "$(attribute $standard "$(id a0 12)")"
prefers microsoft reads reads "$(attribute $microsoft "$(id 30 12)")"
prefers both reads reads "$(attribute $standard "$(id a0 12)")" "$(attribute $microsoft "$(id 30 77)")"
prefers silent reads reads
prefers absent reads reads "$(attribute $standard "$(id a0 55)")"
# Eve's certificate in Alice's message is not for Alice.
prefers foreign none eve "$(attribute $standard "$(id a0 13)")"
prefers foreign-silent none eve

# --- signingCertificate: the hash ties the signature to one certificate ---
hash=$(openssl x509 -in alice.pem -outform DER | openssl dgst -sha256 -r | cut -c1-64)
sha1=$(openssl x509 -in alice.pem -outform DER | openssl dgst -sha1 -r | cut -c1-40)
wrong_hash=$(openssl x509 -in reads.pem -outform DER | openssl dgst -sha256 -r | cut -c1-64)
wrong_sha1=$(openssl x509 -in reads.pem -outform DER | openssl dgst -sha1 -r | cut -c1-40)
v1=2a864886f70d010910020c
v2=2a864886f70d010910022f
ties() # CODE ATTRIBUTE…
{
	local code=$1
	shift
	cp reads.pem other.pem
	python3 make.py made.eml "$@" || wrong "make.py $*"
	expect "$code" verify --no-store --trust home/ca/ca.pem --revocation none --report report.json made.eml
	[ "$code" -eq 0 ] ||
		json report.json 'r["layers"][0]["signers"][0]["reason"] == "signing-certificate-mismatch" and r["verdict"] != "valid"'
}
ties 0 "$(attribute $v2 "3026302430220420$hash")"
ties 1 "$(attribute $v2 "3026302430220420$wrong_hash")"
ties 0 "$(attribute $v1 "301a301830160414$sha1")"
ties 1 "$(attribute $v1 "301a301830160414$wrong_sha1")"
ties 0 "$(attribute $v1 "301a301830160414$sha1")" "$(attribute $v2 "3026302430220420$hash")"
# V2 goes before the old one, whose hash can be made to fit.
ties 1 "$(attribute $v1 "301a301830160414$sha1")" "$(attribute $v2 "3026302430220420$wrong_hash")"

finish
