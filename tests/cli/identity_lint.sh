#!/bin/bash
# identity lint: each finding by a certificate that shows it, with its section; and clean ones.
. "$(dirname "$0")/common.bash"

# The authority that signs them, and keys.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 4000 \
	-subj '/C=DE/O=Example/CN=Example Root' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>err
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key 2>err
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>err
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out small.key 2>err
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out three.key 2>err
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key 2>err
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp224r1 -out p224.key 2>err
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1 -out brainpool.key 2>err
openssl genpkey -algorithm ed25519 -out ed.key 2>err

declare -A clean=(
	[basicConstraints]='critical,CA:FALSE'
	[keyUsage]='critical,digitalSignature,keyAgreement'
	[extendedKeyUsage]='emailProtection'
	[subjectAltName]='email:a@example.com'
	[subjectKeyIdentifier]='hash'
	[authorityKeyIdentifier]='keyid'
	[certificatePolicies]='2.23.140.1.5.1.3'
	[crlDistributionPoints]='URI:http://ca.example.com/crl'
	[authorityInfoAccess]='caIssuers;URI:http://ca.example.com/ca.cer'
)
declare -A clean_ca=(
	[basicConstraints]='critical,CA:TRUE,pathlen:0'
	[keyUsage]='critical,keyCertSign,cRLSign'
	[extendedKeyUsage]='emailProtection'
	[subjectKeyIdentifier]='hash'
	[authorityKeyIdentifier]='keyid'
	[certificatePolicies]='2.5.29.32.0'
	[crlDistributionPoints]='URI:http://ca.example.com/crl'
	[authorityInfoAccess]='caIssuers;URI:http://ca.example.com/ca.cer'
	[nameConstraints]='critical,permitted;email:example.com'
)

# make [NAME=VALUE]…: cert.pem. A NAME in capitals is a setting, another an extension that is put in
# place of the clean one; an empty VALUE leaves it out. MORE: lines of openssl.cnf behind the section.
make()
{
	local -A extensions
	local key=ec.key subject='/CN=a@example.com' days=365 serial=0x4142434445464748494a digest=sha256 \
		more='' base=clean pair name
	for pair; do
		case $pair in BASE=*) base=${pair#*=} ;; esac
	done
	local -n from=$base
	for name in "${!from[@]}"; do
		extensions[$name]=${from[$name]}
	done
	for pair; do
		name=${pair%%=*}
		case $name in
		BASE) ;;
		KEY) key=${pair#*=} ;;
		SUBJECT) subject=${pair#*=} ;;
		DAYS) days=${pair#*=} ;;
		SERIAL) serial=${pair#*=} ;;
		DIGEST) digest=${pair#*=} ;;
		MORE) more=${pair#*=} ;;
		*) extensions[$name]=${pair#*=} ;;
		esac
	done
	{
		echo '[x]'
		for name in "${!extensions[@]}"; do
			[ -z "${extensions[$name]}" ] || echo "$name=${extensions[$name]}"
		done
		printf '%s\n' "$more"
	} >x.cnf
	openssl req -new -key "$key" -subj "$subject" -multivalue-rdn -utf8 -out x.csr 2>err &&
		openssl x509 -req -in x.csr -CA "${CA:-ca.pem}" -CAkey "${CAKEY:-ca.key}" -days "$days" \
			-set_serial "$serial" "-$digest" -extfile x.cnf -extensions x \
			-out cert.pem 2>err || wrong "openssl made no certificate: $*"
}

# only CODE SECTION: the one finding is that, an error (2); warns CODE SECTION: a warning (0).
only()
{
	expect 2 identity lint --json cert.pem
	json out "[(f['code'], f['section']) for f in r if f['severity'] == 'error'] == [('$1', '$2')]"
}

warns()
{
	expect 0 identity lint --json cert.pem
	json out "[(f['code'], f['section'], f['severity']) for f in r] == [('$1', '$2', 'warning')]"
}

# among CODE SECTION: it is among others.
among()
{
	expect 2 identity lint --json cert.pem
	json out "('$1', '$2') in [(f['code'], f['section']) for f in r]"
}

