#!/bin/bash
# ca: what is refused leaves the authority as it was; many at once, a full disk, kill -9.
. "$(dirname "$0")/common.bash"
fast='--algorithm p-256'
echo secret >pw
echo wrong >pw-wrong

# shellcheck disable=SC2086
{
expect 0 ca init --dir ca --name 'CN=CA' --passphrase-file pw --domain example.com $fast
expect 0 ca issue --dir ca a@example.com -o a.p12 --passphrase-file pw $fast

# unchanged CODE TEXT ARGUMENT…: refused, in words, nothing written and nothing changed.
unchanged()
{
	local code=$1 text=$2 before
	shift 2
	before=$(find ca -type f -exec sha256sum {} + | sort)
	expect "$code" "$@" -o refused
	says "$text"
	holds "the authority is as before: $*" test "$before" = "$(find ca -type f -exec sha256sum {} + | sort)"
	holds 'nothing is written' test ! -e refused
}

csr()
{
	openssl req -new -subj "${2:-/CN=x}" -key "$1" -out x.csr ${3:+-addext "$3"} ${4:+-addext "$4"} 2>/dev/null
}
issue='ca issue --dir ca --passphrase-file pw'
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out good.key 2>/dev/null
csr good.key /CN=x subjectAltName=email:b@example.com
expect 0 $issue --csr x.csr -o b.pem
unchanged 64 'limited to example.com' $issue b@example.org
unchanged 64 'limited to example.com' $issue b@notexample.com
unchanged 64 'limited to example.com' $issue nobody $fast
unchanged 64 'not among the addresses' $issue c@example.com --csr x.csr
csr good.key /CN=x subjectAltName=email:b@example.org
unchanged 64 'name constraints' $issue --csr x.csr
csr good.key /CN=x subjectAltName=email:b@example.com,email:b@example.org
unchanged 64 'name constraints' $issue --csr x.csr
csr good.key
unchanged 64 'needs an address' $issue --csr x.csr
csr good.key /CN=x subjectAltName=email:b@example.com basicConstraints=critical,CA:TRUE
unchanged 64 "certification authority's certificate" $issue --csr x.csr
csr good.key /CN=x subjectAltName=email:b@example.com keyUsage=keyCertSign
unchanged 64 "certification authority's certificate" $issue --csr x.csr

# Weak keys.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key 2>/dev/null
csr weak.key
unchanged 64 '1024 bits' $issue b@example.com --csr x.csr
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out weak.key 2>/dev/null
csr weak.key
unchanged 64 'exponent 3' $issue b@example.com --csr x.csr
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp224r1 -out weak.key 2>/dev/null
csr weak.key
unchanged 64 '224 bits' $issue b@example.com --csr x.csr
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp160r1 -out weak.key 2>/dev/null
csr weak.key
before=$(sha256sum ca/register)
"$SIGNET" $issue b@example.com --csr x.csr -o refused 2>err && wrong 'a curve of 160 bits is certified'
holds 'nothing changed' test "$before" = "$(sha256sum ca/register)"

# Broken requests.
csr good.key /CN=x subjectAltName=email:b@example.com
openssl req -in x.csr -outform DER -out good.der
for size in 0 1 10 100 200; do
	head -c $size good.der >cut.der
	unchanged 65 'cut.der' $issue --csr cut.der
done
head -c 200 x.csr >cut.csr
unchanged 65 'cut.csr' $issue --csr cut.csr
python3 - <<'END'
d = bytearray(open("good.der", "rb").read())
d[-1] ^= 1
open("forged.der", "wb").write(d)
END
unchanged 65 'does not fit its key' $issue --csr forged.der
{ cat good.der; echo more; } >more.der
unchanged 65 'more.der' $issue --csr more.der
unchanged 65 'a.p12' $issue --csr a.p12
unchanged 66 'missing.csr' $issue --csr missing.csr

# Passphrases, times, places.
unchanged 2 'passphrase' ca issue --dir ca --csr x.csr --passphrase-file pw-wrong
unchanged 2 'passphrase' ca issue --dir ca --csr x.csr
unchanged 2 'passphrase' ca crl --dir ca --passphrase-file pw-wrong
unchanged 67 'expired' $issue --csr x.csr --at 2040-01-01
unchanged 64 '--days' $issue --csr x.csr --days 0
unchanged 64 '--purpose' $issue --csr x.csr --purpose everything
unchanged 64 'policy' $issue --csr x.csr --policy mail
unchanged 64 'distinguished name' $issue --csr x.csr --name nobody
expect 64 ca revoke --dir ca 77 --reason boredom
expect 67 ca revoke --dir ca 77
holds 'neither is noted' test "$(grep -c revoked ca/register)" -eq 0

# A CA whose files are broken issues nothing.
cp -r ca broken
for file in ca.pem ca.key; do
	head -c 100 ca/$file >broken/$file
	expect 65 ca issue --dir broken --csr x.csr --passphrase-file pw -o refused
	holds 'nothing is written' test ! -e refused
	cp ca/$file broken/$file
done
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out broken/ca.key 2>/dev/null
"$SIGNET" ca issue --dir broken --csr x.csr -o refused 2>err && wrong 'a key of somebody else signs'
holds 'nothing is written' test ! -e refused
holds 'nor noted' cmp -s ca/register broken/register

# A full disk: an error in words, and the register as it was.
while [ "$(stat -c %s ca/register)" -lt 3000 ]; do
	expect 0 ca crl --dir ca -o x.crl --passphrase-file pw
done
before=$(find ca -type f -exec sha256sum {} + | sort)
for room in 0 1 2; do
	for command in "$issue --csr x.csr -o refused" "ca crl --dir ca --passphrase-file pw -o refused" \
		"ca revoke --dir ca $(openssl x509 -in b.pem -noout -serial | cut -d= -f2)"; do
		count=$((count + 1))
		(ulimit -f $room; "$SIGNET" $command 2>&1) >err
		got=$?
		[ $got -eq 74 ] || [ "$got/$room" = 73/0 ] || [ "$got/$room" = 1/0 ] ||
			wrong "a disk with $room KiB and $command: $got"
		holds 'nothing is written' test ! -e refused
		holds 'the authority is as before' test "$before" = "$(find ca -type f -exec sha256sum {} + | sort)"
	done
done
expect 0 ca log --dir ca

# A register that may not be written to.
if [ "$(id -u)" -ne 0 ]; then
	chmod 400 ca/register
	unchanged 77 'register' $issue --csr x.csr
	chmod 600 ca/register
fi

# Twenty at once: each has its certificate and its line, no serial number comes twice.
expect 0 ca init --dir many --name 'CN=Many' --plain-key $fast
for i in $(seq 20); do
	"$SIGNET" ca issue --dir many "p$i@example.com" -o "many$i.pem" --plain-key $fast 2>many$i.err &
done
wait
expect 0 ca list --dir many --json
json out 'len(r) == 20 and len({c["serial"] for c in r}) == 20'
for i in $(seq 20); do
	holds "number $i is in the register" grep -q \
		"$(openssl x509 -in "many$i.pem" -noout -serial | sed 's/serial=//' | tr A-F a-f)" many/register
done
expect 0 ca log --dir many
# and twenty that revoke the same one: one line
serial=$(openssl x509 -in many1.pem -noout -serial | sed 's/serial=//')
for i in $(seq 20); do
	"$SIGNET" ca revoke --dir many "$serial" --reason superseded 2>/dev/null &
done
wait
holds 'it is revoked once' test "$(grep -c 'revoked' many/register)" -eq 1

# kill -9 at any moment: what was handed out is in the register, and that is whole.
for i in $(seq "${LOOPS:-100}"); do
	"$SIGNET" ca issue --dir many "k$i@example.com" -o "k$i.pem" --plain-key $fast 2>/dev/null &
	victim=$!
	sleep "0.0$((i % 5))$((i * 7 % 10))"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null
done 2>/dev/null
expect 0 ca list --dir many --json
cp out listed
count_handed=0
for file in k*.pem; do
	[ -e "$file" ] || continue
	serial=$(openssl x509 -in "$file" -noout -serial | sed 's/serial=//' | tr A-F a-f)
	grep -q "\"$serial\"" listed || wrong "$file was handed out and is not in the register"
	count_handed=$((count_handed + 1))
done
expect 0 ca log --dir many
expect 0 ca issue --dir many last@example.com -o last.pem --plain-key $fast
holds 'some were killed, some were not' test "$count_handed" -gt 0 -a "$count_handed" -lt "${LOOPS:-100}"
}
finish
