#!/bin/bash
# ca: what is issued, to whom, and what is revoked.
. "$(dirname "$0")/common.bash"
printf 'correct horse\n' >pw
fast='--algorithm p-256'

# shellcheck disable=SC2086
{
expect 0 ca init --dir ca --name 'CN=Domain CA' --domain example.com --domain Example.NET --plain-key $fast
expect 0 ca issue --dir ca a@example.com a@sub.example.net -o a.p12 --passphrase-file pw $fast
expect 64 ca issue --dir ca a@example.org -o x.p12 --passphrase-file pw $fast
says 'example.org'
expect 64 ca issue --dir ca a@badexample.com -o x.p12 --passphrase-file pw $fast
expect 64 ca issue --dir ca a@example.com $fast
says '-o FILE.p12'
expect 64 ca issue --dir ca -o x.p12 --passphrase-file pw
expect 2 ca issue --dir ca a@example.com -o x.p12 $fast
expect 66 ca issue --dir ca --csr missing.csr
holds 'nothing was written' test ! -e x.p12
expect 0 ca list --dir ca --json
json out 'len(r) == 1 and r[0]["addresses"] == ["a@example.com", "a@sub.example.net"] and r[0]["state"] == "valid"'

# The passphrase that is made is printed, and opens the file.
expect 0 ca issue --dir ca b@example.com -o b.p12 --generate-passphrase $fast
holds 'openssl opens it' \
	openssl pkcs12 -in b.p12 -passin "pass:$(cat out)" -nokeys -out b.pem
holds 'and verifies it' openssl verify -CAfile ca/ca.pem -purpose smimesign b.pem

# Requests: the key of the request, the addresses of the request or of the command.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout c.key -subj '/CN=Carol' \
	-addext 'subjectAltName=email:carol@example.com' -out c.csr 2>/dev/null
expect 0 ca issue --dir ca --csr c.csr -o c.pem
holds 'for the key of the request' \
	cmp <(openssl x509 -in c.pem -pubkey -noout) <(openssl pkey -in c.key -pubout)
holds 'for its address' \
	grep -q 'email:carol@example.com' <(openssl x509 -in c.pem -noout -ext subjectAltName)
# What it asks for beyond what it is to get is refused; what it does not ask for is no matter.
expect 64 ca issue --dir ca dora@example.com --csr c.csr -o dora.pem
says 'carol@example.com'
holds 'nothing was written' test ! -e dora.pem
expect 0 ca issue --dir ca dora@example.com carol@example.com --csr c.csr
openssl req -new -key c.key -subj '/CN=Dora' -out dora.csr
expect 0 ca issue --dir ca dora@example.com --csr dora.csr
holds 'for another address' \
	grep -q 'email:dora@example.com' <(openssl x509 -in out -noout -ext subjectAltName)
openssl req -new -key c.key -subj '/CN=Carol' \
	-addext 'subjectAltName=email:carol@evil.example' -out evil.csr
expect 64 ca issue --dir ca --csr evil.csr -o evil.pem
holds 'outside the domains nothing' test ! -e evil.pem
expect 65 ca issue --dir ca --csr pw
# A request whose signature does not fit its key.
openssl req -in c.csr -outform DER -out c.der
python3 - <<'END'
d = bytearray(open("c.der", "rb").read())
d[-1] ^= 1
open("bad.der", "wb").write(d)
END
expect 65 ca issue --dir ca --csr bad.der

# Revocation.
serial=$(openssl x509 -in b.pem -noout -serial | sed 's/serial=//')
expect 64 ca revoke --dir ca "$serial" --reason boredom
expect 67 ca revoke --dir ca 00ff00ff
expect 0 ca revoke --dir ca "$serial" --reason keyCompromise
expect 64 ca revoke --dir ca "$serial" --reason superseded
expect 0 ca list --dir ca --json
json out '[(c["state"], c["reason"]) for c in r if c["state"] == "revoked"] == [("revoked", "key-compromise")]'
expect 0 ca crl --dir ca -o crl.der
holds 'the list names it' grep -qi "$serial" <(openssl crl -inform DER -in crl.der -noout -text)
holds 'and is signed' \
	grep -q 'verify OK' <(openssl crl -inform DER -in crl.der -CAfile ca/ca.pem -noout 2>&1)
expect 0 ca crl --dir ca
holds 'at its place' test -s ca/crl.der
holds 'with a higher number' test \
	"$(openssl crl -inform DER -in crl.der -noout -crlnumber)" != \
	"$(openssl crl -inform DER -in ca/crl.der -noout -crlnumber)"

# Many at once: each has its line, and each list its number.
for i in 1 2 3 4 5 6; do
	"$SIGNET" ca issue --dir ca "p$i@example.com" -o "p$i.p12" --passphrase-file pw $fast 2>/dev/null &
	"$SIGNET" ca crl --dir ca -o "crl$i.der" 2>/dev/null &
done
wait
expect 0 ca list --dir ca --json
json out 'len([c for c in r if c["addresses"][0].startswith("p")]) == 6'
holds 'six numbers' test "$(for i in 1 2 3 4 5 6; do
	openssl crl -inform DER -in crl$i.der -noout -crlnumber
done | sort -u | wc -l)" -eq 6

# Under another authority.
expect 0 ca init --dir root --name 'CN=Root' --plain-key $fast
expect 64 ca init --dir sub --name 'CN=Sub' --plain-key --under root/ca.pem $fast
expect 64 ca init --dir sub --name 'CN=Sub' --plain-key --under root/ca.pem --key ca/ca.key $fast
expect 0 ca init --dir sub --name 'CN=Sub' --plain-key --under root/ca.pem --key root/ca.key $fast
expect 0 identity new e@example.com --ca sub --plain-key $fast
expect 0 identity export e@example.com -o e.pem
holds 'the chain is whole' openssl verify -CAfile root/ca.pem -untrusted e.pem e.pem
openssl x509 -in e.pem -out leaf.pem
expect 64 ca init --dir bad --name 'CN=Bad' --plain-key --under leaf.pem --key c.key $fast

# Times.
expect 0 ca issue --dir ca old@example.com -o old.p12 --passphrase-file pw --days 1 --at 2026-12-01 $fast
expect 0 ca list --dir ca --json --at 2027-06-01
json out '[c["state"] for c in r if c["addresses"] == ["old@example.com"]] == ["expired"]'
expect 0 ca issue --dir ca long@example.com -o long.p12 --passphrase-file pw --days 36500 $fast
expect 0 ca list --dir ca --json
json out 'max(c["not_after"] for c in r) <= "2037"'
}

# A register that cannot be understood is not added to.
echo 'rubbish here' >>ca/register
expect 65 ca list --dir ca
says 'register'
expect 65 ca issue --dir ca z@example.com -o z.p12 --passphrase-file pw
holds 'nothing was issued' test ! -e z.p12
finish
