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
elif how == "tabs":
    body = body.replace(b"\t", b"        ")
elif how == "broken":
    import textwrap
    body = b"\r\n".join(l.encode() for line in body.decode().split("\r\n") for l in textwrap.wrap(line, 60) or [""])
elif how == "quoted":
    head = head.replace(b"8bit", b"quoted-printable")
    body = body.replace(b"=", b"=3D").replace("é".encode(), b"=C3=A9")
elif how in ("charset", "charset-footer"):
    head = head.replace(b"utf-8", b"iso-8859-1")
    body = body.decode("utf-8").encode("latin-1") + (footer if how == "charset-footer" else b"")
elif how == "base64-footer":
    head = head.replace(b"8bit", b"base64")
    body = base64.encodebytes(body + footer).replace(b"\n", b"\r\n")
elif how == "blanks-footer":
    body = body.replace(b"\r\n", b" \r\n") + footer
elif how == "cut":
    body = body[:body.rindex(b"--in--")]
elif how == "removed":
    one, two = body.rsplit(b"--in\r\n", 1)
    body = one + b"--in\r\nContent-Type: text/plain\r\n\r\nThe attachment was removed by the scanner.\r\n--in--\r\n"
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
	says 'content intact as signed; changed in transit: '
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

# A message in UTF-8, of another program: long lines, tabs, 8 bit.
foreign()
{
	openssl cms -sign -in "$1" -binary -signer alice.pem -md sha256 -outform DER -out sig.der
	printf 'From: alice@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="b"\r\n\r\n--b\r\n'
	cat "$1"
	printf '\r\n--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n'
	base64 sig.der
	printf '\r\n--b--\r\n'
}
{
	printf 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
	printf 'We meet in the café = noon, and whoever comes late has to wait outside.\r\n\tA list\r\n\tof two\r\n'
} >entity
foreign entity >utf8.eml
restored tabs altered-blanks utf8.eml
restored quoted altered-encoding utf8.eml
json r.json '"from 8bit to quoted-printable" in r["summary"]'
restored charset altered-charset utf8.eml
json r.json '"from utf-8 to iso-8859-1" in r["summary"]'
restored charset-footer altered-footer utf8.eml
json r.json '{"altered-footer", "altered-charset"} <= {p["code"] for p in r["problems"]}'
restored base64-footer altered-encoding utf8.eml
json r.json '[p["args"] for p in r["problems"] if p["code"] == "altered-footer"] == [{"lines": "4"}]'
restored blanks-footer altered-blanks utf8.eml
json r.json '[p["args"]["first_line"] for p in r["problems"] if p["code"] == "altered-footer"] == ["7"]'
# The span is that of the file: there stands what was added, and nothing else.
python3 - <<'END'
import json
data = open("altered.eml", "rb").read()
entity = data.split(b"--b\r\n", 1)[1]
args = [p["args"] for p in json.load(open("r.json"))["problems"] if p["code"] == "altered-footer"][0]
at = int(args["offset"])
open("span", "wb").write(entity[at:at + int(args["size"])])
END
printf -- '-- \r\nThe list\r\nhttps://lists.example.com/\r\nunsubscribe there\r\n' >footer
holds 'the span is the footer' cmp span footer
{
	printf 'Content-Type: text/plain\r\n\r\nWe meet at noon, and whoever comes late has to wait in front '
	printf 'of the door until the others are done with what they have to do.\r\n'
} >long
foreign long >long.eml
restored broken altered-folding long.eml

# With protected header fields what a list did to them is named, too.
expect 0 sign m.eml -o h.eml
python3 - <<'END'
data = open("h.eml", "rb").read()
open("h.eml", "wb").write(data.replace(b"Subject: The plan", b"Subject: [list] The plan", 1))
END
restored footer altered-footer h.eml
json r.json 'r["headers"]["changed"] == [{"name": "Subject", "outer": "[list] The plan", "signed": "The plan"}]'
json r.json '"header-changed" in [p["code"] for p in r["problems"]]'
python3 alter.py text h.eml altered.eml
expect 1 open altered.eml --report r.json
json r.json 'r["headers"]["changed"] == []'

# A bare signature, whose text is in a file of its own, signed with LF or with CRLF.
printf 'We meet at noon.\n\tBring the ledger.\n' >lf
sed 's/$/\r/' lf >crlf
for text in lf crlf; do
	expect 0 sign --format der --detached -u alice@example.com $text -o $text.p7s
	for how in 's/$/ /' '$afooter' '1iheader' '$a\\n' 's/\r$//;s/$/\r/;s/$/\r/'; do
		sed "$how" $text >other
		rm -f got.txt out.txt
		expect 1 open $text.p7s --content other --recover got.txt --report r.json -o out.txt
		json r.json '[p["code"] for p in r["problems"] if p["code"].startswith("altered-")] != []'
		holds "$text $how: recovered" cmp got.txt $text
		holds "$text $how: nothing is given out" test ! -e out.txt
	done
done
expect 1 open lf.p7s --content crlf --report r.json
json r.json '"altered-line-ends" in [p["code"] for p in r["problems"]]'
sed s/noon/nine/ lf >other
expect 1 open lf.p7s --content other --recover got.txt --report r.json
json r.json 'not any(p["code"].startswith("altered-") for p in r["problems"])'
says 'the text does not match what alice@example.com signed'

# What cannot be undone: what is known of it.
python3 alter.py cut multis.eml altered.eml
expect 1 open altered.eml --report r.json
json r.json '"truncated" in [p["code"] for p in r["problems"]]'
says 'before its end: the rest was cut off'
python3 alter.py removed multis.eml altered.eml
expect 1 open altered.eml --report r.json
json r.json '"attachment-removed" in [p["code"] for p in r["problems"]]'
for form in '' --opaque; do
	# shellcheck disable=SC2086
	expect 0 sign $form m.eml -o whole.eml
	head -c 900 whole.eml >cut.eml
	expect 65 open cut.eml --report r.json
	json r.json '[p["args"] for p in r["problems"] if p["code"] == "truncated"] == [{"size": "900"}]'
	says 'the message ends after 900 bytes'
done
expect 0 sign --opaque --format der -u alice@example.com m.eml -o whole.der
sed s/noon/nine/ whole.der >altered.der
expect 1 open altered.der --report r.json
json r.json '"altered-inside" in [p["code"] for p in r["problems"]]'
says 'the text lies within the signature'

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
expect 1 open --no-store altered.eml --recover got.eml --report r.json
holds 'recovered all the same' test -s got.eml
json r.json '"issuer-unknown" in [p["code"] for p in r["problems"]]'
# Nor does "intact as signed" hide that the signer is another one.
expect 0 sign --headers none m.eml -o n.eml
python3 alter.py footer n.eml other.eml
sed -i 's/^From: .*/From: boss@bank.example\r/' other.eml
expect 1 open other.eml --report r.json
json r.json '{"altered-footer", "sender-mismatch"} <= {p["code"] for p in r["problems"]}'
expect 1 open altered.eml --report r.json
json r.json '{p["code"] for p in r["problems"]} <= {"digest-mismatch", "altered-footer", "header-changed", "date-mismatch"}'
# Below encryption there is no diagnosis.
python3 alter.py footer s.eml altered.eml
expect 0 encrypt altered.eml -r alice@example.com -o e.eml
rm -f got.eml
expect 1 open e.eml --recover got.eml --report r.json
json r.json 'not any(p["code"].startswith("altered-") for p in r["problems"])'
holds 'nothing is recovered' test ! -e got.eml
finish
