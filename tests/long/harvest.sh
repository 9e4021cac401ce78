#!/bin/bash
# contact harvest over 10,000 signed mails of 100 senders, as a Maildir and as an mbox: every sender is
# kept, within 64 MiB of memory, and a second run looks at none again. Says how long it took.
#
#	harvest.sh [MAILS]    another number, to try the script itself
set -eu -o pipefail

mails=${1:-10000}
senders=100
memory=65536 # KiB
SIGNET=$(realpath "${SIGNET:-build/signet}")
work=$(mktemp -d "${TMPDIR:-/tmp}/signet-harvest-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work SIGNET_HOME=$work/home TMPDIR=$work

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj '/CN=Long CA' -days 30 -out ca.pem \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
for i in $(seq $senders); do
	printf 'subjectAltName=email:s%d@example.com\nkeyUsage=digitalSignature,keyEncipherment\n' "$i" >ext
	openssl req -new -newkey rsa:2048 -nodes -keyout "$i.key" -subj "/CN=Sender $i" -out "$i.csr" 2>/dev/null
	openssl x509 -req -in "$i.csr" -CA ca.pem -CAkey ca.key -set_serial "$i" -days 30 -extfile ext \
		-out "$i.pem" 2>/dev/null
done
"$SIGNET" trust add ca.pem 2>/dev/null
mkdir -p Maildir/cur Maildir/new
for i in $(seq "$mails"); do
	who=$((i % senders + 1))
	printf 'From: s%d@example.com\r\nTo: alice@example.com\r\nSubject: Mail %d\r\n\r\n%s\r\n' "$who" "$i" \
		'A few words of a usual length, and then the name of who wrote them.' >plain
	"$SIGNET" sign --no-store --cert "$who.pem" --key "$who.key" -o "Maildir/cur/$i.host:2,S" plain
	{ printf 'From s%d@example.com Wed Nov 25 00:00:00 2026\n' "$who"
	  tr -d '\r' <"Maildir/cur/$i.host:2,S"; echo; } >>box
done

# run WHAT EXPRESSION: harvests it and holds the counts against the expression.
run()
{
	/usr/bin/time -f '%e seconds, %M KiB' -o took "$SIGNET" contact harvest "$1" --json >out 2>err
	printf '%s: %s\n' "$1" "$(tail -n 1 took)"
	[ "$(sed -n 's/.* \([0-9]*\) KiB/\1/p' took)" -le $memory ] || { echo "more than $memory KiB"; exit 1; }
	python3 -c 'import json, sys
r = json.load(open("out"))
sys.exit(0 if eval(sys.argv[1], {"r": r, "mails": int(sys.argv[2]), "senders": int(sys.argv[3])}) else str(r))' \
		"$2" "$mails" "$senders"
}
run Maildir 'r["mails"] == mails and r["kept"] == senders and r["known"] == mails - senders'
run Maildir 'r["seen_before"] == mails'
run box 'r["mails"] == mails and r["known"] == mails and r["bad"] == 0'
run box 'r["seen_before"] == mails'
