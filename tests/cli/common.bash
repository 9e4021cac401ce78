# Sourced by the tests of the command line: bash. SIGNET is the program; each test runs in a folder
# of its own with HOME, SIGNET_HOME and TMPDIR in it (scripts/run-one), or by hand as
#
#	SIGNET=build/signet tests/cli/usage.sh
set -u
TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
if [ -z "${SIGNET:-}" ]; then
	SIGNET=$TOP/build/signet
fi
SIGNET=$(realpath "$SIGNET")
if [ ! -x "$SIGNET" ]; then
	echo "there is no program $SIGNET"
	exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/signet-cli-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 70
export HOME=$work SIGNET_HOME=$work/home TMPDIR=$work
unset XDG_DATA_HOME
umask 022
broken=0 count=0

wrong()
{
	broken=$((broken + 1))
	printf 'WRONG: %s\n' "$*"
	[ ! -s err ] || sed 's/^/  err: /' err | head -n 8
}

# expect CODE ARGUMENT…: runs signet; standard output and error are in the files out and err.
expect()
{
	local want=$1 got
	shift
	count=$((count + 1))
	"$SIGNET" "$@" >out 2>err </dev/null
	got=$?
	[ "$got" -eq "$want" ] || wrong "signet $*: exit $got, not $want"
	if [ "$got" -ge 128 ]; then
		wrong "signet $*: died of a signal"
	fi
}

# expect_in CODE FILE ARGUMENT…: the same with standard input from FILE.
expect_in()
{
	local want=$1 input=$2 got
	shift 2
	count=$((count + 1))
	"$SIGNET" "$@" >out 2>err <"$input"
	got=$?
	[ "$got" -eq "$want" ] || wrong "signet $* < $input: exit $got, not $want"
}

# says TEXT: standard error holds it; prints TEXT: standard output does.
says()
{
	count=$((count + 1))
	grep -qF -- "$1" err || wrong "standard error does not say: $1"
}

prints()
{
	count=$((count + 1))
	grep -qF -- "$1" out || wrong "standard output does not hold: $1"
}

silent()
{
	count=$((count + 1))
	[ ! -s out ] || wrong "standard output is not empty: $(head -c 80 out)"
}

# holds TEXT COMMAND…: the command succeeds.
holds()
{
	local text=$1
	shift
	count=$((count + 1))
	"$@" || wrong "$text"
}

# json FILE EXPRESSION: true of the object (or array) r in FILE.
json()
{
	count=$((count + 1))
	python3 - "$1" "$2" <<'END' || wrong "not so in $1: $2"
import json, sys
r = json.load(open(sys.argv[1], encoding="utf-8"))
try:
    good = eval(sys.argv[2], {"r": r})
except Exception as e:
    print(f"  {e!r}")
    good = False
if not good:
    print("  it is:", json.dumps(r)[:400])
sys.exit(0 if good else 1)
END
}

# finish: how many were right; the last line of a test.
finish()
{
	printf '%d held, %d wrong\n' "$((count - broken))" "$broken"
	[ "$broken" -eq 0 ]
	exit
}

# An authority of p-256, and an identity for each address, all without passphrases.
people()
{
	local address
	expect 0 ca init --name 'CN=Test CA,O=Example' --plain-key --algorithm p-256
	expect 0 trust add "$SIGNET_HOME/ca/ca.pem"
	for address; do
		expect 0 identity new "$address" --plain-key --algorithm p-256
	done
}

# message TO [MORE-HEADER-LINE…]: a message from alice, in CRLF, on standard output.
message()
{
	local line
	printf 'From: Alice <alice@example.com>\r\nTo: %s\r\nSubject: The plan\r\n' "$1"
	shift
	for line; do
		printf '%s\r\n' "$line"
	done
	printf 'Date: %s\r\nMessage-ID: <1@example.com>\r\n' "$(date -R)"
	printf 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
	printf 'We meet at noon.\r\nBring the ledger.\r\n'
}
