#!/bin/bash
# Revocation over the network, end to end: a real OCSP responder (openssl ocsp), a distribution point
# and issuers that are fetched; what is asked, when, and when nobody is asked.
. "$(dirname "$0")/common.bash"
command -v openssl >/dev/null && command -v python3 >/dev/null || {
	echo "openssl and python3 are needed"
	exit 77
}

mkdir net net/www
echo ok >net/mode
: >net/log
python3 "$TOP/tests/cli/revocation_server.py" net &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
for ((i = 0; i < 200; i++)); do
	[ -f net/port ] && break
	read -r -t 0.05 <><(:)
done
[ -f net/port ] || {
	echo "the server did not start"
	exit 1
}
url=http://127.0.0.1:$(cat net/port)

cd net || exit 70
: >index.txt
cat >ca.cnf <<-EOF
	[ca]
	default_ca = this
	[this]
	database = index.txt
	serial = serial
	new_certs_dir = .
	certificate = ca.pem
	private_key = ca.key
	default_md = sha256
	default_days = 30
	default_crl_days = 7
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	[req]
	distinguished_name = dn
	[dn]
	[root]
	basicConstraints = critical,CA:TRUE
	keyUsage = critical,keyCertSign,cRLSign
	subjectKeyIdentifier = hash
	[both]
	subjectAltName = email:alice@example.com
	authorityInfoAccess = OCSP;URI:$url/ocsp
	crlDistributionPoints = URI:ldap://127.0.0.1/x,URI:$url/ca.crl
	[list]
	subjectAltName = email:alice@example.com
	crlDistributionPoints = URI:$url/ca.crl
	[dead]
	subjectAltName = email:alice@example.com
	authorityInfoAccess = OCSP;URI:http://127.0.0.1:9/ocsp
	[responder]
	extendedKeyUsage = OCSPSigning
	noCheck = ignored
	[mailer]
	extendedKeyUsage = emailProtection
	noCheck = ignored
	[middle]
	basicConstraints = critical,CA:TRUE
	keyUsage = critical,keyCertSign,cRLSign
	[below]
	subjectAltName = email:alice@example.com
	authorityInfoAccess = caIssuers;URI:$url/middle.cer
EOF
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
# certify NAME SECTION: by the CA, noted in its index
certify()
{
	key "$1"
	openssl req -new -config ca.cnf -subj "/CN=$1" -key "$1.key" -out "$1.csr" 2>/dev/null &&
		openssl ca -batch -config ca.cnf -extensions "$2" -in "$1.csr" -out "$1.pem" -notext \
			-create_serial 2>/dev/null
}
key ca
openssl req -new -x509 -config ca.cnf -extensions root -subj /CN=Root -key ca.key -days 30 -out ca.pem
echo 1000 >serial
for pair in both:both listed:list gone:both gone_list:list dead:dead delegate:responder mailer:mailer \
	middle:middle; do
	certify "${pair%:*}" "${pair#*:}" || wrong "no certificate for $pair"
done
openssl ca -config ca.cnf -revoke gone.pem -crl_reason keyCompromise 2>/dev/null
openssl ca -config ca.cnf -revoke gone_list.pem -crl_reason superseded 2>/dev/null
openssl ca -config ca.cnf -gencrl -out ca.crl.pem 2>/dev/null
openssl crl -in ca.crl.pem -outform DER -out ca.crl
openssl x509 -in middle.pem -outform DER -out www/middle.cer
key below
openssl req -new -config ca.cnf -subj /CN=below -key below.key -out below.csr 2>/dev/null
openssl x509 -req -in below.csr -CA middle.pem -CAkey middle.key -CAcreateserial -extfile ca.cnf \
	-extensions below -days 20 -out below.pem 2>/dev/null
# a stranger's authority, of the same name
key other
openssl req -new -x509 -config ca.cnf -extensions root -subj /CN=Root -key other.key -days 30 -out other.pem
echo ca >responder
cd .. || exit 70

printf 'From: alice@example.com\r\nTo: bob@example.com\r\nSubject: x\r\n\r\nPay me.\r\n' >plain.eml
for who in both listed gone gone_list dead below; do
	expect 0 sign --no-store --cert net/$who.pem --key net/$who.key -o $who.eml plain.eml
