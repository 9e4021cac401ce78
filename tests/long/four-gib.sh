#!/bin/bash
# A message past 4 GiB goes through sign, verify, encrypt, protect and open, by file and by pipe, clear
# and opaque, under GCM and under CBC, in the memory of a small one; its body comes out octet for octet,
# and what was changed past 4 GiB is noticed. Takes 25 GiB of TMPDIR.
#
#	four-gib.sh [MIB]     of that size instead, to try the script itself
set -eu -o pipefail

mib=${1:-4100}
memory=16384 # KiB

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
		head -c $(((mib << 20) / 66 * 66))
)

# came_out FILE: the body below its header is the one that went in.
came_out()
{
	local blank
	blank=$(head -c 65536 "$1" | LC_ALL=C grep -abm 1 $'^\r$' | cut -d : -f 1)
	[ "$(tail -c "+$((blank + 3))" "$1" | sha256sum)" = "$expected" ]
	rm "$1"
}

# change FILE: eight octets, near the end of the content.
change()
{
	printf xxxxxxxx | dd of="$1" bs=1 seek=$(((mib - 1) << 20)) conv=notrunc status=none
}

# bounded STATUS COMMAND…: it says STATUS and stays within its memory.
bounded()
{
	local expected=$1 status=0 peak began=$SECONDS
	shift
	/usr/bin/time --quiet -f %M -o peak "$@" || status=$?
	peak=$(tail -n 1 peak)
	printf '%4d s %6d KiB  status %d  %s\n' $((SECONDS - began)) "$peak" "$status" "${*:2}" >&2
	[ "$status" -eq "$expected" ] && [ "$peak" -le "$memory" ]
}

# by_pipe IN OUT STATUS COMMAND…: both ends are pipes, so that nothing can be sought in.
by_pipe()
{
	local in=$1 out=$2
	shift 2
	# shellcheck disable=SC2002
	cat "$in" | bounded "$@" | cat >"$out"
}

for name in alice bob; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj "/CN=$name" -addext "subjectAltName=email:$name@example.com" \
		-addext 'keyUsage=digitalSignature,keyAgreement' -addext 'basicConstraints=CA:false' \
		-keyout "$name.key" -out "$name.pem" 2>/dev/null
done
alice=(--no-store --cert alice.pem --key alice.key)
bob=(--no-store --cert bob.pem --key bob.key --trust alice.pem)
trust=(--no-store --trust alice.pem)

expected=$(body | sha256sum)
{ header; body; } >message

echo 'clear-signed' >&2
bounded 0 "$SIGNET" sign "${alice[@]}" -o signed message
bounded 0 "$SIGNET" verify "${trust[@]}" signed
by_pipe signed opened 0 "$SIGNET" open "${trust[@]}"
came_out opened
change signed
bounded 1 "$SIGNET" verify "${trust[@]}" signed
by_pipe signed opened 1 "$SIGNET" open "${trust[@]}"
[ ! -s opened ]

echo 'opaque' >&2
by_pipe message signed 0 "$SIGNET" sign "${alice[@]}" --opaque
by_pipe signed /dev/null 0 "$SIGNET" verify "${trust[@]}"
bounded 0 "$SIGNET" open "${trust[@]}" -o opened signed
came_out opened
rm signed

echo 'encrypted, GCM' >&2
by_pipe message encrypted 0 "$SIGNET" encrypt --no-store -r bob.pem --cipher aes-256-gcm
bounded 4 "$SIGNET" open "${bob[@]}" -o opened encrypted
came_out opened
change encrypted
by_pipe encrypted opened 1 "$SIGNET" open "${bob[@]}"
[ ! -s opened ]

echo 'encrypted, CBC' >&2
bounded 0 "$SIGNET" encrypt --no-store -r bob.pem --cipher aes-256-cbc -o encrypted message
by_pipe encrypted opened 5 "$SIGNET" open "${bob[@]}" --allow-unauthenticated
came_out opened
rm encrypted

echo 'signed and encrypted, GCM' >&2
by_pipe message protected 0 "$SIGNET" protect "${alice[@]}" --no-self -r bob.pem
bounded 0 "$SIGNET" open "${bob[@]}" -o opened protected
came_out opened
rm protected

echo 'signed and encrypted, CBC' >&2
bounded 0 "$SIGNET" protect "${alice[@]}" --no-self -r bob.pem --cipher aes-256-cbc \
	--opaque -o protected message
by_pipe protected opened 0 "$SIGNET" open "${bob[@]}"
came_out opened
change protected
bounded 5 "$SIGNET" open "${bob[@]}" -o opened protected
[ ! -e opened ]
