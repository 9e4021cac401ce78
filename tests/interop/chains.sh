#!/bin/bash
# Each chain of the test set judged by signet and by `openssl cms -verify`: where they differ, the
# table below says why. A difference that is not in it fails, and so does a row that is no difference.
. "$(dirname "$0")/../cli/common.bash"
command -v openssl >/dev/null || {
	echo "openssl is needed"
	exit 77
}

# NAME SIGNET OPENSSL, and why. "good" and "bad" are exit 0 and another.
differences='
no-crl         good bad   without a list openssl refuses; signet says "unknown" (--revocation available)
any-usage      good bad   RFC 8550 4.4.4 lets anyExtendedKeyUsage stand for mail; purpose smimesign does not
rsa-1024       bad  good  openssl takes RSA of 1024 bits at its default level; signet calls it weak
sha1           bad  good  a certificate signed over SHA-1
below-policy_ca bad good  requireExplicitPolicy of the authority counts (RFC 5280 6.1.4 (i)); openssl looks with -policy_check only
'
used=

# compare NAME SIGNET-STATUS OPENSSL-STATUS
compare()
{
	local name=$1 ours=bad theirs=bad row
	count=$((count + 1))
	[ "$2" -ne 0 ] || ours=good
	[ "$3" -ne 0 ] || theirs=good
	case $2 in
	0 | 1 | 3 | 6) ;;
	*) wrong "$name: signet ended with $2" ;;
	esac
	row=$(awk -v name="$name" '$1 == name' <<<"$differences")
	if [ "$ours" = "$theirs" ]; then
		[ -z "$row" ] || wrong "$name: no longer a difference: both say $ours"
	elif [ -z "$row" ] || [ "$(awk '{ print $2, $3 }' <<<"$row")" != "$ours $theirs" ]; then
		wrong "$name: signet says $ours, openssl $theirs: $(head -n 1 err)"
	else
		used="$used $name"
	fi
}

# --- PKITS 4.1 to 4.7, as signed mails

