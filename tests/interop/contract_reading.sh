#!/bin/bash
# The reading side of the contract, as somebody who knows nothing but its text would try it: other
# programs' messages and messages put together by hand, each with its exit, its report, and what is
# written. The cases are in contract_reading.py and its parts.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
SIGNET=$(realpath "${SIGNET:-$here/../../build/signet}")
export SIGNET
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/reading python3 "$here/reading/main.py" "$@"