none()
{
	expect 0 identity lint --json cert.pem
	json out 'r == []'
}

# Clean ones of each kind.
make
none
expect 0 identity lint cert.pem
silent
says '1 certificate: 0 errors, 0 warnings'
make KEY=rsa.key keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment
none
make KEY=ed.key keyUsage=critical,digitalSignature
none
make SUBJECT=/ 'subjectAltName=critical,email:a@example.com'
none
make subjectAltName='email:a@example.com,otherName:1.3.6.1.5.5.7.8.9;UTF8:ä@example.com'
none
org='/C=DE/O=Example AG/organizationIdentifier=NTRDE-HRB1'
make SUBJECT="$org/CN=Example AG" certificatePolicies=2.23.140.1.5.2.3
none
make SUBJECT="$org/GN=Anna/SN=Adler/CN=Anna Adler/title=Head" certificatePolicies=2.23.140.1.5.3.3
none
make SUBJECT='/C=DE/L=Bonn/street=Weg 1/GN=Anna/SN=Adler/CN=Anna Adler' certificatePolicies=2.23.140.1.5.4.2
none
make BASE=clean_ca SUBJECT='/C=DE/O=Example/CN=Sub'
none
cp ca.pem cert.pem
none
expect 0 ca init --dir root --name 'CN=Root,O=Example,C=DE' --plain-key --algorithm p-256
cp root/ca.pem cert.pem
none

# All certificates.
make SERIAL=1
only serial-entropy 'BR 7.1'
make SERIAL=0
only serial-range 'BR 7.1'
make SERIAL=0x414243444546474849414243444546474849414243
only serial-range 'BR 7.1'
make DAYS=824
none
make DAYS=826
only validity-long 'BR 6.3.2'
make DAYS=900 certificatePolicies=2.23.140.1.5.1.1
only policy-legacy 'BR 7.1.6.1'
make DAYS=1200 certificatePolicies=2.23.140.1.5.1.1
among validity-long 'BR 6.3.2'
make DIGEST=sha1
only signature-algorithm 'BR 7.1.3.2'
make MORE='1.2.3.4=critical,DER:0500'
only critical-unknown 'RFC 5280 4.2'
make MORE='1.2.3.4=DER:0500'
none
make crlDistributionPoints=DER:0500
among extension-unreadable 'RFC 5280 4.2'
make KEY=small.key keyUsage=critical,digitalSignature
only key-weak 'BR 6.1.5'
make KEY=three.key keyUsage=critical,digitalSignature
warns key-parameters 'BR 6.1.6'
make KEY=pss.key keyUsage=critical,digitalSignature
among key-kind 'BR 7.1.3.1.1'
among key-encoding 'BR 7.1.3.1'
make KEY=p224.key
among key-weak 'BR 6.1.5'
make KEY=brainpool.key
among key-kind 'BR 6.1.5'

# What the test cannot have openssl make is made of a clean certificate, octet by octet.
make
openssl x509 -in cert.pem -outform DER -out clean.der
# forge FROM TO: the octets FROM, in hex, once replaced by TO of the same size.
forge()
{
	python3 - "$1" "$2" <<'END'
import sys
d = open("clean.der", "rb").read()
a, b = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2])
assert a in d and len(a) == len(b)
open("cert.der", "wb").write(d.replace(a, b, 1))
END
	openssl x509 -inform DER -in cert.der -out cert.pem 2>err || cp cert.der cert.pem
}
forge a003020102 a003020101 # version 2
among version 'BR 7.1.1'
forge 300a06082a8648ce3d040302 300a06082a8648ce3d040303 # ecdsa-with-SHA384 inside alone
only signature-mismatch 'RFC 5280 4.1.1.2'
forge 0603551d13 0603551d0f # basicConstraints becomes a second keyUsage
among extension-twice 'RFC 5280 4.2'
# graft FROM TO: the same, of another size, in the certificate's first level.
graft()
{
	python3 - "$1" "$2" <<'END'
import sys
d = open("clean.der", "rb").read()
a, b = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2])
assert a in d and d[1] == d[5] == 0x82
more = len(b) - len(a)
d = bytearray(d.replace(a, b, 1))
for at in (2, 6):
    d[at:at + 2] = (int.from_bytes(d[at:at + 2], "big") + more).to_bytes(2, "big")
