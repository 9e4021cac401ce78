#!/bin/bash
# The corpus of attack messages (tests/attacks): none is called valid, and of what was encrypted not an
# octet comes out.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
SIGNET=$(realpath "${SIGNET:-$here/../build/signet}")
export SIGNET PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d "${TMPDIR:-/tmp}/signet-attacks-XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 "$here/attacks/make.py" "$work/corpus" && python3 "$here/attacks/judge.py" "$work/corpus"