pkits=$TOP/../shared/vectors/pkits
pkits_row()
{
	local test=$1 mail=$3 policies=$5 certs=$9 crls=${10} name option
	local -a signet_options=() openssl_options=()
	: >chain.pem
	: >crls.pem
	for name in ${certs//,/ }; do
		openssl x509 -inform DER -in "$pkits/certs/$name.crt" >>chain.pem
	done
	for name in ${crls//,/ }; do
		openssl crl -inform DER -in "$pkits/crls/$name.crl" >>crls.pem 2>/dev/null
	done
	openssl x509 -inform DER -in "$pkits/certs/${certs%%,*}.crt" >root.pem
	cat root.pem crls.pem >trusted.pem
	for name in ${policies//,/ }; do
		option=2.16.840.1.101.3.2.1.48.${name##*-}
		[ "$name" != anyPolicy ] || option=2.5.29.32.0
		signet_options+=(--policy "$option")
		openssl_options+=(-policy "$option")
	done
	[ "$6" != true ] || signet_options+=(--explicit-policy) openssl_options+=(-explicit_policy)
	[ "$7" != true ] || signet_options+=(--inhibit-mapping) openssl_options+=(-inhibit_map)
	[ "$8" != true ] || signet_options+=(--inhibit-any-policy) openssl_options+=(-inhibit_any)
	[ -s crls.pem ] && signet_options+=(--crl crls.pem)
	"$SIGNET" verify --no-store --ignore-sender --at 2011-04-15T00:00:00Z --trust root.pem \
		--chain chain.pem --revocation required "${signet_options[@]}" "$pkits/$mail" >out 2>err
	local ours=$?
	openssl cms -verify -in "$pkits/$mail" -CAfile trusted.pem -no-CApath -no-CAstore \
		-certfile chain.pem -crl_check_all -extended_crl -use_deltas -purpose any \
		-attime 1302825600 "${openssl_options[@]}" -out /dev/null 2>err2
	compare "$test" "$ours" $?
}

if [ -f "$pkits/expected.tsv" ]; then
	while IFS=$'\t' read -r -a column; do
		case ${column[0]} in \#*) continue ;; esac
		pkits_row "${column[@]}"
	done <"$pkits/expected.tsv"
else
	echo "no $pkits: its chains are left out"
	differences=$(grep -v '^4\.' <<<"$differences")
fi

# --- chains of our own

printf 'Content-Type: text/plain\r\n\r\nx\r\n' >plain
cat >own.cnf <<-EOF
	[req]
	distinguished_name = dn
	[dn]
	[ca]
	basicConstraints = critical,CA:TRUE
	keyUsage = critical,keyCertSign,cRLSign
	[short_ca]
	basicConstraints = critical,CA:TRUE,pathlen:0
	[no_ca]
	basicConstraints = critical,CA:FALSE
	[no_sign_ca]
	basicConstraints = critical,CA:TRUE
	keyUsage = critical,digitalSignature
	[example_ca]
	basicConstraints = critical,CA:TRUE
	nameConstraints = critical,permitted;email:example.com
	[server_ca]
	basicConstraints = critical,CA:TRUE
	extendedKeyUsage = serverAuth
	[policy_ca]
	basicConstraints = critical,CA:TRUE
	policyConstraints = critical,requireExplicitPolicy:0
	[leaf]
	subjectAltName = email:alice@example.com
	[other]
	subjectAltName = email:alice@example.org
	[utf8]
	subjectAltName = @utf8_name
	[utf8_name]
	otherName.1 = 1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:jós@example.com
	[utf8_other]
	subjectAltName = @utf8_other_name
	[utf8_other_name]
	otherName.1 = 1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:jós@example.org
	[server]
	subjectAltName = email:alice@example.com
	extendedKeyUsage = serverAuth
	[any]
	subjectAltName = email:alice@example.com
	extendedKeyUsage = anyExtendedKeyUsage
	[agreement]
	subjectAltName = email:alice@example.com
	keyUsage = critical,keyAgreement
	[critical]
	subjectAltName = email:alice@example.com
	1.2.3.4 = critical,DER:0500
EOF
key() { openssl genpkey -algorithm "${2:-EC}" -pkeyopt "${3:-ec_paramgen_curve:P-256}" -out "$1.key" 2>/dev/null; }
# certify NAME SECTION ISSUER [OPTION…]: NAME.pem, with a key of its own unless there is one
certify()
{
	local name=$1 section=$2 issuer=$3
	shift 3
	[ -f "$name.key" ] || key "$name"
	openssl req -new -utf8 -config own.cnf -subj "/CN=${subject:-$name}" -key "$name.key" -out "$name.csr" 2>/dev/null
	openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -set_serial "$((RANDOM + 2))" \
		-extfile own.cnf -extensions "$section" -days 20 -out "$name.pem" "$@" 2>/dev/null ||
		wrong "no certificate $name"
}
# chain NAME LEAF [MIDDLE…]: signed by LEAF, with the others in the message
chain()
{
	local name=$1 leaf=$2 part ours
	shift 2
	: >more.pem
	for part in "$@"; do
		cat "$part.pem" >>more.pem
	done
	openssl cms -sign -binary -in plain -signer "$leaf.pem" -inkey "$leaf.key" -md sha256 \
		${1:+-certfile more.pem} -out signed.eml 2>err || wrong "no message $name"
	"$SIGNET" verify --no-store --ignore-sender --trust root.pem signed.eml >out 2>err
	ours=$?
	openssl cms -verify -in signed.eml -CAfile root.pem -no-CApath -no-CAstore $openssl_more -out /dev/null 2>err2
	compare "$name" "$ours" $?
}
openssl_more=
key root
openssl req -new -x509 -config own.cnf -extensions ca -subj /CN=Root -key root.key -days 30 -out root.pem
key stranger
openssl req -new -x509 -config own.cnf -extensions ca -subj /CN=Root -key stranger.key -days 30 -out stranger.pem
for section in ca short_ca no_ca no_sign_ca example_ca server_ca policy_ca; do
	certify m_$section $section root
done
certify direct leaf root
chain direct direct
certify strange leaf stranger
chain stranger-of-the-same-name strange stranger
for section in ca short_ca no_ca no_sign_ca example_ca server_ca policy_ca; do
	certify "l_$section" leaf m_$section
	chain "below-$section" "l_$section" m_$section
done
chain missing-intermediate l_ca
certify second ca m_short_ca
certify l_second leaf second
chain pathlen l_second second m_short_ca
certify outside other m_example_ca
chain name-outside outside m_example_ca
certify utf8 utf8 m_example_ca
chain utf8-inside utf8 m_example_ca
certify utf8_other utf8_other m_example_ca
chain utf8-outside utf8_other m_example_ca
for section in server agreement critical; do
	certify l_$section $section root
	chain "leaf-$section" l_$section
done
certify l_any any root
chain any-usage l_any
key small RSA rsa_keygen_bits:1024
certify small leaf root
chain rsa-1024 small
certify old leaf root -sha1
chain sha1 old
certify late leaf root -days -1
chain expired late
# two authorities of one name, the wrong one first; a renewed one
subject=Twin certify twin_a ca root
subject=Twin certify twin_b ca root
certify l_twin leaf twin_b
chain twins l_twin twin_a twin_b
chain twin-wrong l_twin twin_a
cp twin_b.key twin_c.key
subject=Twin certify twin_c ca root
chain renewed l_twin twin_c
# a list is asked for, and there is none
openssl_more=-crl_check
chain no-crl direct

for name in $(awk 'NF { print $1 }' <<<"$differences"); do
	case " $used " in *" $name "*) ;; *) wrong "$name: in the table, and no difference" ;; esac
done
finish
