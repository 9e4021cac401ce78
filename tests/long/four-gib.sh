#!/bin/bash
# A message past 4 GiB goes through sign, verify, protect and open, by file and by pipe, in the
# memory of a small one, and its body comes out octet for octet. Takes 20 GiB of TMPDIR.
set -eu -o pipefail

size=$((4400 << 20))
memory=65536 # KiB

header()
{
	printf 'From: alice@example.com\r\nTo: bob@example.com\r\nSubject: much\r\n'
	printf 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n'
}

# 64 characters and CRLF; the size is a multiple of none of the pieces that anything is cut into
body()
(
	# head ends before yes does
	set +o pipefail
	yes $'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/\r' |
		head -n $((size / 66))
)

body_of()
{
	sed '1,/^\r*$/d' "$1" | sha256sum
}

# bounded STATUS COMMAND…: it says STATUS and stays within its memory.
bounded()
{
	local expected=$1 status=0 peak
	shift
	/usr/bin/time --quiet -f %M -o peak "$@" || status=$?
	peak=$(tail -n 1 peak)
	printf '%s: status %d, %d KiB\n' "$2" "$status" "$peak" >&2
	[ "$status" -eq "$expected" ] && [ "$peak" -le "$memory" ]
}

for name in alice bob; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj "/CN=$name" -addext "subjectAltName=email:$name@example.com" \
		-addext 'keyUsage=digitalSignature,keyAgreement' -addext 'basicConstraints=CA:false' \
		-keyout "$name.key" -out "$name.pem" 2>/dev/null
done
alice=(--no-store --cert alice.pem --key alice.key)
bob=(--no-store --cert bob.pem --key bob.key --trust alice.pem)

expected=$(body | sha256sum)
{ header; body; } >message
bounded 0 "$SIGNET" sign "${alice[@]}" -o signed message
bounded 0 "$SIGNET" verify --no-store --trust alice.pem signed
printf 'x' | dd of=signed bs=1 seek=$((4300 << 20)) conv=notrunc status=none
bounded 1 "$SIGNET" verify --no-store --trust alice.pem signed
rm signed
bounded 0 "$SIGNET" protect "${alice[@]}" --no-self -r bob.pem <message >protected
rm message
bounded 0 "$SIGNET" open "${bob[@]}" -o opened protected
[ "$(body_of opened)" = "$expected" ]
rm opened
# shellcheck disable=SC2002
cat protected | bounded 0 "$SIGNET" open "${bob[@]}" >opened
[ "$(body_of opened)" = "$expected" ]
