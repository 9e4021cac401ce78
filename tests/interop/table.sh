#!/bin/bash
# signet and its peers in both directions, as a table: printed, and held cell by cell against the one
# in docs/interoperability.md. "table.sh --write" keeps what was run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
SIGNET=$(realpath "${SIGNET:-$here/../../build/signet}")
export SIGNET LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/table/main.py" "$here/../../docs/interoperability.md" "$@"