open("cert.der", "wb").write(d)
END
	openssl x509 -inform DER -in cert.der -out cert.pem 2>err || wrong 'grafting made no certificate'
}
from=$(openssl asn1parse -inform DER -in clean.der | sed -n 's/.*UTCTIME *://p' | head -n 1)
hex=$(printf %s "$from" | od -An -tx1 | tr -d ' \n')
graft "301e170d$hex" "3020180f3230$hex"
only time-encoding 'RFC 5280 4.1.2.5'
spki=$(openssl x509 -in clean.der -inform DER -noout -pubkey | openssl pkey -pubin -outform DER | od -An -v -tx1 |
	tr -d ' \n')
graft "$spki" "${spki}81020001"
only unique-id 'RFC 5280 4.1.2.8'

make
openssl x509 -in cert.pem -outform DER -out clean.der
forge 0c0d6140 140d6140 # CN as a T61String
warns subject-encoding 'RFC 5280 4.1.2.6'
make DAYS=-1
among validity-order 'RFC 5280 4.1.2.5'
make basicConstraints=critical,CA:TRUE
only subscriber-ca 'BR 7.1.2.3 d'
make SUBJECT="/C=DE/L=Bonn/GN=Anna/street=$(printf 'x%.0s' {1..129})" certificatePolicies=2.23.140.1.5.4.2
only subject-long 'RFC 5280 A.1'

# Policies.
make certificatePolicies=
only policies-missing 'BR 7.1.2.3 a'
make certificatePolicies=1.2.3.4
only policy-not-reserved 'BR 7.1.6.4'
make certificatePolicies=1.2.3.4,2.23.140.1.5.1.3
none
make certificatePolicies=2.23.140.1.5.1.2,2.23.140.1.5.1.3
only policy-several 'BR 7.1.2.3 a'
make certificatePolicies=critical,2.23.140.1.5.1.3
warns policies-critical 'BR 7.1.2.3 a'
make certificatePolicies=2.23.140.1.5.1.3,@p MORE=$'[p]\npolicyIdentifier=1.2.3.4\nCPS.1=ftp://ca.example.com'
only policy-cps 'BR 7.1.2.3 a'
make certificatePolicies=2.23.140.1.5.1.3,@p MORE=$'[p]\npolicyIdentifier=1.2.3.4\nCPS.1=https://ca.example.com'
none
make certificatePolicies=2.23.140.1.5.1.3,@p MORE=$'[p]\npolicyIdentifier=1.2.3.4\nuserNotice.1=@n\n[n]\norganization=x\nnoticeNumbers=1'
only policy-notice 'BR 7.1.2.3 a'

# Places.
make crlDistributionPoints=
only crl-missing 'BR 7.1.2.3 b'
make crlDistributionPoints=URI:ldap://ca.example.com/x
only crl-scheme 'BR 7.1.2.3 b'
make crlDistributionPoints=URI:http://ca.example.com/x,URI:ldap://ca.example.com/x
only crl-scheme 'BR 7.1.2.3 b'
make crlDistributionPoints=d MORE=$'[d]\nfullname=dirName:n\n[n]\nCN=x'
only crl-no-url 'BR 7.1.2.3 b'
make crlDistributionPoints=critical,URI:http://ca.example.com/x
warns crl-critical 'BR 7.1.2.3 b'
make authorityInfoAccess=
warns aia-missing 'BR 7.1.2.3 c'
make 'authorityInfoAccess=OCSP;URI:http://ca.example.com/ocsp'
warns aia-issuer-missing 'BR 7.1.2.3 c'
make 'authorityInfoAccess=critical,caIssuers;URI:http://ca.example.com/ca.cer'
only aia-critical 'BR 7.1.2.3 c'
make 'authorityInfoAccess=caIssuers;URI:https://ca.example.com/ca.cer'
only aia-scheme 'BR 7.1.2.3 c'

