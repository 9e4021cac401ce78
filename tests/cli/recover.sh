#!/bin/bash
# What was altered on the way is told, and undone where it can be: never more than a diagnosis.
. "$(dirname "$0")/common.bash"
people alice@example.com
message alice@example.com >m.eml
expect 0 sign m.eml -o s.eml

cat >alter.py <<'END'
import base64, hashlib, sys
how, source, target = sys.argv[1:]
data = open(source, "rb").read()
kind, boundary = data.split(b'boundary="', 1)
boundary = b"--" + boundary.split(b'"', 1)[0]
front, part, tail = data.split(boundary + b"\r\n", 2)
head, body = part.split(b"\r\n\r\n", 1)
body = body[:-2]
footer = b"-- \r\nThe list\r\nhttps://lists.example.com/\r\nunsubscribe there\r\n"
if how == "footer":
    body += footer
elif how == "banner":
    body = b"[EXTERNAL]\r\n\r\n" + body
elif how == "blanks":
    body = body.replace(b"\r\n", b"  \r\n")
elif how == "empty":
    body += b"\r\n\r\n"
elif how == "doubled":
    body = body.replace(b"\r\n", b"\r\r\n")
elif how == "from":
    body = body.replace(b"From ", b">From ")
elif how == "order":
    fields = head.replace(b"\r\n ", b"\0").split(b"\r\n")
    fields.append(fields.pop(0))
    head = b"\r\n".join(fields).replace(b"\0", b"\r\n ")
elif how == "folded":
    head = head.replace(b"; ", b";\r\n ")
elif how == "wrapped":
    text = body.replace(b"\r\n", b"")
    body = b"\r\n".join(text[i:i + 64] for i in range(0, len(text), 64)) + b"\r\n"
elif how == "part":
    inner = body[body.index(b"--"):].split(b"\r\n", 1)[0]
    body = body.replace(inner + b"--", inner + b"\r\nContent-Type: text/plain\r\n\r\n" + footer + inner + b"--")
elif how == "inside":
    inner = body[body.index(b"--"):].split(b"\r\n", 1)[0]
    first = body.index(inner, 5)
    body = body[:first] + footer + body[first:]
elif how == "text":
    body = body.replace(b"noon", b"nine")
elif how == "both":
    body = body.replace(b"noon", b"nine") + footer
elif how == "forged":
    # another text, its digest in the place of the one that was signed, and a footer to draw the eye
    old = hashlib.sha256(head + b"\r\n\r\n" + body).digest()
    body = body.replace(b"noon", b"nine")
    new = hashlib.sha256(head + b"\r\n\r\n" + body).digest()
    fields, text = tail.split(b"\r\n\r\n", 1)
    text, end = text.split(boundary, 1)
    der = base64.b64decode(text)
    assert old in der
    tail = fields + b"\r\n\r\n" + base64.encodebytes(der.replace(old, new)) + b"\r\n" + boundary + end
    body += footer
part = head + b"\r\n\r\n" + body + b"\r\n"
open(target, "wb").write(front + boundary + b"\r\n" + part + boundary + b"\r\n" + tail)
END

# restored HOW CODE [FILE]: altered so, told so, withheld, and recovered as it was signed.
restored()
{
	local from=${3-s.eml}
	expect 0 open "$from" -o want.eml
	python3 alter.py "$1" "$from" altered.eml
	rm -f got.eml out.eml
	expect 1 open altered.eml -o out.eml --recover got.eml --report r.json
	holds "$1: nothing is given out" test ! -e out.eml
	json r.json "r['verdict'] == 'tampered' and '$2' in [p['code'] for p in r['problems']]"
	says 'what was signed can be made out'
	holds "$1: recovered as it was signed" cmp got.eml want.eml
	expect 1 verify altered.eml
}
restored footer altered-footer
json r.json '[p["args"]["lines"] for p in r["problems"] if p["code"] == "altered-footer"] == ["4"]'
restored banner altered-banner
restored blanks altered-blanks
restored empty altered-blanks
restored doubled altered-line-ends
restored order altered-header
printf 'From: alice@example.com\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n' >pdf.eml
head -c 3000 /dev/zero | base64 >>pdf.eml
expect 0 sign --headers none pdf.eml -o pdfs.eml
restored wrapped altered-encoding pdfs.eml
restored order altered-header pdfs.eml
restored folded altered-header pdfs.eml
cat >multi.eml <<'END'
From: alice@example.com
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=in

--in
Content-Type: text/plain

We meet at noon.
--in
Content-Type: text/html

<p>We meet at noon.</p>
--in--
END
expect 0 sign multi.eml -o multis.eml
restored part altered-part multis.eml
restored inside altered-footer multis.eml
# signet itself never signs a line that mail systems alter; others do.
printf 'Content-Type: text/plain\r\n\r\nFrom here on\r\nwe meet at noon.\r\n' >entity
expect 0 identity export alice@example.com --with-key --plain-key -o alice.pem
openssl cms -sign -in entity -binary -signer alice.pem -md sha256 -outform DER -out sig.der
{
	printf 'From: alice@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="b"\r\n\r\n--b\r\n'
	cat entity
	printf '\r\n--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n'
	base64 sig.der
	printf '\r\n--b--\r\n'
} >theirs.eml
restored from altered-from-line theirs.eml

# What cannot be undone is not guessed at, and an older file stays.
for how in text both forged; do
	python3 alter.py $how s.eml altered.eml
	echo old >got.eml
	expect 1 open altered.eml --recover got.eml --report r.json
	json r.json 'not any(p["code"].startswith("altered-") for p in r["problems"])'
	holds "$how: the older file stays" test "$(cat got.eml)" = old
done
expect 0 open s.eml --recover got.eml -o out.eml
holds 'of what is valid nothing is recovered' test "$(cat got.eml)" = old
# Nobody is trusted: the recovered content is untrusted, and given as open gives it.
python3 alter.py footer s.eml altered.eml
rm -f got.eml
expect 1 open --no-store altered.eml --recover got.eml
holds 'recovered all the same' test -s got.eml
# Below encryption there is no diagnosis.
python3 alter.py footer s.eml altered.eml
expect 0 encrypt altered.eml -r alice@example.com -o e.eml
rm -f got.eml
expect 1 open e.eml --recover got.eml --report r.json
json r.json 'not any(p["code"].startswith("altered-") for p in r["problems"])'
holds 'nothing is recovered' test ! -e got.eml
finish
