#!/bin/bash
# The tour of README.md, as it stands there: each command says what the page says it does.
. "$(dirname "$0")/common.bash"
unset SIGNET_HOME
mkdir bin
ln -s "$SIGNET" bin/signet
PATH=$work/bin:$PATH

# The EST server before the helpdesk's authority, with a TLS certificate by somebody else.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 30 \
	-subj '/CN=127.0.0.1' -addext subjectAltName=IP:127.0.0.1 2>/dev/null
python3 "$TOP/tests/cli/est_server.py" "$SIGNET" "$work/ca" tls.pem tls.key port est.log 2>server.err &
trap 'kill %1 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do
	[ -s port ] && break
	sleep 0.1
done
EST=https://127.0.0.1:$(cat port)
export EST

# Fingerprints and dates are other ones each time; who reads the page sees both streams as one.
mask() { tr -d '\r' | sed -E 's/[0-9a-f]{16}/FINGERPRINT/g; s/20[0-9]{2}-[0-9]{2}-[0-9]{2}/DATE/g'; }

sed -n '/^## A tour/,/^## The library/p' "$TOP/README.md" |
	awk '/^    / { print substr($0, 5); inside = 1; next } /^$/ && inside { print; next } { inside = 0 }' >page
grep '^\$ ' page | cut -c 3- >commands
holds 'the page has commands' test "$(wc -l <commands)" -gt 15

status=0
while IFS= read -r command; do
	printf '$ %s\n' "$command"
	case $command in
	'echo $?') echo "$status" ;;
	*) bash -c "$command" 2>said; status=$?; cat said ;;
	esac
done <commands >ran 2>&1
mask <page | grep -v '^$' >page.masked
mask <ran | grep -v '^$' >ran.masked
count=$((count + 1))
diff page.masked ran.masked >differs || wrong "the tour went otherwise: $(cat differs)"
finish
