#!/bin/bash
# The command line: commands, options, operands, help.
. "$(dirname "$0")/common.bash"

expect 64
silent
expect 0 --help
prints 'usage: signet'
prints 'protect'
expect 0 --version
prints 'signet '
expect 64 frobnicate
says 'frobnicate'
expect 64 --frobnicate

messages='protect sign encrypt open verify decrypt inspect'
for command in $messages; do
	expect 0 "$command" --help
	prints "usage: signet $command"
	prints '--output FILE'
	# No abbreviations: --pass could be meant for --passphrase-file.
	for option in --no-such-option --no-such-option=1 --outpu=x --pass -X; do
		expect 64 "$command" "$option"
		says "${option%%=*}"
		silent
	done
	expect 64 "$command" one two
	says '"two"'
	expect 64 "$command" -- one two
	expect 64 "$command" -o
	says 'needs a value'
	expect 64 "$command" --quiet=yes
	says 'takes no value'
	expect 66 "$command" missing.eml --no-store
	says 'missing.eml'
	expect 66 "$command" -- -o
	says '-o'
	expect 66 "$command" "$work"
	expect 64 "$command" --at yesterday /dev/null
	says '--at'
	expect 64 "$command" --format xml /dev/null
	says 'xml'
done

# Help wins over what is missing, mistakes win over help.
expect 0 identity new --help
expect 64 identity new --help --no-such-option

for verb in identity contact trust ca; do
	expect 0 "$verb" --help
	prints "usage: signet $verb COMMAND"
	expect 64 "$verb"
	expect 64 "$verb" frobnicate
done
expect 64 identity new
says 'usage: signet identity new ADDR'
expect 64 identity new a@example.com b@example.com
expect 64 trust list one
expect 64 trust add
expect 64 ca init
says '--name'

# Options may stand before the command, and between its two words.
for words in "--home $work/h identity list" "identity --home $work/h list" "--home=$work/h -q identity -v list" \
	"--json identity list" "ca --dir $work/none list"; do
	case $words in
	ca*) want=67 ;;
	*) want=0 ;;
	esac
	# shellcheck disable=SC2086
	expect $want $words
done
says "$work/none"
expect 0 identity --help list
expect 64 --home identity list

# Options of other commands are named as such.
expect 64 verify --opaque
says 'signet verify has no option --opaque'
expect 64 open -r bob@example.com
says '-r'

# What later versions have is said to be missing, and not listed.
for command in filter send 'config mutt'; do
	# shellcheck disable=SC2086
	expect 69 $command
	says 'not available yet'
done
expect 0 --help
count=$((count + 1))
! grep -qE '^  (filter|send|config) ' out || wrong 'help lists what is not there'

# Values: attached, with =, as the next word; the last of several counts.
message 'bob@example.com' >m.eml
for way in '-ox.out' '-o x.out' '--output=x.out' '--output x.out' '-qox.out' '-q -v -o x.out' \
	'-o y.out -o x.out' 'm.eml -o x.out' '-o x.out -- m.eml'; do
	# shellcheck disable=SC2086
	case $way in
	*m.eml*) expect 4 verify --no-store $way ;;
	*) expect_in 4 m.eml verify --no-store $way ;;
	esac
done

# Mistakes are reported where a report was asked for, wherever the mistake stands.
expect 64 open --no-such-option --report r.json m.eml
json r.json 'r["verdict"] == "error" and r["problems"][0]["code"] == "usage"'
expect 64 open m.eml --json --no-such-option
json out 'r["verdict"] == "error" and "--no-such-option" in r["summary"]'

# Nobody's store was made by any of this.
holds 'no store was made' test ! -e "$SIGNET_HOME"
finish
