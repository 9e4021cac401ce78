#!/bin/bash
# What signet's authority makes, read by others: PKCS#12 and chain by NSS, certificates and list by
# gpgsm and NSS, everything by openssl, strictly.
set -u
if ! command -v pk12util >/dev/null || ! command -v certutil >/dev/null; then
	echo 'NSS is not installed'
	exit 77
fi
work=$(mktemp -d)
trap 'gpgconf --homedir "$work/gnupg" --kill all >/dev/null 2>&1; rm -rf "$work"' EXIT
cd "$work" || exit 70
export SIGNET_HOME=$work/home GNUPGHOME=$work/gnupg
mkdir -m 700 gnupg
count=0 fails=0

# good WHAT COMMAND…; bad WHAT COMMAND…
good()
{
	local what=$1
	shift
	count=$((count + 1))
	"$@" >out 2>&1 || { fails=$((fails + 1)); echo "WRONG: $what: $(tail -n 2 out)"; }
}

bad()
{
	local what=$1
	shift
	count=$((count + 1))
	! "$@" >out 2>&1 || { fails=$((fails + 1)); echo "WRONG: $what was accepted"; }
}

echo secret >pw
for algorithm in rsa-2048 p-256 p-384; do
	rm -rf root sub db gnupg/*
	good "$algorithm: root" "$SIGNET" ca init --dir root --name "CN=Root $algorithm,O=Example,C=DE" --plain-key \
		--algorithm "$algorithm"
	good "$algorithm: sub" "$SIGNET" ca init --dir sub --name "CN=Sub $algorithm,O=Example,C=DE" --under root \
		--plain-key --algorithm "$algorithm" --path-length 0 --domain example.com
	for who in anna bert; do
		good "$algorithm: $who" "$SIGNET" ca issue --dir sub "$who@example.com" -o "$who.p12" \
			--passphrase-file pw --algorithm "$algorithm"
		openssl pkcs12 -in $who.p12 -passin file:pw -nokeys -clcerts -out $who.pem 2>/dev/null
	done
	good "$algorithm: revoke" "$SIGNET" ca revoke --dir sub --reason key-compromise \
		"$(openssl x509 -in bert.pem -noout -serial | cut -d= -f2)"
	good "$algorithm: lists" "$SIGNET" ca crl --dir root -o root.crl
	good "$algorithm: lists" "$SIGNET" ca crl --dir sub -o sub.crl

	# openssl
	for list in root sub; do
		openssl crl -inform DER -in $list.crl
	done >crls.pem
	# libcrypto's smimeencrypt knows keyEncipherment alone, no keyAgreement
	for purpose in smimesign $([ "$algorithm" != rsa-2048 ] || echo smimeencrypt); do
		good "$algorithm: openssl, $purpose" openssl verify -x509_strict -crl_check_all -purpose $purpose \
			-CAfile root/ca.pem -untrusted sub/ca.pem -CRLfile crls.pem anna.pem
	done
	bad "$algorithm: openssl, revoked" openssl verify -x509_strict -crl_check_all -CAfile root/ca.pem \
		-untrusted sub/ca.pem -CRLfile crls.pem bert.pem

	# NSS
	mkdir db
	certutil -N -d sql:db --empty-password
	good "$algorithm: NSS takes the PKCS#12" pk12util -i anna.p12 -d sql:db -W secret -K ''
	good "$algorithm: and the other" pk12util -i bert.p12 -d sql:db -W secret -K ''
	openssl x509 -in root/ca.pem -out root.pem
	good "$algorithm: NSS takes the root" certutil -A -d sql:db -n root -t ,C, -i root.pem -a
	for usage in S R; do
		good "$algorithm: NSS, usage $usage" certutil -V -d sql:db -n anna@example.com -u $usage -e
	done
	good "$algorithm: NSS takes the list" crlutil -I -i sub.crl -d sql:db -B
	bad "$algorithm: NSS, revoked" certutil -V -d sql:db -n bert@example.com -u S -e

	# gpgsm: its reader of PKCS#12 knows older forms only, and it takes no chain with critical name
	# constraints, so that the authority here is limited to no domain
	if command -v gpgsm >/dev/null; then
		good "$algorithm: sub without limits" "$SIGNET" ca init --dir free --name 'CN=Free' --under root \
			--plain-key --algorithm "$algorithm"
		good "$algorithm: carl" "$SIGNET" ca issue --dir free carl@example.com -o carl.pem --plain-key \
			--algorithm "$algorithm"
		printf '%s S\n' "$(openssl x509 -in root.pem -noout -fingerprint -sha1 | sed 's/.*=//')" \
			>gnupg/trustlist.txt
		sed -i '/PRIVATE KEY/,$d' carl.pem
		good "$algorithm: gpgsm takes them" gpgsm --batch --import carl.pem
		gpgsm --batch --with-validation --disable-crl-checks --list-keys carl@example.com >listed 2>&1
		good "$algorithm: gpgsm accepts the chain" grep -q 'certificate is good' listed
		rm -rf free
	fi
done
printf '%d held, %d wrong\n' "$((count - fails))" "$fails"
[ "$fails" -eq 0 ]
