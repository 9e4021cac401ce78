#!/bin/bash
# Bad and huge input: a clear error, in bounded memory and time, and nothing left behind.
. "$(dirname "$0")/common.bash"
people alice@example.com
message alice@example.com >m.eml
expect 0 protect m.eml -o p.eml
expect 0 sign --opaque m.eml -o s.eml
expect 0 sign m.eml -o c.eml

# bounded CODE ARGUMENT…: within 60 s and 300 MB of address space (the program maps some itself).
bounded()
{
	local want=$1 got
	shift
	count=$((count + 1))
	(
		# The sanitizers map far more than they use.
		grep -q __asan_init "$SIGNET" || ulimit -v 300000
		exec timeout 60 "$SIGNET" "$@" >out 2>err </dev/null
	)
	got=$?
	[ "$got" -eq "$want" ] || wrong "signet $*: exit $got, not $want"
}

# Each, opened and verified: the report says malformed, and nothing is written.
malformed()
{
	bounded 65 open "$1" -o x.out --report r.json
	holds "$1: nothing is written" test ! -e x.out
	json r.json 'r["verdict"] == "malformed" and r["problems"]'
	says 'signet: malformed'
	bounded 65 verify "$1"
	bounded 65 inspect "$1"
}

python3 - <<'END'
def w(name, *pieces):
    with open(name, "wb") as f:
        for piece in pieces:
            f.write(piece)

head = b"From: alice@example.com\r\nTo: alice@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
w("header.eml", head, *[b"X-Filler: " + b"y" * 60 + b"\r\n"] * 1400000, b"\r\nbody\r\n")
w("field.eml", head, b"X-Filler: ", *[b"y" * 1000000] * 100, b"\r\n\r\nbody\r\n")
w("parts.eml", head, b"Content-Type: multipart/mixed; boundary=b\r\n\r\n",
  *[b"--b\r\n\r\nx\r\n"] * 1000000, b"--b--\r\n")
deep = [head, b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
for i in range(1000):
    deep.append(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (i, i + 1))
w("deep.eml", *deep)
nested = [head]
nested += [b"Content-Type: message/rfc822\r\n\r\n"] * 1000
w("nested.eml", *nested, b"\r\nx\r\n")
smime = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
w("noise.eml", head, smime, b"\r\nthis is no CMS at all\r\n")
w("empty-cms.eml", head, smime, b"Content-Transfer-Encoding: base64\r\n\r\n")

import base64
# BER in BER: 100,000 constructed values.
w("ber.p7m", bytes.fromhex("3080") + b"\x30\x80" * 100000)
w("octets.p7m", bytes.fromhex("308006092a864886f70d010703a080308002010031803080"), b"\x24\x80" * 100000)
# A length that lies: 2^63 octets.
w("length.p7m", bytes.fromhex("3088") + b"\x7f" + b"\xff" * 7 + bytes.fromhex("06092a864886f70d010702"))
# 100,000 recipients that are nobody.
def tlv(tag, *pieces):
    body = b"".join(pieces)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body
oid = lambda h: tlv(6, bytes.fromhex(h))
name = tlv(0x30, tlv(0x31, tlv(0x30, oid("550403"), tlv(12, b"Nobody"))))
ri = tlv(0x30, tlv(2, b"\0"), tlv(0x30, name, tlv(2, b"\1")),
         tlv(0x30, oid("2a864886f70d010101"), tlv(5)), tlv(4, b"\1" * 256))
eci = tlv(0x30, oid("2a864886f70d010701"),
          tlv(0x30, oid("60864801650304012a"), tlv(4, b"\0" * 16)), tlv(0x80, b"\0" * 32))
w("recipients.p7m", tlv(0x30, oid("2a864886f70d010703"), tlv(0xa0, tlv(
    0x30, tlv(2, b"\0"), tlv(0x31, ri * 100000), eci))))
# A bomb: 200 MB of zeros in a CompressedData.
import zlib
c = zlib.compressobj(9)
z = b"".join(c.compress(b"\0" * 1000000) for _ in range(200)) + c.flush()
w("bomb.p7m", tlv(0x30, oid("2a864886f70d0109100109"), tlv(0xa0, tlv(
    0x30, tlv(2, b"\0"), tlv(0x30, oid("2a864886f70d0109100308")),
    tlv(0x30, oid("2a864886f70d010701"), tlv(0xa0, tlv(4, z)))))))
END

for name in header.eml field.eml parts.eml ber.p7m octets.p7m length.p7m recipients.p7m bomb.p7m \
	noise.eml empty-cms.eml; do
	malformed "$name"
done
# Deep trees without any protection: refused or unprotected, in time and without content lost.
for name in deep.eml nested.eml; do
	timeout 60 "$SIGNET" open "$name" >out 2>err
	status=$?
	holds "$name: $status is 4 or 65" test "$status" -eq 4 -o "$status" -eq 65
done
# The same as input for signing.
for name in header.eml field.eml parts.eml deep.eml; do
	bounded 65 sign "$name" -o x.out
	holds "$name: nothing is written" test ! -e x.out
done

# Every beginning of a protected message: never valid, never content.
body_of() { sed '1,/^\r*$/d' "$1"; }
for file in p.eml s.eml c.eml; do
	size=$(stat -c %s "$file")
	for cut in $(seq 0 $((size / 40 + 1)) $((size - 200))); do
		head -c "$cut" "$file" >cut.eml
		"$SIGNET" verify cut.eml -o cut.out >out 2>err </dev/null
		status=$?
		count=$((count + 1))
		case $status in
		1 | 2 | 4 | 65) ;;
		*) wrong "the first $cut octets of $file: exit $status" ;;
		esac
		[ ! -e cut.out ] || wrong "the first $cut octets of $file gave content"
	done
done

# Not what it claims to be.
for file in p.eml s.eml; do
	sed '1,/^\r*$/!s/A/B/' "$file" >bad.eml
	"$SIGNET" open bad.eml -o x.out >out 2>err
	status=$?
	holds "$file altered: $status" test "$status" -eq 1 -o "$status" -eq 65 -o "$status" -eq 2
	holds 'nothing is written' test ! -e x.out
done
head -c 100000 /dev/urandom >random
expect 65 open --format mime random -o x.out
expect 65 open --format der random -o x.out
expect 65 open --format pem random -o x.out
holds 'nothing is written' test ! -e x.out

# Killed while it works: no plaintext anywhere, the older file as it was.
python3 - <<'END'
with open("big.eml", "wb") as f:
    f.write(b"From: alice@example.com\r\nTo: alice@example.com\r\nSubject: x\r\n\r\n")
    for i in range(400000):
        f.write(b"the ledger says %08d and nothing else on this line\r\n" % i)
END
expect 0 protect big.eml -o bigp.eml
mkdir tmp
for delay in 0.02 0.05 0.1 0.2 0.4; do
	echo older >victim
	TMPDIR=$work/tmp "$SIGNET" open -o victim <bigp.eml >out 2>err &
	pid=$!
	sleep "$delay"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	if [ "$(head -c 5 victim)" != older ]; then
		holds 'or it was done' grep -q 'ledger says 00399999' victim
	fi
	holds 'no spool file is left' test -z "$(ls -A tmp)"
	holds 'no temporary file is left' test -z "$(find . -maxdepth 1 -name '.*' -type f)"
done 2>/dev/null
finish