# Usage.
make basicConstraints=critical,CA:FALSE,pathlen:0
only path-length 'BR 7.1.2.3 d'
make basicConstraints=
none
make keyUsage=
only key-usage-missing 'BR 7.1.2.3 e'
make keyUsage=digitalSignature
warns key-usage-critical 'BR 7.1.2.3 e'
make keyUsage=critical,digitalSignature,keyEncipherment
only key-usage-bits 'BR 7.1.2.3 e'
make KEY=ed.key keyUsage=critical,digitalSignature,keyAgreement
only key-usage-bits 'BR 7.1.2.3 e'
make KEY=rsa.key keyUsage=critical,digitalSignature,keyAgreement
only key-usage-bits 'BR 7.1.2.3 e'
make KEY=rsa.key keyUsage=critical,keyEncipherment,dataEncipherment
only key-usage-bits 'BR 7.1.2.3 e'
make KEY=rsa.key keyUsage=critical,keyEncipherment,dataEncipherment certificatePolicies=2.23.140.1.5.1.2
none
make keyUsage=critical,encipherOnly
only key-usage-none 'BR 7.1.2.3 e'
make keyUsage=critical,nonRepudiation,keyAgreement
only key-usage-combination 'BR 7.1.2.3 e'
make keyUsage=critical,digitalSignature,decipherOnly
only key-usage-combination 'BR 7.1.2.3 e'
make extendedKeyUsage=
only purpose-missing 'BR 7.1.2.3 f'
make extendedKeyUsage=clientAuth
only purpose-not-mail 'BR 7.1.2.3 f'
make extendedKeyUsage=emailProtection,clientAuth
only purpose-others 'BR 7.1.2.3 f'
make extendedKeyUsage=emailProtection,clientAuth certificatePolicies=2.23.140.1.5.1.2
none
for purpose in serverAuth codeSigning timeStamping anyExtendedKeyUsage; do
	make extendedKeyUsage=emailProtection,$purpose certificatePolicies=2.23.140.1.5.1.2
	only purpose-forbidden 'BR 7.1.2.3 f'
	prints "$purpose"
done
make authorityKeyIdentifier=none
only aki-missing 'BR 7.1.2.3 g'
make authorityKeyIdentifier=issuer:always
among aki-no-key 'BR 7.1.2.3 g'
among aki-issuer 'BR 7.1.2.3 g'
make authorityKeyIdentifier=keyid,issuer:always
only aki-issuer 'BR 7.1.2.3 g'
make authorityKeyIdentifier= MORE='2.5.29.35=critical,DER:3003800101'
only aki-critical 'BR 7.1.2.3 g'

# Other extensions.
make MORE='1.2.840.113549.1.9.15=critical,DER:3000'
only extension-critical 'BR 7.1.2.3 i'
make MORE='2.5.29.9=DER:3000'
only extension-prohibited 'BR 7.1.2.3 j'
make MORE='2.5.29.9=critical,DER:3000' certificatePolicies=2.23.140.1.5.1.1
among extension-critical 'BR 7.1.2.3 j'
make MORE='1.3.6.1.5.5.7.1.3=critical,DER:3000'
only extension-critical 'BR 7.1.2.3 k'
make MORE='1.3.6.1.4.1.52266.1=DER:130141'
only extension-prohibited 'BR 7.1.2.3 l'
make SUBJECT="$org" certificatePolicies=2.23.140.1.5.2.3 MORE='1.3.6.1.4.1.52266.1=DER:130141'
none
make SUBJECT="$org" certificatePolicies=2.23.140.1.5.2.3 MORE='1.3.6.1.4.1.52266.2=DER:130141'
only extension-prohibited 'BR 7.1.2.3 l'
make MORE='1.2.840.113583.1.1.9.1=DER:3000'
only extension-prohibited 'BR 7.1.2.3 m'
make MORE='1.2.840.113583.1.1.9.1=DER:3000' certificatePolicies=2.23.140.1.5.1.2
none
make subjectKeyIdentifier=none
warns ski-missing 'BR 7.1.2.3 n'
make subjectKeyIdentifier=critical,hash
only extension-critical 'BR 7.1.2.3 n'

