#!/bin/bash
# $SIGNET_HOME/config: every option is a key, and the command line wins.
. "$(dirname "$0")/common.bash"
mkdir -p "$SIGNET_HOME"
message 'bob@example.com' >m.eml
config() { printf '%s\n' "$@" >"$SIGNET_HOME/config"; }

config '# a comment' '; another' '' '  require  =  signed  ' '[open]' 'quiet = yes'
expect 4 open m.eml
holds 'quiet: one line' test "$(wc -l <err)" -eq 1

config '[verify]' 'quiet = yes' 'json = true'
expect 4 verify m.eml
json out 'r["verdict"] == "unprotected"'
expect 4 open m.eml -o out.eml
silent

# The command line hides what the file says, also what may be repeated.
config '[open]' 'trust = /no/such/file' 'at = 2020-01-01'
expect 66 open m.eml
expect 66 open m.eml --trust ./missing.pem
says 'missing.pem'
config 'report = r.json'
expect 4 open m.eml --report q.json
holds 'the report of the file was not written' test ! -e r.json
json q.json 'r["verdict"] == "unprotected"'

# no takes back a yes.
config 'json = yes' '[verify]' 'json = no'
expect 4 verify m.eml
holds 'no JSON' grep -q '^verdict' out

# An option of another command is no mistake before the first section, but is in one.
config 'opaque = yes'
expect 4 open m.eml
config '[open]' 'opaque = yes'
expect 64 open m.eml
says 'line 2'
for line in 'no-such-option = 1' 'rubbish' '[nonsense]' '[open' 'home = /tmp' 'help = yes' 'quiet = perhaps'; do
	config '' "$line"
	expect 64 open m.eml
	says 'line 2'
	expect 64 identity list
done

# --no-store is a function of its inputs alone.
config 'no-such-option = 1'
expect 4 open --no-store m.eml
expect 64 open m.eml
expect 4 open m.eml --home "$work/elsewhere"
holds 'no folder was made' test ! -e "$work/elsewhere"

# Long lines are lines.
config "trust = /$(printf 'x%.0s' $(seq 3000))"
expect 66 open m.eml

# Every name that signet-config(5) explains is one that the file may have.
"$SIGNET" contact find --help >help
"$SIGNET" verify --help >>help
sed -n 's/^\.It Cm //p' "$TOP/man/signet-config.5" | grep -o '[a-z\-]* No =' | sed 's/ No =//; s/\\//g' >names
holds 'names are explained' test "$(wc -l <names)" -ge 7
while read -r name; do
	holds "$name is an option" grep -qE -- "--$name( |\$)" help
	line="$name = yes"
	! grep -qE -- "--$name [A-Z]" help || line="$name = 5"
	config "$line" 'offline = yes'
	expect 67 contact find nobody@example.com
done <names
finish
