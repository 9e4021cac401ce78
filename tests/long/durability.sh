#!/bin/bash
# The store under 1,000 killed imports.
export KILLS=1000
exec "$(dirname "$0")/../cli/durability.sh"