# Names.
make subjectAltName= SUBJECT=/serialNumber=1
only name-missing 'BR 7.1.2.3 h'
make subjectAltName=critical,email:a@example.com
warns name-critical 'BR 7.1.2.3 h'
make SUBJECT=/
only name-not-critical 'RFC 5280 4.2.1.6'
make subjectAltName=dirName:n SUBJECT=/serialNumber=1 MORE=$'[n]\nserialNumber=1'
only name-no-mailbox 'BR 7.1.4.2.1'
for name in DNS:example.com URI:mailto:a@example.com IP:192.0.2.1; do
	make subjectAltName=email:a@example.com,$name
	only name-kind 'BR 7.1.4.2.1'
done
make 'subjectAltName=email:a@example.com,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@example.com'
only name-other 'BR 7.1.4.2.1'
make 'subjectAltName=email:a@example.com,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@example.com' \
	certificatePolicies=2.23.140.1.5.1.2
none
make subjectAltName=email:a@example.com,email:nobody
only address-syntax 'RFC 5280 4.2.1.6'
make subjectAltName=email:a@example.com,email:a@under_score.example
only address-domain 'RFC 5280 4.2.1.6'
make subjectAltName= SUBJECT=/serialNumber=1 MORE='2.5.29.17=DER:3009810761c3a440622e63'
only address-not-ascii 'RFC 5280 4.2.1.6'
make 'subjectAltName=email:a@example.com,otherName:1.3.6.1.5.5.7.8.9;UTF8:b@example.com'
only mailbox-ascii 'RFC 9598 3'
make 'subjectAltName=email:a@example.com,otherName:1.3.6.1.5.5.7.8.9;UTF8:ä@Example.com'
only mailbox-domain 'RFC 9598 3'
make 'subjectAltName=email:a@example.com,otherName:1.3.6.1.5.5.7.8.9;UTF8:ä@bücher.example'
only mailbox-domain 'RFC 9598 3'
make 'subjectAltName=email:a@example.com,otherName:1.3.6.1.5.5.7.8.9;UTF8:ä'
only mailbox-syntax 'RFC 9598 3'
make 'subjectAltName=email:a@example.com,otherName:1.3.6.1.5.5.7.8.9;UTF8:bomä@example.com'
openssl x509 -in cert.pem -outform DER -out clean.der
forge 626f6d efbbbf
only mailbox-encoding 'RFC 9598 3'

# The subject, by its type.
make SUBJECT='/CN=Anna Adler'
only common-name 'BR 7.1.4.2.2 a'
make SUBJECT='/CN=b@example.com'
only common-name 'BR 7.1.4.2.2 a'
make SUBJECT="$org/CN=Anna Adler" certificatePolicies=2.23.140.1.5.2.3
only common-name 'BR 7.1.4.2.2 a'
make SUBJECT='/GN=Anna/CN=b@example.com' certificatePolicies=2.23.140.1.5.4.3
only common-name 'BR 7.1.4.2.2 a'
make SUBJECT='/emailAddress=b@example.com'
only subject-address 'BR 7.1.4.2.1'
make SUBJECT='/emailAddress=a@example.com/emailAddress=a@example.com'
only subject-addresses 'BR 7.1.4.2.2 h'
make SUBJECT='/O=Example/CN=a@example.com'
only subject-attribute 'BR 7.1.4.2.3'
make SUBJECT="$org/GN=Anna" certificatePolicies=2.23.140.1.5.2.3
only subject-attribute 'BR 7.1.4.2.4'
make SUBJECT="$org/GN=Anna/DC=x" certificatePolicies=2.23.140.1.5.3.2
only subject-attribute 'BR 7.1.4.2.5'
make SUBJECT='/O=x/GN=Anna' certificatePolicies=2.23.140.1.5.4.2
only subject-attribute 'BR 7.1.4.2.6'
make SUBJECT='/C=DE/L=Bonn/street=Weg 1/GN=Anna' certificatePolicies=2.23.140.1.5.4.3
only subject-attribute 'BR 7.1.4.2.6'
make SUBJECT='/O=Example' certificatePolicies=2.23.140.1.5.2.3
only subject-incomplete 'BR 7.1.4.2.4'
make SUBJECT="$org" certificatePolicies=2.23.140.1.5.3.3
only subject-incomplete 'BR 7.1.4.2.5'
make SUBJECT=/serialNumber=1 certificatePolicies=2.23.140.1.5.4.3
only subject-incomplete 'BR 7.1.4.2.6'
make SUBJECT='/GN=Anna/pseudonym=Fox' certificatePolicies=2.23.140.1.5.4.3
only subject-pseudonym 'BR 7.1.4.2.2 e'
make SUBJECT='/C=DE/street=Weg 1/GN=Anna' certificatePolicies=2.23.140.1.5.4.2
only subject-place 'BR 7.1.4.2.2 j'
make SUBJECT='/L=Bonn/GN=Anna' certificatePolicies=2.23.140.1.5.4.2
only subject-place 'BR 7.1.4.2.2 k'
make SUBJECT='/ST=NRW/GN=Anna' certificatePolicies=2.23.140.1.5.4.2
only subject-place 'BR 7.1.4.2.2 l'
make SUBJECT='/postalCode=53111/GN=Anna' certificatePolicies=2.23.140.1.5.4.2
only subject-place 'BR 7.1.4.2.2 m'
make SUBJECT='/C=de/GN=Anna' certificatePolicies=2.23.140.1.5.4.2
only subject-country 'BR 7.1.4.2.2 n'
make SUBJECT='/GN=Anna/title=-' certificatePolicies=2.23.140.1.5.4.2
only subject-metadata 'BR 7.1.4.2'
make SUBJECT="/GN=Anna/title=$(printf 'x%.0s' {1..64})" certificatePolicies=2.23.140.1.5.4.2
none