done

# verify CODE REVOCATION REQUESTS FILE OPTION…: with a store of its own unless kept=1
kept=0
verify()
{
	local want=$1 revocation=$2 requests=$3 file=$4 got
	shift 4
	[ "$kept" = 1 ] || rm -rf "$SIGNET_HOME"
	: >net/log
	expect "$want" verify --trust net/ca.pem --private-network --report report.json "$@" "$file"
	got=$(sed -n 's/.*"revocation": *"\([a-z]*\)".*/\1/p' report.json | head -n 1)
	[ "$got" = "$revocation" ] || wrong "verify $file $*: revocation $got, not $revocation"
	got=$(wc -l <net/log)
	[ "$got" -eq "$requests" ] || wrong "verify $file $*: $got requests, not $requests: $(tr '\n' ' ' <net/log)"
}
says() { grep -q "$1" report.json || wrong "the report does not say $1: $(cat report.json)"; }

# the responder
verify 0 good 1 both.eml
verify 0 good 1 both.eml --revocation required
verify 0 unchecked 0 both.eml --revocation none
verify 3 revoked 1 gone.eml
says '"cert-revoked"'
says '"revocation_reason": *"keyCompromise"'
says '"revoked_at": *"20'
# kept until its nextUpdate, which openssl puts an hour ahead
kept=1
expect 0 trust add net/ca.pem
verify 0 good 1 both.eml
verify 0 good 0 both.eml
verify 0 good 0 both.eml --offline
kept=0

# nobody is asked: offline, without a store, for what was altered, for whom nobody vouches
verify 0 unknown 0 both.eml --offline
says '"revocation-unknown"'
verify 3 unknown 0 both.eml --offline --revocation required
sed 's/Pay me/Pay ME/' both.eml >altered.eml
: >net/log
expect 1 verify --trust net/ca.pem --private-network altered.eml
expect 3 verify --trust net/other.pem --private-network both.eml
expect 0 verify --no-store --trust net/ca.pem --private-network both.eml
[ ! -s net/log ] || wrong "somebody was asked: $(cat net/log)"
# loopback is no place to ask, unless that is said
expect 0 verify --trust net/ca.pem --report report.json both.eml
says '"revocation": *"unknown"'
[ ! -s net/log ] || wrong "a private address was asked: $(cat net/log)"

# who may answer
echo delegate >net/responder
verify 0 good 1 both.eml
echo mailer >net/responder
verify 0 unknown 2 both.eml
echo other >net/responder
verify 3 unknown 2 gone.eml --revocation required
echo ca >net/responder

# a responder that fails, and the distribution point after it
for mode in error later; do
	echo $mode >net/mode
	verify 0 unknown 2 both.eml
	cp net/ca.crl net/www/ca.crl
	verify 0 good 2 both.eml
	verify 3 revoked 2 gone.eml
	says '"revocation_reason": *"keyCompromise"'
	rm net/www/ca.crl
done
verify 0 unknown 0 dead.eml
says '"revocation-unknown"'

# it never hangs: ten seconds for a host that says nothing
echo hang >net/mode
begin=$SECONDS
verify 0 unknown 1 both.eml
[ $((SECONDS - begin)) -le 15 ] || wrong "a dead responder cost $((SECONDS - begin)) seconds"
echo ok >net/mode

# the list alone
verify 0 unknown 1 listed.eml
cp net/ca.crl net/www/ca.crl
verify 0 good 1 listed.eml --revocation required
verify 3 revoked 1 gone_list.eml
says '"revocation_reason": *"superseded"'
# by hand nobody needs to be asked
verify 0 good 0 listed.eml --crl net/ca.crl
verify 3 revoked 0 gone.eml --crl net/ca.crl

# issuers: only where that is asked for
verify 3 unchecked 0 below.eml --revocation none
says '"issuer-unknown"'
verify 0 unchecked 1 below.eml --revocation none --fetch-issuers
verify 3 unchecked 0 below.eml --revocation none --fetch-issuers --offline
echo nonsense >net/www/middle.cer
verify 3 unchecked 1 below.eml --revocation none --fetch-issuers

finish
