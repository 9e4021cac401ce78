#!/bin/bash
# What signet exports as PKCS#12 is read by OpenSSL, NSS and gpgsm, and what they export by signet; each
# with a wrong passphrase too.
set -u
for program in gpgsm pk12util certutil openssl; do
	command -v $program >/dev/null || { echo "$program is missing"; exit 77; }
done
SIGNET=$(realpath "$SIGNET")
work=$(mktemp -d)
trap 'gpgconf --homedir "$work/gnupg" --kill all 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 70
export SIGNET_HOME=$work/home GNUPGHOME=$work/gnupg
count=0 fails=0
expect() # WHAT STATUS COMMAND…: a status of "fails" is any but 0
{
	local what=$1 want=$2 got
	shift 2
	count=$((count + 1))
	"$@" >out 2>err </dev/null
	got=$?
	[ "$want" = fails ] && [ $got -ne 0 ] && [ $got -lt 128 ] && return
	[ "$want" = "$got" ] && return
	echo "FAILED: $what: status $got, not $want: $*"
	head -n 5 err
	fails=$((fails + 1))
}
printf 'secret\n' >pw
printf 'wrong\n' >pw-wrong
mkdir -m 700 gnupg
printf 'disable-crl-checks\nno-common-certs-import\n' >gnupg/gpgsm.conf
printf 'allow-loopback-pinentry\nallow-preset-passphrase\n' >gnupg/gpg-agent.conf
expect 'an authority' 0 "$SIGNET" ca init --name 'CN=CA' --plain-key --algorithm rsa-2048
for algorithm in rsa-2048 p-256; do
	export SIGNET_HOME=$work/home
	expect 'an identity' 0 "$SIGNET" identity new "$algorithm@example.com" --algorithm $algorithm --plain-key
	for form in modern legacy; do
		p12=$algorithm-$form.p12
		option=
		[ $form = modern ] || option=--legacy
		# shellcheck disable=SC2086
		expect "export $p12" 0 "$SIGNET" identity export "$algorithm@example.com" -o "$p12" --passphrase-file pw $option
		expect "openssl reads $p12" 0 openssl pkcs12 -in "$p12" -passin pass:secret -nodes -out all.pem
		expect "openssl, wrong passphrase, $p12" fails openssl pkcs12 -in "$p12" -passin pass:wrong -nodes -out none.pem
		rm -rf nss
		mkdir nss
		certutil -N -d nss --empty-password >out 2>err
		expect "NSS, wrong passphrase, $p12" fails pk12util -i "$p12" -d nss -w pw-wrong
		expect "NSS reads $p12" 0 pk12util -i "$p12" -d nss -w pw
		nick=$(certutil -K -d nss | sed -n 's/^<[^>]*> *[a-z0-9]* *[0-9a-f]* *//p' | head -n 1)
		nick=${nick#NSS Certificate DB:}
		expect "the key is in NSS" 0 test -n "$nick"
		# and back
		rm -f back.p12
		expect "NSS writes it" 0 pk12util -o back.p12 -n "$nick" -d nss -w pw
		export SIGNET_HOME=$work/home-$algorithm-$form
		expect "signet, wrong passphrase, from NSS" 2 "$SIGNET" identity import back.p12 --passphrase-file pw-wrong
		expect "signet reads NSS's" 0 "$SIGNET" identity import back.p12 --passphrase-file pw
		expect "signet has it" 0 "$SIGNET" identity show "$algorithm@example.com"
		export SIGNET_HOME=$work/home
	done
done
# gpgsm 2.2 reads RSA keys in the old form alone; newer ones read both.
import_gpgsm() { gpgsm --batch --pinentry-mode loopback --passphrase-fd 3 --import "$1" 3<"$2"; }
expect 'gpgsm, wrong passphrase' fails import_gpgsm rsa-2048-legacy.p12 pw-wrong
import_gpgsm rsa-2048-legacy.p12 pw >out 2>err
expect 'gpgsm has the key' 0 bash -c 'gpgsm --batch --list-secret-keys 2>err | grep -q rsa-2048@example.com'
id=$(gpgsm --batch --with-colons --list-secret-keys 2>err | awk -F: '$1 == "fpr" { print $10; exit }')
export_gpgsm() { gpgsm --batch --pinentry-mode loopback --passphrase-fd 3 -o gpgsm.p12 --export-secret-key-p12 "$id" 3<pw; }
expect 'gpgsm writes it' 0 export_gpgsm
export SIGNET_HOME=$work/home-gpgsm
expect "signet, wrong passphrase, from gpgsm" 2 "$SIGNET" identity import gpgsm.p12 --passphrase-file pw-wrong
expect "signet reads gpgsm's" 0 "$SIGNET" identity import gpgsm.p12 --passphrase-file pw
echo "$((count - fails)) of $count held"
[ $fails -eq 0 ]