# Without a reserved policy the type follows from the subject, the generation is Multipurpose.
make certificatePolicies=1.2.3.4 SUBJECT='/O=Example'
among subject-incomplete 'BR 7.1.4.2.4'
make certificatePolicies=1.2.3.4 SUBJECT='/O=Example/GN=x'
among subject-incomplete 'BR 7.1.4.2.5'

# Authorities.
sub='/C=DE/O=Example/CN=Sub'
make BASE=clean_ca SUBJECT="$sub" certificatePolicies=
only ca-policies-missing 'BR 7.1.2.2 a'
make BASE=clean_ca SUBJECT="$sub" certificatePolicies=critical,2.5.29.32.0
warns ca-policies-critical 'BR 7.1.2.2 a'
make BASE=clean_ca SUBJECT="$sub" crlDistributionPoints=
only crl-missing 'BR 7.1.2.2 b'
make BASE=clean_ca SUBJECT="$sub" crlDistributionPoints=critical,URI:http://ca.example.com/crl
only ca-crl-critical 'BR 7.1.2.2 b'
make BASE=clean_ca SUBJECT="$sub" authorityInfoAccess=
warns aia-missing 'BR 7.1.2.2 c'
make BASE=clean_ca SUBJECT="$sub" basicConstraints=CA:TRUE
only ca-constraints-critical 'BR 7.1.2.2 d'
make BASE=clean_ca SUBJECT="$sub" keyUsage=
only ca-usage-missing 'BR 7.1.2.2 e'
make BASE=clean_ca SUBJECT="$sub" keyUsage=keyCertSign,cRLSign
only ca-usage-critical 'BR 7.1.2.2 e'
make BASE=clean_ca SUBJECT="$sub" keyUsage=critical,keyCertSign
only ca-usage-bits 'BR 7.1.2.2 e'
make BASE=clean_ca SUBJECT="$sub" nameConstraints='permitted;email:example.com'
warns constraints-critical 'BR 7.1.2.2 f'
make BASE=clean_ca SUBJECT="$sub" nameConstraints='critical,permitted;email:a@example.com'
only constraint-address 'BR 7.1.5'
make BASE=clean_ca SUBJECT="$sub" extendedKeyUsage=
only purpose-missing 'BR 7.1.2.2 g'
make BASE=clean_ca SUBJECT="$sub" extendedKeyUsage=emailProtection,anyExtendedKeyUsage
only purpose-forbidden 'BR 7.1.2.2 g'
make BASE=clean_ca SUBJECT="$sub" authorityKeyIdentifier=none
only aki-missing 'BR 7.1.2.2 h'
make BASE=clean_ca SUBJECT="$sub" subjectKeyIdentifier=none
only ca-ski-missing 'BR 7.1.2.2 i'
make BASE=clean_ca SUBJECT="$sub" subjectKeyIdentifier=critical,hash
only ca-ski-critical 'BR 7.1.2.2 i'
make BASE=clean_ca SUBJECT='/O=Example/C=DE'
only authority-name 'BR 7.1.4.3.1 a'
make BASE=clean_ca SUBJECT='/CN=Sub/C=DE'
only authority-name 'BR 7.1.4.3.1 b'
make BASE=clean_ca SUBJECT='/CN=Sub/O=Example'
only authority-name 'BR 7.1.4.3.1 c'

