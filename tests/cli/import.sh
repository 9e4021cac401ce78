#!/bin/bash
# contact import from what other programs write: vCards, LDIF, .p7b, PEM, DER.
. "$(dirname "$0")/common.bash"

expect 0 ca init --dir "$work/one" --name CN=one --plain-key --algorithm p-256
for who in bob carol dave; do
	SIGNET_HOME=$work/$who expect 0 identity new $who@example.com --plain-key --algorithm p-256 --ca "$work/one"
	SIGNET_HOME=$work/$who expect 0 identity export $who@example.com -o $who.pem
	openssl x509 -in $who.pem -outform DER -out $who.der
	base64 -w 0 $who.der >$who.b64
done
openssl crl2pkcs7 -nocrl -certfile bob.pem -certfile carol.pem -outform DER -out both.p7b
fold_by() { sed -e "s/.\{70\}/&\n$1/g"; }

# knows ADDR…: the store has these and no others; then it is emptied.
knows()
{
	local address
	expect 0 contact list --json
	json out "sorted(c['address'] for c in r) == sorted('$*'.split())"
	for address; do expect 0 contact delete "$address"; done
}

# vCard 2.1, as old programs fold it; 3.0; 4.0 with a data: URI; a group; CRLF and LF.
{
	printf 'BEGIN:VCARD\r\nVERSION:2.1\r\nN:Bob\r\nKEY;X509;ENCODING=BASE64:\r\n'
	fold -w 72 bob.b64 | sed 's/^/    /; s/$/\r/'
	printf '\r\n\r\nEMAIL:bob@example.com\r\nEND:VCARD\r\n'
} >2.1.vcf
{
	printf 'BEGIN:VCARD\nVERSION:3.0\nFN:Bob\n'
	printf 'KEY;ENCODING=b;TYPE=X509:%s\n' "$(cat bob.b64)" | fold_by ' '
	printf 'END:VCARD\nBEGIN:VCARD\nVERSION:3.0\nitem1.KEY;TYPE="x:509;b";ENCODING=B:%s\nEND:VCARD\n' "$(cat carol.b64)"
} >3.0.vcf
{
	printf 'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bob\r\n'
	printf 'KEY;MEDIATYPE=application/pkix-cert:data:application/pkix-cert;base64,%s\r\n' "$(cat bob.b64)"
	printf 'key:data:application/pkcs7-mime;base64,%s\r\n' "$(base64 -w 0 both.p7b)" | fold_by '\t'
	printf 'END:VCARD\r\n'
} >4.0.vcf
expect 0 contact import 2.1.vcf
knows bob@example.com
expect 0 contact import 3.0.vcf
knows bob@example.com carol@example.com
expect 0 contact import 4.0.vcf
knows bob@example.com carol@example.com

# LDIF: folding, options of attributes, both attributes, comments, a version line.
{
	printf 'version: 1\n# people\ndn: cn=bob,dc=example,dc=com\ncn: bob\n'
	printf 'userCertificate;binary:: %s\n' "$(cat bob.b64)" | fold_by ' '
	printf '\ndn: cn=carol,dc=example,dc=com\nusersmimecertificate;binary::%s\n' "$(base64 -w 0 both.p7b)"
	printf '\ndn: cn=dave,dc=example,dc=com\nUserCertificate:: %s\n' "$(cat dave.b64)"
} >people.ldif
expect 0 contact import people.ldif
knows bob@example.com carol@example.com dave@example.com
sed 's/$/\r/' people.ldif >crlf.ldif
expect 0 contact import crlf.ldif
knows bob@example.com carol@example.com dave@example.com
expect 0 contact import both.p7b dave.der
knows bob@example.com carol@example.com dave@example.com

# Keys of other kinds are passed over, and counted; a link is not followed.
printf 'hello' >secret
{
	printf 'BEGIN:VCARD\nVERSION:3.0\nKEY;TYPE=PGP;ENCODING=b:%s\n' "$(head -c 400 /dev/urandom | base64 -w 0)"
	printf 'KEY:http://127.0.0.1:1/key.asc\nKEY;VALUE=uri:file://%s/bob.der\n' "$work"
	printf 'KEY;ENCODING=b:%s\nEND:VCARD\n' "$(cat bob.b64)"
} >mixed.vcf
expect 0 contact import mixed.vcf
says '3 keys that are no X.509 certificates were passed over'
knows bob@example.com
printf 'dn: cn=bob\nuserCertificate;binary:< file://%s/bob.der\n' "$work" >link.ldif
expect 65 contact import link.ldif

# What has no certificate, or a broken one, is refused, and nothing is kept.
printf 'BEGIN:VCARD\nVERSION:4.0\nFN:Nobody\nEND:VCARD\n' >none.vcf
printf 'BEGIN:VCARD\nKEY;ENCODING=b:%s\nEND:VCARD\n' "$(head -c 300 bob.b64)" >cut.vcf
printf 'BEGIN:VCARD\nKEY;ENCODING=b:!!!!%s\nEND:VCARD\n' "$(cat bob.b64)" >garbage.vcf
printf 'BEGIN:VCARD\nKEY;ENCODING=b' >stump.vcf
printf 'BEGIN:VCARD\nKEY:%s\nEND:VCARD\n' "$(cat bob.b64)" >unsaid.vcf
printf 'dn: cn=bob\ncn: bob\n' >none.ldif
printf 'dn: cn=bob\nuserCertificate;binary: %s\n' "$(cat bob.b64)" >text.ldif
printf 'dn: cn=bob\nuserCertificateX;binary:: %s\n' "$(cat bob.b64)" >other.ldif
for file in none.vcf cut.vcf garbage.vcf stump.vcf unsaid.vcf none.ldif text.ldif other.ldif; do
	expect 65 contact import $file
	says $file
done
{ printf 'BEGIN:VCARD\nKEY;ENCODING=b:'; head -c 2000000 /dev/zero | tr '\0' A; printf '\nEND:VCARD\n'; } >long.vcf
expect 65 contact import long.vcf
says 'limit'
expect 65 contact import bob.pem cut.vcf
expect 0 contact list --json
json out 'r == []'
# An address book is no list of authorities.
expect 65 trust add 3.0.vcf
expect 0 trust list --json
json out 'r == []'
# An address of one's choosing, and a domain, as with other files.
expect 0 contact import 2.1.vcf --address robert@example.net
knows robert@example.net
# Somebody's PKCS#12 in place of his certificate: it is said what it is, and nothing is kept.
printf 'secret\n' >pw
SIGNET_HOME=$work/bob expect 0 identity export bob@example.com -o bob.p12 --passphrase-file pw
for command in 'contact import' 'trust add' 'identity lint'; do
	# shellcheck disable=SC2086
	expect 65 $command bob.p12
	says 'bob.p12: this is PKCS#12'
	says 'writes its certificate'
done
knows
finish
