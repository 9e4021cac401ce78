#!/bin/bash
# The manual pages say the options that --help says.
. "$(dirname "$0")/common.bash"
holds 'the options in man/ are those of the program' "$TOP/tools/man-options" --check "$SIGNET" "$TOP/man"
for command in $("$SIGNET" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort -u); do
	holds "signet-$command(1) is there" test -f "$TOP/man/signet-$command.1"
	holds "signet(1) names $command" grep -q "Xr signet-$command 1" "$TOP/man/signet.1"
done
# Every page that is named is there.
for page in $(sed -n 's/^\.Xr \(signet[a-z-]*\) \([15]\).*/\1.\2/p' "$TOP"/man/*.[15] | sort -u); do
	holds "$page is named and there" test -f "$TOP/man/$page"
done
finish
