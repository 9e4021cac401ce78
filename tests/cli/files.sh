#!/bin/bash
# Files and pipes: what is written, when, and what is left when it cannot be.
. "$(dirname "$0")/common.bash"
people alice@example.com
message 'alice@example.com' >m.eml
expect 0 protect m.eml -o p.eml

# An older file stays as it was when the new one does not come about.
echo old >x.eml
expect 2 open --no-store p.eml -o x.eml
holds 'the older file stays' test "$(cat x.eml)" = old
expect 65 sign <(printf 'no header\n') -o x.eml
holds 'the older file stays' test "$(cat x.eml)" = old
expect 73 open p.eml -o no/such/folder/x.eml
expect 73 open p.eml -o y.eml --report no/such/folder/r.json
holds 'no content without its report' test ! -e y.eml
expect 64 open p.eml --json
says '-o'
json out 'r["verdict"] == "error"'
expect 64 protect m.eml --report -
expect 64 open p.eml -o same --report same
expect 0 open p.eml --json -o x.eml
json out 'r["verdict"] == "valid"'
holds 'content in its file' grep -q ledger x.eml

# Devices and pipes are written to, never renamed over.
expect 0 open p.eml -o /dev/null
holds '/dev/null is still a device' test -c /dev/null
mkfifo fifo
timeout 20 cat fifo >from-fifo &
expect 0 open p.eml -o fifo
wait $!
holds 'the fifo is still one' test -p fifo
holds 'through the fifo' grep -q ledger from-fifo
expect 0 open p.eml -o /dev/stdout
prints ledger

# A full disk, a reader that went away: 74, no death by signal.
for command in 'open p.eml' 'protect m.eml' 'sign m.eml' 'decrypt p.eml' 'inspect p.eml' \
	'identity list' 'identity list --json' 'verify p.eml' 'verify p.eml --json'; do
	# shellcheck disable=SC2086
	"$SIGNET" $command >/dev/full 2>err </dev/null
	status=$?
	holds "$command to a full disk: $status, not 74" test "$status" -eq 74
done
(
	set +e
	{ sleep 0.3; "$SIGNET" open p.eml 2>err; echo $? >status; } | true
)
holds 'a closed pipe is 74' test "$(cat status)" = 74
expect 0 identity list
expect 74 open p.eml -o /dev/full

# Reports of failures.
expect 66 open missing --report r.json
json r.json 'r["verdict"] == "error" and len(r["problems"]) == 1 and r["layers"] == []'
json r.json 'r["summary"] == r["problems"][0]["text"]'
expect 67 sign -u nobody@example.com m.eml --report r.json -o x2.eml
json r.json 'r["verdict"] == "error"'
expect 65 sign <(printf 'no header\n') --report r.json -o x2.eml
json r.json 'r["verdict"] == "malformed"'
expect 66 open p.eml --kek 00:file --report r.json
json r.json 'r["verdict"] == "error"'
expect 66 encrypt m.eml --password-file missing
expect 64 open p.eml -o z.eml --recover z.eml
expect 64 open p.eml --recover -

# No permission. (root may do everything.)
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 m.eml
	expect 77 sign m.eml
	chmod 600 m.eml
fi

# Nothing is left behind.
rm -f fifo
holds 'no temporary files' test -z "$(find "$work" -name '.*' -newer m.eml -type f)"
finish
