#!/bin/sh
# embed.sh INPUT.sql OUTPUT.h: the lines of a schema as one C string.
set -eu
sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$1" > "$2"
