#!/bin/bash
# Writers killed at any moment, a full disk, twenty writers at once: tests/long has it 1,000 times.
. "$(dirname "$0")/common.bash"

expect 0 ca init --name 'CN=Test CA' --plain-key --algorithm p-256
expect 0 identity new bob@example.com --plain-key --algorithm p-256
expect 0 identity export bob@example.com -o cert.pem
export SIGNET
for act in "kill ${KILLS:-150}" full crowd; do
	# shellcheck disable=SC2086
	holds "$act" python3 "$TOP/tests/cli/durability.py" $act
done
finish
