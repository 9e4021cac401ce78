#!/bin/bash
# ca: settings, renewal, holds, lists that are due, the log; roots and intermediates.
. "$(dirname "$0")/common.bash"
fast='--algorithm p-256'
serial_of() { openssl x509 -in "$1" -noout -serial | sed 's/serial=//' | tr A-F a-f; }

# shellcheck disable=SC2086
{
# Settings are kept and stand in what is issued; the places of the one above in the one below.
expect 64 ca init --dir x --name 'CN=X' --plain-key $fast --crl-url https://ca.example/x.crl
says 'http://'
expect 64 ca init --dir x --name 'CN=X' --plain-key $fast --ocsp-url 'http://a b/'
expect 64 ca init --dir x --name 'CN=X' --plain-key $fast --path-length many
expect 64 ca init --dir x --name 'CN=X' --plain-key $fast --domain example.com --domain 'a@b'
holds 'nothing was made' test ! -e x
for algorithm in rsa-2048 p-256 p-384 ed25519; do
	expect 0 ca init --dir "kind-$algorithm" --name 'CN=Kind' --plain-key --algorithm $algorithm
	says 'limited to no domain'
	expect 0 ca issue --dir "kind-$algorithm" a@example.com -o kind.pem --plain-key $fast
	expect 0 ca crl --dir "kind-$algorithm" -o kind.crl
	openssl crl -inform DER -in kind.crl -out kind.crl.pem
	holds "$algorithm: openssl accepts certificate and list" \
		openssl verify -x509_strict -crl_check_all -CAfile "kind-$algorithm/ca.pem" \
		-CRLfile kind.crl.pem kind.pem
done
expect 0 ca init --dir root --name 'CN=Root,O=Example' --plain-key $fast --crl-url http://ca.example/root.crl \
	--issuer-url http://ca.example/root.cer
expect 0 ca init --dir sub --name 'CN=Sub,O=Example' --under root --plain-key $fast --path-length 0 \
	--domain example.com --domain bücher.example --policy 2.23.140.1.5.1.3 \
	--crl-url http://ca.example/sub.crl --ocsp-url http://ca.example/ocsp --issuer-url http://ca.example/sub.cer
! grep -q 'limited to no domain' err || wrong 'a limited authority is warned of'
expect 0 ca list --dir root --json
json out '[(c["purpose"], c["subject"]) for c in r] == [("ca", "CN=Sub,O=Example")]'
openssl x509 -in sub/ca.pem -noout -text >text
holds 'its list is that of the root' grep -q 'URI:http://ca.example/root.crl' text
holds 'and its issuer the root' grep -q 'CA Issuers - URI:http://ca.example/root.cer' text
holds 'none may follow' grep -q 'CA:TRUE, pathlen:0' text
holds 'it is for mail' grep -q 'E-mail Protection' text
expect 0 ca issue --dir sub a@example.com ä@example.com b@bücher.example -o a.pem --plain-key $fast
openssl x509 -in a.pem -noout -text >text
for what in 'URI:http://ca.example/sub.crl' 'OCSP - URI:http://ca.example/ocsp' \
	'CA Issuers - URI:http://ca.example/sub.cer' 'Policy: 2.23.140.1.5.1.3' 'email:a@example.com' \
	'email:b@xn--bcher-kva.example' 'othername: SmtpUTF8Mailbox'; do
	holds "it says $what" grep -q "$what" text
done
expect 0 ca crl --dir root -o root.crl
expect 0 ca crl --dir sub -o sub.crl
for list in root sub; do
	openssl crl -inform DER -in $list.crl
done >crls.pem
holds 'openssl accepts all of it' openssl verify -x509_strict -crl_check_all -policy_check -purpose smimesign \
	-CAfile root/ca.pem -untrusted sub/ca.pem -CRLfile crls.pem a.pem

# What the one above does not allow.
expect 64 ca init --dir subsub --name 'CN=Subsub' --under sub --plain-key $fast
says 'authority'
holds 'no authority is there' test ! -e subsub
expect 64 ca init --dir wide --name 'CN=Wide' --under sub --plain-key $fast --domain example.org
says 'example.org'
expect 73 ca init --dir sub --name 'CN=Again' --plain-key $fast
expect 0 ca init --dir limited --name 'CN=Limited' --plain-key $fast --domain example.com
expect 0 ca init --dir below --name 'CN=Below' --under limited/ca.pem --key limited/ca.key --plain-key $fast
expect 64 ca issue --dir below a@example.org -o below.pem --plain-key $fast
says 'name constraints'
expect 0 ca issue --dir below a@example.com -o below.pem --plain-key $fast

# For all of a domain, as a gateway has it.
expect 0 ca issue --dir sub --domain example.com -o domain.pem --plain-key $fast
openssl x509 -in domain.pem -noout -ext subjectAltName >text
holds 'the names of RFC 3183' grep -q \
	'domain-signing-authority@example.com, email:domain-confidentiality-authority@example.com' text
expect 0 ca issue --dir sub --domain example.com --purpose encrypt -o domain.pem --plain-key $fast
openssl x509 -in domain.pem -noout -ext subjectAltName >text
! grep -q signing text || wrong 'a certificate for encryption signs for a domain'
expect 64 ca issue --dir sub --domain example.org -o domain.pem --plain-key $fast

# As PEM: certificate, chain and key.
echo secret >pw
expect 0 ca issue --dir sub p@example.com -o p.pem --passphrase-file pw $fast
holds 'the chain' test "$(grep -c 'BEGIN CERTIFICATE' p.pem)" -eq 3
holds 'the key under a passphrase' openssl pkey -in p.pem -passin pass:secret -noout
expect 0 ca issue --dir sub p@example.com -o p.txt --format pem --generate-passphrase $fast
holds 'or one that is made' openssl pkey -in p.txt -passin "pass:$(cat out)" -noout
expect 64 ca issue --dir sub p@example.com -o p.der --format der --passphrase-file pw $fast
expect 64 ca issue --dir sub p@example.com -o q.p12 --plain-key $fast

# Long ones are told of.
expect 0 ca issue --dir sub l@example.com -o l.pem --plain-key --days 826 $fast
says '825'
expect 0 ca issue --dir sub l@example.com -o l.pem --plain-key --days 36500 $fast
says 'ends with the authority'

# Renewal: same key and names, or the key of a request; each names the other.
expect 0 ca issue --dir sub r@example.com s@example.com --name 'CN=r@example.com' -o r.pem --plain-key \
	--purpose sign --days 20 $fast
openssl x509 -in r.pem -out r1.pem
old=$(serial_of r1.pem)
expect 0 ca list --dir sub --json --days 30
json out '[(c["addresses"][0], c["expiring"]) for c in r] == [("r@example.com", True)]'
expect 0 ca renew --dir sub "$old" -o r2.pem --days 400
holds 'the same key' cmp <(openssl x509 -in r1.pem -pubkey -noout) <(openssl x509 -in r2.pem -pubkey -noout)
for what in subject issuer; do
	holds "the same $what" cmp <(openssl x509 -in r1.pem -noout -$what) <(openssl x509 -in r2.pem -noout -$what)
done
holds 'the same names and usage' cmp <(openssl x509 -in r1.pem -noout -ext subjectAltName,keyUsage) \
	<(openssl x509 -in r2.pem -noout -ext subjectAltName,keyUsage)
holds 'with its chain' test "$(grep -c 'BEGIN CERTIFICATE' r2.pem)" -eq 3
expect 0 ca list --dir sub --json
new=$(serial_of r2.pem)
json out "[c['renewed_by'] for c in r if c['serial'] == '$old'] == ['$new']"
json out "[c['renews'] for c in r if c['serial'] == '$new'] == ['$old']"
expect 0 ca list --dir sub --json --days 30
json out 'r == []'
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout r3.key -subj /CN=x -out r3.csr \
	-addext 'subjectAltName=email:s@example.com' 2>/dev/null
expect 0 ca renew --dir sub "$new" --csr r3.csr -o r3.pem
holds 'another key' cmp <(openssl pkey -in r3.key -pubout) <(openssl x509 -in r3.pem -pubkey -noout)
holds 'and the old names' cmp <(openssl x509 -in r1.pem -noout -ext subjectAltName) \
	<(openssl x509 -in r3.pem -noout -ext subjectAltName)
openssl req -new -key r3.key -subj /CN=x -addext 'subjectAltName=email:t@example.com' -out t.csr
expect 64 ca renew --dir sub "$new" --csr t.csr -o t.pem
says 't@example.com'
expect 67 ca renew --dir sub 1234
expect 0 ca revoke --dir sub "$new" --reason superseded
expect 64 ca renew --dir sub "$new" -o t.pem
says 'revoked'
holds 'nothing is written' test ! -e t.pem

# Every reason; what is so already; holds and their end.
for reason in unspecified key-compromise ca-compromise affiliation-changed superseded cessation-of-operation \
	privilege-withdrawn aa-compromise certificate-hold; do
	expect 0 ca issue --dir sub x@example.com -o x.pem --plain-key $fast
	serial=$(serial_of x.pem)
	expect 0 ca revoke --dir sub "$serial" --reason $reason
	expect 0 ca revoke --dir sub "$serial" --reason $reason
	says 'already'
	expect 0 ca list --dir sub --json
	json out "[c['reason'] for c in r if c['serial'] == '$serial'] == ['$reason']"
done
json out "[c['state'] for c in r if c['reason'] == 'certificate-hold'] == ['held']"
expect 0 ca crl --dir sub -o held.crl
holds 'a hold is in the list' grep -q 'Certificate Hold' <(openssl crl -inform DER -in held.crl -noout -text)
expect 0 ca revoke --dir sub "${serial^^}" --reason removeFromCRL
says 'the hold'
expect 0 ca revoke --dir sub "$serial" --reason remove-from-crl
says 'already'
expect 0 ca crl --dir sub -o free.crl
! openssl crl -inform DER -in free.crl -noout -text | grep -qi "$serial" || wrong 'the hold is over, and yet listed'
expect 0 ca revoke --dir sub "$serial" --reason certificate-hold
expect 0 ca revoke --dir sub "$serial" --reason key-compromise
expect 64 ca revoke --dir sub "$serial" --reason remove-from-crl
says 'for good'
expect 64 ca revoke --dir sub "$serial" --reason superseded
expect 67 ca revoke --dir sub 77 --reason superseded

# A list when it is due.
number() { openssl crl -inform DER -in due.crl -noout -crlnumber; }
expect 0 ca crl --dir sub -o due.crl --if-due
first=$(number)
expect 0 ca crl --dir sub -o due.crl --if-due
holds 'not again at once' test "$first" = "$(number)"
expect 0 ca crl --dir sub -o due.crl --if-due --at "$(date -u -d '+3 days' +%Y-%m-%d)"
holds 'nor before half of its time' test "$first" = "$(number)"
expect 0 ca crl --dir sub -o due.crl --if-due --at "$(date -u -d '+5 days' +%Y-%m-%d)"
holds 'but then' test "$first" != "$(number)"
first=$(number)
expect 0 ca issue --dir sub y@example.com -o y.pem --plain-key $fast
expect 0 ca revoke --dir sub "$(serial_of y.pem)" --reason superseded
expect 0 ca crl --dir sub -o due.crl --if-due --days 3
holds 'and after a revocation' test "$first" != "$(number)"
holds 'for as long as is said' test \
	"$(($(date -d "$(openssl crl -inform DER -in due.crl -noout -nextupdate | cut -d= -f2)" +%s) - $(date +%s)))" -lt 260000
rm due.crl
expect 0 ca crl --dir sub -o due.crl --if-due
holds 'and when it is gone' test -s due.crl

# The log: who did what when, and that none of it was changed.
expect 0 ca log --dir sub --json
json out '[e["act"] for e in r[:3]] == ["domain", "domain", "set"]'
json out "all(e['uid'] == '$(id -u)' and e['time'] for e in r)"
json out '{e["act"] for e in r} == {"domain", "set", "issued", "revoked", "released", "crl"}'
says 'none changed since'
cp sub/register good
for change in '5d' '5s/ex/xx/' '6s/^./0/' '7{h;d};8{G}' '$s/\t/  /4' '$a rubbish' '3a domain\tevil.example'; do
	sed "$change" good >sub/register
	! cmp -s good sub/register || wrong "$change changed nothing"
	for command in log list crl 'issue z@example.com -o z.pem --plain-key'; do
		expect 65 ca $command --dir sub
		says 'register line'
	done
done
holds 'nothing is issued' test ! -e z.pem
# The end of a line that was cut off is no line.
{ cat good; printf 'deadbeef\t12'; } >sub/register
expect 0 ca list --dir sub --json
expect 0 ca issue --dir sub z@example.com -o z.pem --plain-key $fast
expect 0 ca log --dir sub --json
json out 'r[-1]["act"] == "issued"'

# A register of the older form is read, and from the next act on it cannot be changed either.
expect 0 ca init --dir older --name 'CN=Older' --plain-key $fast
printf 'domain\texample.com\nissued\taabb\t1700000000\t1900000000\ta@example.com\tCN=a\nrevoked\taabb\t1750000000\t1\ncrl\t4\t1750000000\n' \
	>older/register
expect 0 ca list --dir older --json
json out '[(c["serial"], c["state"]) for c in r] == [("aabb", "revoked")]'
expect 0 ca issue --dir older b@example.com -o z.pem --plain-key $fast
expect 0 ca list --dir older --json
json out 'len(r) == 2'
expect 64 ca renew --dir older aabb
sed -i 's/1750000000\t1$/1750000000\t5/' older/register
expect 65 ca list --dir older
}
finish