# root [OPTION…] EXTENSION…: a self-signed one.
root()
{
	local -a add=()
	local extension
	for extension; do
		add+=(-addext "$extension")
	done
	printf '[req]\ndistinguished_name=d\n[d]\n' >req.cnf
	openssl req -x509 -config req.cnf -key ca.key -out cert.pem -days 4000 -subj '/C=DE/O=Example/CN=R' \
		"${add[@]}" 2>err || wrong "openssl made no root: $*"
}
basic=basicConstraints=critical,CA:TRUE usage=keyUsage=critical,keyCertSign,cRLSign
ski=subjectKeyIdentifier=hash
root "$basic" "$usage" "$ski"
none
root basicConstraints=CA:TRUE "$usage" "$ski"
only ca-constraints-critical 'BR 7.1.2.1 a'
root basicConstraints=critical,CA:TRUE,pathlen:1 "$usage" "$ski"
warns ca-path-length 'BR 7.1.2.1 a'
root "$basic" "$ski"
only ca-usage-missing 'BR 7.1.2.1 b'
root "$basic" "$usage" "$ski" certificatePolicies=2.5.29.32.0
warns root-policies 'BR 7.1.2.1 c'
root "$basic" "$usage" "$ski" extendedKeyUsage=emailProtection
only root-purpose 'BR 7.1.2.1 d'
root "$basic" "$usage" subjectKeyIdentifier=none
among ca-ski-missing 'BR 7.1.2.1 e'

openssl req -new -config req.cnf -key ca.key -subj '/C=DE/O=Example/CN=V1' -out v1.csr 2>err
openssl x509 -req -in v1.csr -signkey ca.key -days 10 -out cert.pem 2>err
among version 'BR 7.1.1'
among ca-constraints 'BR 7.1.2.1 a'

# Every code is in the manual page.
for code in $(grep -oh '"[a-z0-9]*-[a-z0-9-]*", *"[BR]' "$TOP"/src/cert/lint*.c | cut -d'"' -f2 | sort -u); do
	holds "$code is in signet-identity(1)" grep -q "^.It $code Ta" "$TOP/man/signet-identity.1"
done

# What signet's own authority issues under a reserved policy is clean.
expect 0 ca init --dir sub --name 'CN=Sub,O=Example,C=DE' --under root --plain-key --algorithm p-256 \
	--policy 2.23.140.1.5.1.3 --crl-url http://ca.example.com/crl --issuer-url http://ca.example.com/ca.cer
for algorithm in p-256 p-384 rsa-2048 ed25519; do
	for purpose in both sign encrypt; do
		[ "$algorithm-$purpose" != ed25519-encrypt ] || continue
		expect 0 ca issue --dir sub a@example.com b@example.com -o key.pem --plain-key \
			--algorithm $algorithm --purpose $purpose
		openssl x509 -in key.pem -out cert.pem
		none
	done
done

# Identities of the store; several; what is no certificate.
expect 0 identity new alice@example.com --ca sub --plain-key --algorithm p-256
expect 0 identity lint alice@example.com --json
json out 'r == []'
expect 67 identity lint bob@example.com
echo rubbish >rubbish
expect 65 identity lint rubbish
expect 66 identity lint ./missing.pem
expect 64 identity lint
make SERIAL=1
expect 2 identity lint cert.pem alice@example.com
prints 'BR 7.1'
prints serial-entropy
says '1 error'
finish
